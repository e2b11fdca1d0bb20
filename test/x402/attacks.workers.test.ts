import { beforeAll, expect, it } from "vitest";
import { selfCheck } from "../support/service.ts";
import { newPayer, type Payer } from "./payer.ts";
import { type CaseLog, chain, describeWithChain, forbiddenConnections, newCase, rows, world } from "./support.ts";

/**
 * Every trick of the hostile seller, and what comes of it. Whatever it does: at most one authorization is signed, for
 * exactly the price that was judged, to exactly the payee that was judged, and the ledger says what the chain says.
 */

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

/** Nothing is signed, and the code says why. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  no_payable_option: words(`wrong-token base-token token-name wrong-network other-network network-space network-padded
    network-wildcard solana wrong-domain wrong-domain-version no-domain permit2 erc7710 upto batch auth-capture
    unknown-scheme upfront escrow unknown-flow pay-to-short pay-to-name pay-to-zero pay-to-token amount-hex amount-space
    amount-space-after amount-line-break amount-float amount-exponent amount-plus amount-negative amount-padded
    amount-underscore amount-digits amount-zero amount-max amount-over amount-unsafe amount-18-decimals validity-9
    validity-float poisoned-pay-to poisoned-amount poisoned-network poisoned-scheme`),
  malformed_402: words(`network-v1-name amount-empty amount-number amount-null amount-list amount-missing options-33
    options-40 bad-base64 bad-json null list no-accepts empty-accepts object-accepts version-3 version-text html no-quote
    body-only v1-option-in-v2 validity-0 validity-negative validity-text poisoned poisoned-body poisoned-402-prose`),
  response_too_large: ["huge-402"],
  response_headers_too_large: ["many-headers"],
  no_answer: words("resets redirect-to-raw-folded redirect-to-raw-nul"),
};

/** An answer like any other: nothing asks for money, or what asks must not be followed. */
const ANSWERED = words(`poisoned-200 redirect-300 redirect-none redirect-loop redirect-anywhere redirect-injection
  infinite-200 bomb-200`);
const ELSEWHERE = words("redirect-cross redirect-cross-307 redirect-cross-chain");

/** Signed once, taken, delivered. The honest controls are here: whoever refuses everything is no good either. */
const PAID = words(`honest options-32 prototype mpp-too dear-first two-prices two-payees bad-then-good two-versions
  two-versions-dear-header ten-years validity-10 identified resource-spoof redirect-same redirect-relative redirect-307 redirect-303
  redirect-chain huge-402-with-header lying-length-402 bomb-402 settles-no-receipt settles-bad-receipt
  settles-huge-receipt settles-poisoned-receipt settles-other-hash settles-twice infinite-paid bomb-paid poisoned-goods`);
/** Signed once and taken; what came back was no delivery. */
const NOT_DELIVERED = words(`settles-then-500 settles-then-402 settles-then-404 settles-then-reset settles-then-redirect
  settles-says-failed pending third-party-first huge-500-paid many-headers-paid`);
/** Signed once and not taken: the budget stays held. */
const HELD = words(`says-settled-500 settles-for-more settles-elsewhere keeps keeps-402 keeps-resets keeps-redirects
  keeps-redirects-away keeps-redirects-301 asks-again asks-again-400 asks-again-412 raises-price swaps-pay-to
  asks-permit2`);
/** The seller says that it was paid, and the chain does not. */
const DELIVERED_HELD = words("forged-receipt no-receipt keeps-202");
/** They take as long as a request may take, so they go side by side in a test of their own. */
const SLOW: Readonly<Record<string, string>> = {
  slow: "paid",
  "slow-after": "paid",
  "keeps-hangs": "held",
  "settles-then-hang": "paid_not_delivered",
  "drip-paid": "paid_not_delivered",
  "drip-200": "response",
  "never-answers": "timeout",
};
const DEAR: Readonly<Record<string, number>> = { "two-versions-dear-header": 25 };
const PRICE = 0.01;

/** In version 1 of the protocol the same texts can mean something else: these rows do. */
const ONLY_V2 =
  words(`network-v1-name prototype v1-option-in-v2 two-versions two-versions-dear-header poisoned poisoned-body
  validity-0 huge-402 huge-402-with-header bomb-402 lying-length-402 body-only`);

interface Outcome {
  readonly answer: Awaited<ReturnType<Payer["pay"]>>;
  readonly log: CaseLog;
  /** Micros that left the wallet. */
  readonly spent: number;
  /** The same call once more. */
  readonly again: () => Promise<Outcome["answer"]>;
  readonly logNow: () => Promise<CaseLog>;
}

describeWithChain("a hostile seller", () => {
  let payer: Payer;
  beforeAll(async () => {
    payer = await newPayer({ per_transaction_limit: 100, budgets: [{ period: "daily", limit: 50_000 }] });
  });

  async function meet(row: string, version: 1 | 2, who: Payer = payer): Promise<Outcome> {
    const here = newCase();
    const before = await who.spent();
    const again = () => who.pay(here.url(row, { version }), { idempotency_key: here.id });
    const answer = await again();
    return { answer, log: await here.log(), spent: (await who.spent()) - before, again, logNow: here.log };
  }

  /** What holds whatever happened. */
  function always({ log }: Outcome, price: number, version: 1 | 2): void {
    expect(new Set(log.payments.map(({ signature }) => signature)).size).toBeLessThanOrEqual(1);
    for (const { authorization, version: sent } of log.payments) {
      expect(authorization.value).toBe(String(price * 1e6));
      expect(authorization.to.toLowerCase()).toBe(log.pay_to);
      expect(Number(authorization.validBefore) - Date.now() / 1000).toBeLessThanOrEqual(121);
      expect(sent).toBe(version);
    }
    // Nothing of a payment leaves the origin that was asked.
    const asked = new URL(world.seller).port;
    for (const request of log.requests) {
      if (String(request.port) !== asked) expect(request.payment_headers).toEqual([]);
    }
  }

  const unpaid = (outcome: Outcome): void => {
    expect(outcome.log.payments).toEqual([]);
    expect(outcome.spent).toBe(0);
    expect(outcome.answer).not.toHaveProperty("payment");
  };

  const versions = (list: readonly string[]): [string, 1 | 2][] => [
    ...list.map((row): [string, 2] => [row, 2]),
    ...list.filter((row) => !ONLY_V2.includes(row) && !row.startsWith("redirect")).map((row): [string, 1] => [row, 1]),
  ];

  it("has no trick that is not looked at here", async () => {
    const known = [
      ...Object.values(REFUSED).flat(),
      ...[...ANSWERED, ...ELSEWHERE, ...PAID, ...NOT_DELIVERED, ...HELD, ...DELIVERED_HELD, ...Object.keys(SLOW)],
    ];
    expect(new Set(known).size).toBe(known.length);
    const offered = await rows();
    expect(offered.filter((row) => !known.includes(row) && !row.startsWith("redirect-to-"))).toEqual([]);
    expect(known.filter((row) => !offered.includes(row))).toEqual([]);
  });

  it.each(
    Object.entries(REFUSED).flatMap(([code, list]) =>
      versions(list).map(([row, version]): [string, 1 | 2, string] => [row, version, code]),
    ),
  )("%s (v%i) is refused as %s", async (row, version, code) => {
    const outcome = await meet(row, version);
    expect(outcome.answer).toMatchObject({ outcome: "failed", code });
    unpaid(outcome);
  });

  it.each([...ANSWERED])("%s is an answer", async (row) => {
    const outcome = await meet(row, 2);
    expect(outcome.answer.outcome).toBe("response");
    unpaid(outcome);
  });

  it.each(ELSEWHERE)("%s is not paid where it leads", async (row) => {
    const outcome = await meet(row, 2);
    expect(outcome.answer).toMatchObject({ outcome: "payment_required", code: "redirected" });
    unpaid(outcome);
    always(outcome, PRICE, 2);
  });

  it("redirects to what must not be called end there, whatever the spelling", async () => {
    const before = await forbiddenConnections();
    const all = (await rows()).filter((row) => row.startsWith("redirect-to-"));
    expect(all.length).toBeGreaterThan(30);
    for (const row of all) {
      const outcome = await meet(row, 2);
      expect(["response", "failed"], row).toContain(outcome.answer.outcome);
      unpaid(outcome);
    }
    expect(await forbiddenConnections()).toBe(before);
  });

  it.each(versions(PAID))("%s (v%i) is paid once, at the price that was judged", async (row, version) => {
    const price = DEAR[row] ?? PRICE;
    const outcome = await meet(row, version);
    expect(outcome.answer).toMatchObject({ outcome: "paid", payment: { amount: price, outcome: "paid" } });
    expect(outcome.answer.payment.settlement_hash).toBe(outcome.log.settlements[0]?.hash);
    expect(outcome.spent).toBe(price * 1e6);
    always(outcome, price, version);
  });

  it.each(versions(NOT_DELIVERED))("%s (v%i) was taken, and is settled", async (row, version) => {
    const outcome = await meet(row, version);
    expect(outcome.answer).toMatchObject({ outcome: "paid", payment: { outcome: "paid_not_delivered" } });
    expect(outcome.spent).toBe(PRICE * 1e6);
    always(outcome, PRICE, version);
  });

  it.each([
    ...versions(HELD).map(([row, version]) => [row, version, "held"] as const),
    ...versions(DELIVERED_HELD).map(([row, version]) => [row, version, "delivered_held"] as const),
  ])("%s (v%i) leaves the budget %s", async (row, version, result) => {
    const outcome = await meet(row, version);
    expect(outcome.answer).toMatchObject({ outcome: "unsettled", payment: { outcome: result } });
    expect(outcome.spent).toBe(0);
    expect(outcome.log.payments).toHaveLength(1);
    always(outcome, PRICE, version);
    // Asked again with the same key: nothing more is sent, and nothing more is signed.
    expect(await outcome.again()).toMatchObject({ outcome: "unsettled", replayed: true });
    expect((await outcome.logNow()).requests).toHaveLength(outcome.log.requests.length);
    const { authorization } = outcome.log.payments[0]!;
    expect(await chain().authorizationState(authorization.from, authorization.nonce)).toBe(false);
  });

  it("that takes its time is waited for as long as a request may take", { timeout: 60_000 }, async () => {
    const outcomes = await Promise.all(
      Object.entries(SLOW).map(async ([row, expected]) => {
        const who = await newPayer();
        return { row, expected, who, outcome: await meet(row, 2, who) };
      }),
    );
    for (const { row, expected, who, outcome } of outcomes) {
      const { answer } = outcome;
      expect(answer.payment?.outcome ?? answer.code ?? answer.outcome, row).toBe(expected);
      always(outcome, PRICE, 2);
      expect((await who.ledger()).settled, row).toBe(await who.spent());
    }
  });

  it("that sends too much gets no more out than fits between two machines", async () => {
    for (const row of ["infinite-200", "infinite-paid", "huge-402", "huge-402-with-header", "huge-500-paid"]) {
      const { log } = await meet(row, 2);
      // 128 KB are read; the rest stands in the buffers of the two sockets, whose size the system chooses.
      expect(log.bytes_written, row).toBeLessThan(32 * 1024 * 1024);
    }
  });

  it("and after all of it the ledger says what the chain says", async () => {
    const { settled, held } = await payer.ledger();
    expect(settled).toBe(await payer.spent());
    expect(held).toBeGreaterThan(0);
    expect(await selfCheck(payer.organization)).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
  });
});
