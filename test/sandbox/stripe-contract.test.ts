import { Ajv } from "ajv";
import { createGenerator } from "ts-json-schema-generator";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { decodeForm } from "../../sandbox/stripe/form.mjs";
// @ts-expect-error: plain JavaScript, as the sandbox is
import * as parameters from "../../sandbox/stripe/parameters.mjs";
import { PROFILE, standIn } from "./stripe-stand-in.ts";

/**
 * The contract that is not ours: what the libraries of Stripe type. The stand-in is not made from it, so what both refuse
 * is refused for two reasons.
 */
const MODULES = new URL("../../node_modules/", import.meta.url).pathname;

interface Parsed {
  readonly [name: string]: unknown;
}
interface Schema {
  readonly properties?: Record<string, unknown>;
  readonly definitions?: Record<string, Schema>;
}

interface Contract {
  readonly file: string;
  readonly type: string;
  readonly path: string;
  readonly version: string;
  readonly shape: (value: unknown) => unknown;
  /** Everything that the stand-in simulates, at once; not all of it makes sense together. */
  readonly sample: Parsed;
  /** Where the stand-in is stricter than the types, and why. */
  readonly stricter: Readonly<Record<string, string>>;
  /** Where it is milder. */
  readonly milder: Readonly<Record<string, string>>;
  /** Not in the types, and taken all the same. */
  readonly beyond: readonly string[];
}

const address = { city: "Graz", country: "AT", line1: "Herrengasse 1", line2: "2", postal_code: "8010", state: "St" };
const intent = {
  amount: 100,
  currency: "usd",
  allowed_payment_method_types: ["card"],
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  capture_method: "automatic",
  confirm: true,
  confirmation_method: "automatic",
  customer: "cus_1",
  description: "d",
  error_on_requires_action: true,
  expand: ["latest_charge", "customer"],
  metadata: { a: "b" },
  off_session: true,
  payment_method: "pm_1",
  payment_method_data: {
    type: "card",
    allow_redisplay: "always",
    billing_details: { address, email: "a@b.example", name: "n", phone: "1", tax_id: "2" },
    metadata: { c: "d" },
  },
  receipt_email: "a@b.example",
  return_url: "https://a.example",
  setup_future_usage: "off_session",
  shipping: { address, name: "n", carrier: "c", phone: "1", tracking_number: "2" },
  statement_descriptor: "s",
  statement_descriptor_suffix: "s",
  use_stripe_sdk: false,
};
const openWord = { off_session: "its words are open in the types, and the stand-in knows the two that there are" };

const CONTRACTS: readonly Contract[] = [
  {
    file: "stripe/esm/resources/PaymentIntents.d.ts",
    type: "PaymentIntentCreateParams",
    path: "/v1/payment_intents",
    version: "2026-10-28.endive",
    shape: parameters.createIntent(false),
    sample: intent,
    stricter: openWord,
    milder: {},
    beyond: [],
  },
  {
    file: "stripe-preview/esm/resources/PaymentIntents.d.ts",
    type: "PaymentIntentCreateParams",
    path: "/v1/payment_intents",
    version: "2026-08-26.preview",
    shape: parameters.createIntent(true),
    sample: {
      ...intent,
      payment_method_data: { ...intent.payment_method_data, shared_payment_granted_token: "spt_1" },
    },
    stricter: openWord,
    milder: { "payment_method_data.type": "a token says by itself of what type it is" },
    beyond: ["shared_payment_granted_token"],
  },
  {
    file: "stripe/esm/resources/Refunds.d.ts",
    type: "RefundCreateParams",
    path: "/v1/refunds",
    version: "2026-10-28.endive",
    shape: parameters.createRefund,
    sample: {
      amount: 5,
      charge: "ch_1",
      payment_intent: "pi_1",
      reason: "duplicate",
      instructions_email: "a@b.example",
      metadata: { a: "b" },
      expand: ["charge"],
    },
    stricter: {},
    milder: {},
    beyond: [],
  },
  {
    file: "stripe-preview/esm/resources/SharedPayment/IssuedTokens.d.ts",
    type: "SharedPayment.IssuedTokenCreateParams",
    path: "/v1/shared_payment/issued_tokens",
    version: "2026-08-26.preview",
    shape: parameters.createIssuedToken,
    sample: {
      payment_method: "pm_card_visa",
      seller_details: { network_business_profile: PROFILE, external_id: "cs_1" },
      usage_limits: { currency: "usd", max_amount: 100, expires_at: 2_000_000_000 },
      return_url: "https://a.example",
      setup_future_usage: "on_session",
      shared_metadata: { a: "b" },
      use_stripe_sdk: false,
      expand: ["payment_method"],
    },
    stricter: { "seller_details.network_business_profile": "a token for nobody could be spent by nobody" },
    milder: {},
    beyond: [],
  },
];

/** As the libraries write it on the wire. What is not there, and an empty object, leaves no trace. */
function encode(value: unknown, name = ""): string[] {
  if (value === undefined) return [];
  if (typeof value !== "object" || value === null)
    return [`${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`];
  return Object.entries(value).flatMap(([key, inner]) => encode(inner, name === "" ? key : `${name}[${key}]`));
}

interface Mutant {
  readonly at: string;
  readonly how: string;
  readonly params: Parsed;
}

/** Every value that can be seen to be of another type on the wire, where everything is text. */
const wrong = (value: unknown): unknown[] => {
  if (typeof value === "string") return [{ nested: "x" }, ["x", "y"]];
  if (typeof value === "number") return ["12a", { nested: 1 }];
  if (typeof value === "boolean") return ["perhaps", { nested: true }];
  return ["text"];
};

function* mutants(params: Parsed, inside = ""): Generator<Mutant> {
  const list = Array.isArray(params);
  for (const [name, value] of Object.entries(params)) {
    const at = inside === "" ? name : `${inside}.${name}`;
    const { [name]: _, ...rest } = params;
    const put = (inner: unknown): Parsed =>
      list
        ? (params.map((each, n) => (String(n) === name ? inner : each)) as unknown as Parsed)
        : { ...params, [name]: inner };
    // Without its only member an object leaves the wire, and nobody can tell.
    if (!list && Object.keys(rest).length > 0) yield { at, how: "left out", params: rest };
    if (!list) yield { at, how: "misspelt", params: { ...rest, [`${name}x`]: value } };
    for (const other of wrong(value)) yield { at, how: `as ${JSON.stringify(other)}`, params: put(other) };
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) yield { at, how: "with another member", params: put({ ...value, surprise: "x" }) };
    for (const inner of mutants(value as Parsed, at)) yield { ...inner, params: put(inner.params) };
  }
  if (inside === "") yield { at: "", how: "with another member", params: { ...params, surprise: "x" } };
}

const refuses = (shape: Contract["shape"], params: Parsed): string | null => {
  try {
    shape(decodeForm(encode(params).join("&")));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};

describe.each(CONTRACTS)("$path in $version", (contract) => {
  const { file, type, path, version, shape, sample, stricter, milder, beyond } = contract;
  let accepts: (params: unknown) => boolean;
  let definitions: Record<string, Schema>;
  beforeAll(() => {
    const options = {
      path: MODULES + file,
      type,
      skipTypeCheck: true,
      jsDoc: "none",
      additionalProperties: false,
    } as const;
    const schema = createGenerator(options).createSchema(type) as Schema;
    definitions = schema.definitions ?? {};
    accepts = new Ajv({ strict: false, logger: false }).compile(schema) as (params: unknown) => boolean;
  }, 120_000);

  it("takes what the types take, and refuses what they refuse", () => {
    expect(accepts(sample)).toBe(true);
    expect(refuses(shape, sample)).toBe(null);
    const differences: string[] = [];
    const used = new Set<string>();
    let refused = 0;
    for (const { at, how, params } of mutants(sample)) {
      const byTypes = !accepts(params);
      const byStandIn = refuses(shape, params) !== null;
      if (byTypes && byStandIn) refused += 1;
      const excused = Object.hasOwn(byStandIn ? stricter : milder, at);
      if (byTypes !== byStandIn && excused) used.add(at);
      if (byTypes !== byStandIn && !excused) differences.push(`${at} ${how}: types ${byTypes}, stand-in ${byStandIn}`);
    }
    expect(differences).toEqual([]);
    // An excuse that nothing needs any more would hide the next difference.
    expect(used).toEqual(new Set([...Object.keys(stricter), ...Object.keys(milder)]));
    expect(refused).toBeGreaterThan(20);
  });

  it("knows each name that the types know, and no other", () => {
    const known = Object.keys(definitions[type]?.properties ?? {});
    expect(known).toEqual(expect.arrayContaining(Object.keys(sample)));
    for (const name of known)
      expect([name, refuses(shape, { ...sample, [name]: "x" })]).not.toContain(`Received unknown parameter: ${name}`);
    const made = [...known.map((name) => `${name}s`), ...known.map((name) => name.slice(1)), ...beyond];
    for (const name of made.filter((each) => !known.includes(each) && each !== ""))
      expect([name, refuses(shape, { ...sample, [name]: "x" }) === null]).toEqual([name, beyond.includes(name)]);
  });

  it("answers 400 over the wire, says which parameter, and makes nothing", async () => {
    const stand = await standIn();
    const headers = {
      authorization: "Bearer sk_test_org_sandbox",
      "stripe-version": version,
      "content-type": "application/x-www-form-urlencoded",
      "idempotency-key": "one",
    };
    const bad = [...mutants(sample)].filter(({ params }) => !accepts(params) && refuses(shape, params) !== null);
    for (const { at, params } of bad) {
      const answer = await fetch(stand.url + path, { method: "POST", headers, body: encode(params).join("&") });
      const { error } = (await answer.json()) as { error: { type: string; param: string } };
      expect([at, answer.status, error.type]).toEqual([at, 400, "invalid_request_error"]);
      expect(error.param.split(/[[\]]/)[0]).toMatch(new RegExp(`^(${at.split(".")[0]}|surprise)`));
    }
    const { payment_intents, refunds, tokens } = await stand.control("state");
    expect([payment_intents, refunds, tokens]).toEqual([[], [], []]);
  }, 30_000);
});
