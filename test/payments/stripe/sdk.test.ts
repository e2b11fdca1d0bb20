import Stripe from "stripe";
import StripePreview from "stripe-preview";
import { describe, expect, it } from "vitest";
import { chargeParameters } from "../../../src/payments/stripe/charge.ts";
import { STRIPE_PREVIEW_VERSION, STRIPE_VERSION } from "../../../src/payments/stripe/client.ts";
import { encodeForm } from "../../../src/payments/stripe/form.ts";
import { type RailContext, stripeRails } from "../../../src/payments/stripe/rails.ts";
import { refundParameters } from "../../../src/payments/stripe/refund.ts";
import { issueToken, readToken, revokeToken, tokenParameters } from "../../../src/payments/stripe/tokens.ts";
import type { World } from "../support.ts";
import {
  account,
  chargeOrder,
  context,
  errorBody,
  json,
  KEY,
  lookOrder,
  ORGANIZATION,
  refundOrder,
  sealed,
  stripe,
  tokenOrder,
} from "./support.ts";

interface Wire {
  readonly method: string;
  readonly url: string;
  readonly body: string;
  readonly version: string | null;
  readonly authorization: string | null;
  readonly key: string | null;
  readonly type: string | null;
}

const wire = (url: string, method: string, headers: Headers, body: string | null): Wire => ({
  method,
  url,
  body: body ?? "",
  version: headers.get("stripe-version"),
  authorization: headers.get("authorization"),
  key: headers.get("idempotency-key"),
  type: method === "POST" ? headers.get("content-type") : null,
});

/** What Stripe's own library sends. */
async function bySdk<T extends Stripe | StripePreview>(
  make: (fetch: typeof globalThis.fetch) => T,
  call: (sdk: T) => Promise<unknown>,
): Promise<Wire> {
  const wires: Wire[] = [];
  const sdk = make((async (url: string | URL | Request, init: RequestInit = {}) => {
    const body = (init.body as string | null | undefined) ?? null;
    wires.push(wire(String(url), init.method ?? "", new Headers(init.headers), body === "" ? null : body));
    return json({});
  }) as typeof globalThis.fetch);
  await call(sdk);
  expect(wires).toHaveLength(1);
  return wires[0]!;
}
const stable = (call: (sdk: Stripe) => Promise<unknown>) =>
  bySdk((fetch) => new Stripe(KEY, { httpClient: Stripe.createFetchHttpClient(fetch), maxNetworkRetries: 0 }), call);
const preview = (call: (sdk: StripePreview) => Promise<unknown>) =>
  bySdk(
    (fetch) => new StripePreview(KEY, { httpClient: StripePreview.createFetchHttpClient(fetch), maxNetworkRetries: 0 }),
    call,
  );

/** What we send. */
async function byUs(call: (context: RailContext) => Promise<unknown>): Promise<Wire> {
  const out: World = stripe(() => json(errorBody(), 401));
  await call(context(out));
  const { url, method, headers, body } = out.seen[0]!;
  return wire(url, method, headers, body === "" ? null : body);
}

const options = (ours: Wire) => (ours.key === null ? {} : { idempotencyKey: ours.key });
const paths = { ...lookOrder, payment_intent: "pi_1" };
const handle = { ...account, sealed_token: await sealed("payment_token", "spt_1") };

describe("what is sent is what Stripe's own library sends", () => {
  it("versions are those of the libraries that the shapes are checked with", () => {
    expect(STRIPE_VERSION).toBe(Stripe.API_VERSION);
    expect(STRIPE_PREVIEW_VERSION).toBe(StripePreview.API_VERSION);
  });

  it.each([chargeOrder.charge, { ...chargeOrder.charge, description: null, statement_descriptor_suffix: null }])(
    "a charge",
    async (charge) => {
      const order = { ...chargeOrder, charge };
      const ours = await byUs((context) => stripeRails(context).stripeCharge(order));
      const parameters = chargeParameters(order.transaction_id, charge);
      expect(ours).toEqual(await stable((sdk) => sdk.paymentIntents.create(parameters, options(ours))));
    },
  );

  it("a look by id and by list", async () => {
    const byId = await byUs((context) => stripeRails(context).stripeLook(paths));
    expect(byId).toEqual(await stable((sdk) => sdk.paymentIntents.retrieve("pi_1", { expand: ["latest_charge"] })));
    const byList = await byUs((context) => stripeRails(context).stripeLook(lookOrder));
    const created = { gte: lookOrder.sent_at - 3_600, lte: lookOrder.posted_at + 3_600 };
    expect(byList).toEqual(await stable((sdk) => sdk.paymentIntents.list({ customer: "cus_1", created, limit: 40 })));
  });

  it("a cancellation", async () => {
    const ours = await byUs((context) => stripeRails(context).stripeCancel(paths));
    const parameters = { cancellation_reason: "abandoned", expand: ["latest_charge"] } as const;
    const theirs = await stable((sdk) =>
      sdk.paymentIntents.cancel("pi_1", { ...parameters, expand: [...parameters.expand] }, options(ours)),
    );
    expect(ours).toEqual(theirs);
  });

  it("a refund, and the list of them", async () => {
    const ours = await byUs((context) => stripeRails(context).stripeRefund(refundOrder));
    expect(ours).toEqual(await stable((sdk) => sdk.refunds.create(refundParameters(refundOrder), options(ours))));
    const list = await byUs((context) => stripeRails(context).stripeRefunds(paths));
    expect(list).toEqual(await stable((sdk) => sdk.refunds.list({ payment_intent: "pi_1", limit: 100 })));
  });

  it("the reads of a key and of a card", async () => {
    const order = { organization_id: ORGANIZATION, mode: "test", key: KEY } as const;
    const key = await byUs((context) => stripeRails(context).sealStripeKey(order));
    expect(key).toEqual(await stable((sdk) => sdk.paymentMethods.list({ limit: 1 })));
    const of = { ...account, customer: "cus_1", payment_method: "pm_1" };
    const card = await byUs((context) => stripeRails(context).checkStripeCard(of));
    expect(card).toEqual(await stable((sdk) => sdk.paymentMethods.retrieve("pm_1")));
  });

  it("a token: issued, read, revoked", async () => {
    const issued = await byUs((context) => issueToken(context, tokenOrder));
    const parameters = tokenParameters(tokenOrder);
    expect(issued).toEqual(await preview((sdk) => sdk.sharedPayment.issuedTokens.create(parameters, options(issued))));
    const read = await byUs((context) => readToken(context, handle));
    expect(read).toEqual(await preview((sdk) => sdk.sharedPayment.issuedTokens.retrieve("spt_1")));
    const revoked = await byUs((context) => revokeToken(context, handle));
    expect(revoked).toEqual(
      await preview((sdk) => sdk.sharedPayment.issuedTokens.revoke("spt_1", {}, options(revoked))),
    );
  });
});

describe("the form", () => {
  it.each([
    { a: 1, b: true, c: "x y", d: undefined, e: "" },
    { list: ["a", "b", { c: ["d"] }], deep: { er: { and: { deeper: 0 } } } },
    { empty: {}, none: [] },
    { text: "!'()*~-._ &=+%[]\r\n\0ü漢😀\u2028" },
    { "name[x]&=": 1 },
  ])("%# is encoded as Stripe's library does", async (parameters) => {
    const theirs = await stable((sdk) => sdk.rawRequest("POST", "/v1/x", parameters));
    expect(encodeForm(parameters)).toBe(theirs.body);
  });

  it.each([0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])("holds no %d", (amount) => {
    expect(() => encodeForm({ nested: { amount } })).toThrow(RangeError);
  });
});
