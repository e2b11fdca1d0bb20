import fc from "fast-check";
import { expect, it } from "vitest";
import { charge, PROFILE, previewSdk, SELLER, type StandIn, sdk, standIn } from "./stripe-stand-in.ts";

const KINDS = ["reset", "reset_after", "500_before", "500_after", "500_stored", "late", "cut_body", "429", "409"];
const CARDS = ["visa", "processing", "refundFail", "pendingRefund", "chargeDeclined", "authenticationRequired"];

const step = fc.oneof(
  fc.record({
    do: fc.constant("charge" as const),
    key: fc.nat(3),
    card: fc.constantFrom(...CARDS),
    amount: fc.integer({ min: 50, max: 5_000 }),
  }),
  fc.record({ do: fc.constant("refund" as const), at: fc.nat(5), amount: fc.integer({ min: 1, max: 3_000 }) }),
  fc.record({
    do: fc.constant("token" as const),
    limit: fc.integer({ min: 50, max: 3_000 }),
    amounts: fc.array(fc.integer({ min: 50, max: 3_500 }), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ do: fc.constant("finish" as const), outcome: fc.constantFrom("succeeded", "failed") }),
  fc.record({
    do: fc.constant("fault" as const),
    kind: fc.constantFrom(...KINDS),
    nth: fc.integer({ min: 1, max: 3 }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Whatever is refused, broken off or declined is no failure of the test; what is left behind is judged. */
const quietly = (work: Promise<unknown>) => work.catch(() => undefined);

async function take(stand: StandIn, what: Step): Promise<void> {
  const stripe = sdk(stand);
  if (what.do === "charge") {
    const params = charge({
      amount: what.amount,
      payment_method: `pm_card_${what.card}`,
      metadata: { key: `${what.key}` },
    });
    const call = () => quietly(stripe.paymentIntents.create(params, { idempotencyKey: `key ${what.key}` }));
    await Promise.all([call(), call()]);
    await call();
  }
  if (what.do === "refund") {
    const { payment_intents } = await stand.control("state");
    const id = payment_intents[what.at]?.id ?? "pi_nothing";
    await quietly(stripe.refunds.create({ payment_intent: id, amount: what.amount }));
  }
  if (what.do === "token") await spendToken(stand, what.limit, what.amounts);
  if (what.do === "finish") {
    const { payment_intents, refunds } = await stand.control("state");
    for (const { id: payment_intent } of payment_intents.filter(
      ({ status }: { status: string }) => status === "processing",
    ))
      await stand.control("finish", { payment_intent, outcome: what.outcome });
    for (const { id: refund } of refunds) await quietly(stand.control("finish", { refund, outcome: what.outcome }));
  }
  if (what.do === "fault") await stand.control("fault", { match: { path: "/v1/*", nth: what.nth }, kind: what.kind });
}

async function spendToken(stand: StandIn, max_amount: number, amounts: readonly number[]): Promise<void> {
  const seller_details = { network_business_profile: PROFILE };
  const usage_limits = { currency: "usd", max_amount };
  const params = { payment_method: "pm_card_visa", seller_details, usage_limits };
  const token = (await quietly(previewSdk(stand).sharedPayment.issuedTokens.create(params))) as
    | { id: string }
    | undefined;
  if (token === undefined) return;
  const payment_method_data = { shared_payment_granted_token: token.id } as never;
  const spend = (amount: number) =>
    previewSdk(stand, SELLER).paymentIntents.create({ amount, currency: "usd", confirm: true, payment_method_data });
  await Promise.all(amounts.map((amount) => quietly(spend(amount))));
}

interface Row {
  readonly account: string;
  readonly amount: number;
  readonly amount_received: number;
  readonly status: string;
  readonly metadata: { readonly key?: string };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

async function judge(stand: StandIn): Promise<void> {
  const { payment_intents, refunds, tokens } = await stand.control("state");
  for (const [key, account] of [
    ["sk_test_org_sandbox", "acct_org_sandbox"],
    [SELLER, "acct_seller_sandbox"],
  ] as const) {
    const mine = (rows: Row[]) => rows.filter((row) => row.account === account);
    const received = sum(mine(payment_intents).map(({ amount_received }) => amount_received));
    const gone = mine(refunds).filter(({ status }) => status === "succeeded" || status === "pending");
    const amount = (await sdk(stand, key).balance.retrieve()).available[0]?.amount ?? Number.NaN;
    expect(amount).toBe(received - sum(gone.map((row) => row.amount)));
    expect(amount).toBeGreaterThanOrEqual(0);
  }
  const keyed = payment_intents.filter(({ metadata }: Row) => metadata.key !== undefined);
  expect(new Set(keyed.map(({ metadata }: Row) => metadata.key)).size).toBe(keyed.length);
  const captured = tokens.map(
    ({ usage_details }: { usage_details: { amount_captured: { value: number } | null } }) =>
      usage_details.amount_captured?.value ?? 0,
  );
  for (const [at, { usage_limits }] of tokens.entries())
    expect(captured[at]).toBeLessThanOrEqual(usage_limits.max_amount);
  const sold = payment_intents.filter(({ account }: Row) => account === "acct_seller_sandbox");
  expect(sum(captured)).toBe(sum(sold.map(({ amount_received }: Row) => amount_received)));
}

it("never makes two of one key, spends a token twice, or loses a unit, whatever fails", async () => {
  const run = async (steps: Step[]) => {
    const stand = await standIn({ latency_ms: 1 });
    for (const each of steps) await take(stand, each);
    await stand.control("reset_faults", {});
    await stand.control("clock", { advance_ms: 60_000 });
    await stand.control("settled", {});
    await judge(stand);
    await stand.stop();
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), run), { numRuns: 25 });
}, 120_000);
