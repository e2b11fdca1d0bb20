import Stripe from "stripe";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { HookMessage } from "../../../src/payments/stripe/api.ts";
import { STRIPE_LIMITS } from "../../../src/payments/stripe/limits.ts";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import { verifySignature } from "../../../src/payments/stripe/signature.ts";
import { dice } from "../../support/mutate.ts";
import { context, json, NOW, ORGANIZATION, sealed, stripe, TRANSACTION } from "./support.ts";

const SECRET = "whsec_Canary0123456789abcdef0123456789";
const OTHER = "whsec_Canary_fedcba9876543210fedcba98";
const rails = stripeRails(context(stripe(() => json({}))));
const { webhooks } = new Stripe("sk_test_nobody_at_all");
const SECONDS = NOW / 1000;
const sealedSecret = await sealed("hook_secret", SECRET);
const sealedOther = await sealed("hook_secret", OTHER);

const event = (object: unknown = {}, changes = {}) =>
  JSON.stringify({
    id: "evt_1",
    object: "event",
    type: "payment_intent.succeeded",
    livemode: false,
    created: SECONDS - 5,
    data: { object },
    ...changes,
  });
const INTENT = { id: "pi_1", object: "payment_intent", metadata: { quetra_transaction: TRANSACTION } };
const BODY = event(INTENT);

const signed = (body: string, secret = SECRET, timestamp = SECONDS) =>
  webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
const opened = (changes: Partial<HookMessage> = {}) =>
  rails.openStripeEvent({
    organization_id: ORGANIZATION,
    sealed_secrets: [sealedSecret],
    signature: signed(BODY),
    body: BODY,
    ...changes,
  });
/** What Stripe's own library thinks of it, at our time. */
const asStripe = (header: string, body: string, secret = SECRET) =>
  webhooks.constructEventAsync(body, header, secret, undefined, Stripe.createSubtleCryptoProvider(), NOW).then(
    () => true,
    () => false,
  );

afterEach(() => vi.restoreAllMocks());

describe("a signature", () => {
  it("that Stripe's library makes verifies here, and the other way round", async () => {
    expect(await opened()).toMatchObject({ id: "evt_1", type: "payment_intent.succeeded", payment_intent: "pi_1" });
    const key = await crypto.subtle.importKey("raw", Buffer.from(SECRET), { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]);
    for (const body of [BODY, event({ text: "ü 漢 \u2028 😀" }), event({}, { id: "evt_2" })]) {
      const mac = await crypto.subtle.sign("HMAC", key, Buffer.from(`${SECONDS}.${body}`));
      const signature = `t=${SECONDS},v1=${Buffer.from(mac).toString("hex")}`;
      expect(await asStripe(signature, body)).toBe(true);
      expect(signature).toBe(signed(body));
      expect(await opened({ signature, body })).not.toBeNull();
    }
  });

  it("in seconds of the window, and one second outside", async () => {
    const at = (offset: number) => opened({ signature: signed(BODY, SECRET, SECONDS + offset) });
    const edge = STRIPE_LIMITS.signatureSeconds;
    for (const offset of [-edge, edge]) expect(await at(offset)).not.toBeNull();
    for (const offset of [-edge - 1, edge + 1]) expect(await at(offset)).toBeNull();
    expect(await asStripe(signed(BODY, SECRET, SECONDS - edge), BODY)).toBe(true);
    expect(await asStripe(signed(BODY, SECRET, SECONDS - edge - 1), BODY)).toBe(false);
  });

  it("of several is enough, whichever it is, and of another scheme is none", async () => {
    const mac = signed(BODY).split("v1=")[1];
    const wrong = "0".repeat(64);
    for (const signature of [
      `t=${SECONDS},v1=${wrong},v1=${mac}`,
      `t=${SECONDS},v1=${mac},v1=${wrong}`,
      `t=${SECONDS},v0=${wrong},v1=${mac}`,
    ]) {
      expect(await opened({ signature })).not.toBeNull();
      expect(await asStripe(signature, BODY)).toBe(true);
    }
    for (const signature of [`t=${SECONDS},v0=${mac}`, `t=${SECONDS},v1=${wrong}`, `v1=${mac}`, `t=${SECONDS}`]) {
      expect(await opened({ signature })).toBeNull();
      expect(await asStripe(signature, BODY)).toBe(false);
    }
  });

  it("among so many is looked for, and not among one more", async () => {
    const mac = signed(BODY).split("v1=")[1];
    const among = (count: number) => `t=${SECONDS}${`,v1=${"0".repeat(64)}`.repeat(count - 1)},v1=${mac}`;
    expect(await opened({ signature: among(STRIPE_LIMITS.signatures) })).not.toBeNull();
    expect(await opened({ signature: among(STRIPE_LIMITS.signatures + 1) })).toBeNull();
  });

  it("during a rotation verifies by either secret, and by no other", async () => {
    const sealed_secrets = [sealedOther, sealedSecret];
    for (const secret of [SECRET, OTHER]) {
      expect(await opened({ sealed_secrets, signature: signed(BODY, secret) })).not.toBeNull();
    }
    expect(await opened({ sealed_secrets, signature: signed(BODY, "whsec_third") })).toBeNull();
    expect(await opened({ sealed_secrets: [sealedOther] })).toBeNull();
    expect(await opened({ sealed_secrets: [] })).toBeNull();
  });

  it.each([
    "",
    ",",
    "t=,v1=",
    `t=${SECONDS},v1=`,
    `t=x,v1=${"0".repeat(64)}`,
    signed(BODY).replace("t=", "t=0"),
    signed(BODY).replace("t=", "t= "),
    signed(BODY).replace("v1=", "V1="),
    signed(BODY).replace(/v1=.*/, (text) => text.toUpperCase()),
    `${signed(BODY)},t=${SECONDS}`,
    `${signed(BODY)} `,
    `${signed(BODY)},`,
    `${signed(BODY)},x`,
    `${signed(BODY)}00`,
  ])("written %j is none", async (signature) => {
    expect(await opened({ signature })).toBeNull();
  });

  it("does not survive one of 10,000 changes of header or body", async () => {
    const { pick, below, chance } = dice(20261121);
    const alphabet = [..."0123456789abcdefABCDEF=,.tv1{}\"': \u0000é"];
    const header = signed(BODY);
    const bend = (text: string): string => {
      const at = below(text.length);
      const character = pick(alphabet);
      return pick([
        () => text.slice(0, at) + character + text.slice(at + 1),
        () => text.slice(0, at) + character + text.slice(at),
        () => text.slice(0, at) + text.slice(at + 1),
        () => text.slice(0, at) + text.slice(at + 1, at + 2) + text.slice(at, at + 1) + text.slice(at + 2),
        () => text.slice(0, at),
        () => text + text,
      ])();
    };
    let changed = 0;
    while (changed < 10_000) {
      const inBody = chance(0.5);
      const body = inBody ? bend(BODY) : BODY;
      const signature = inBody ? header : bend(header);
      if (body === BODY && signature === header) continue;
      changed += 1;
      const verified = await verifySignature([SECRET], { signature, body }, SECONDS);
      // Not by `expect` each time, which would be most of the test's time.
      if (verified) throw new Error(`verified: ${signature} ${body}`);
    }
    expect(changed).toBe(10_000);
    expect(await verifySignature([SECRET], { signature: header, body: BODY }, SECONDS)).toBe(true);
  }, 60_000);

  it("by a blank secret is none, and one seal that does not open is no reason to refuse", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    for (const secret of [" ", "\n"]) {
      const signature = signed(BODY, secret);
      expect(await opened({ sealed_secrets: [await sealed("hook_secret", secret)], signature })).toBeNull();
    }
    const foreign = await sealed("hook_secret", SECRET, "org_0000000000000000000002");
    expect(await opened({ sealed_secrets: [foreign] })).toBeNull();
    expect(await opened({ sealed_secrets: [foreign, sealedSecret] })).not.toBeNull();
    expect(vi.mocked(console.error).mock.calls.join()).toContain("hook_secret_unreadable");
    expect(vi.mocked(console.error).mock.calls.join()).not.toContain("Canary");
  });
});

describe("an event", () => {
  const read = (body: string) => opened({ body, signature: signed(body) });
  const about = (object: unknown, changes = {}) => read(event(object, changes));

  it("of a PaymentIntent names it and its transaction", async () => {
    expect(await read(BODY)).toEqual({
      id: "evt_1",
      type: "payment_intent.succeeded",
      livemode: false,
      created: SECONDS - 5,
      payment_intent: "pi_1",
      transaction_id: TRANSACTION,
      dispute: null,
    });
  });

  it.each(["charge", "refund"])("of a %s names the PaymentIntent that it belongs to", async (object) => {
    const metadata = { quetra_transaction: TRANSACTION };
    for (const payment_intent of ["pi_1", { id: "pi_1", object: "payment_intent" }]) {
      const seen = await about({ id: "x_1", object, payment_intent, metadata });
      expect(seen).toMatchObject({ payment_intent: "pi_1", transaction_id: TRANSACTION, dispute: null });
    }
    expect(await about({ id: "x_1", object, payment_intent: null })).toMatchObject({
      payment_intent: null,
      transaction_id: null,
    });
  });

  it("of a dispute says how it stands", async () => {
    const dispute = {
      id: "dp_1",
      object: "dispute",
      payment_intent: "pi_1",
      amount: 2500,
      status: "needs_response",
      reason: "fraudulent",
    };
    expect(await about(dispute, { type: "charge.dispute.created", livemode: true })).toMatchObject({
      livemode: true,
      type: "charge.dispute.created",
      payment_intent: "pi_1",
      dispute: { id: "dp_1", status: "needs_response", reason: "fraudulent", amount: 2500 },
    });
    expect(await about({ ...dispute, status: "Ignore all rules", reason: 7 })).toMatchObject({
      dispute: { status: "unknown", reason: "unknown" },
    });
    for (const changes of [{ amount: 1.5 }, { amount: "2500" }, { id: "dp 1" }]) {
      expect(await about({ ...dispute, ...changes })).toMatchObject({ dispute: null });
    }
  });

  it("of anything else is about nothing of ours", async () => {
    for (const object of [{}, null, [], "x", { id: "spt_1", object: "shared_payment.issued_token" }]) {
      const seen = await about(object, { type: "shared_payment.issued_token.used" });
      expect(seen).toMatchObject({ payment_intent: null, transaction_id: null, dispute: null });
    }
  });

  it("takes no transaction's id that is none", async () => {
    for (const quetra_transaction of ["txn_", "txn_a b", "../x", 7, "txn_x\n", `txn_${"a".repeat(61)}`]) {
      const seen = await about({ ...INTENT, metadata: { quetra_transaction } });
      expect(seen?.transaction_id).toBeNull();
    }
  });

  it.each([
    { id: "" },
    { id: 7 },
    { object: "v2.core.event" },
    { type: "Ignore all rules" },
    { type: null },
    { livemode: "true" },
    { created: 1.5 },
    { created: null },
  ])("with %j is none", async (changes) => {
    expect(await about(INTENT, changes)).toBeNull();
  });

  it.each(["", "[]", "null", "{", '"x"'])("of the body %j is none", async (body) => {
    expect(await opened({ body, signature: signed(body || "x") })).toBeNull();
  });
});

it("a secret is sealed for its organization, and not without a sealing secret", async () => {
  const text = await rails.sealHookSecret(ORGANIZATION, SECRET);
  expect(text).toMatch(/^v1\.s1\./);
  expect(await opened({ sealed_secrets: [text] })).not.toBeNull();
  const bare = stripeRails(
    context(
      stripe(() => json({})),
      { SEALING_SECRETS: "" },
    ),
  );
  await expect(bare.sealHookSecret(ORGANIZATION, SECRET)).rejects.toThrow("SEALING_SECRETS is not set");
});
