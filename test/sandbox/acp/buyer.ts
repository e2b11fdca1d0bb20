import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { startMerchant } from "../../../sandbox/acp/index.mjs";
import { startFakeStripe } from "./stripe.ts";

export const RELEASES = ["2026-04-17", "2026-01-30", "2026-01-16", "2025-12-12", "2025-09-29"] as const;
export type Release = (typeof RELEASES)[number];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Whatever the shop says: judged by its schema, and read by the test.
  // biome-ignore lint/suspicious/noExplicitAny: a test reads many shapes of it
  readonly body: any;
}

export const ADDRESS = {
  name: "Ada Byron",
  line_one: "1 Main Street",
  line_two: "Floor 2",
  city: "San Francisco",
  state: "CA",
  country: "US",
  postal_code: "94131",
};
const BUYER = { first_name: "Ada", last_name: "Byron", email: "ada@acme.example", phone_number: "15551234567" };

/** The judge is compiled here once more, so that it shares no mistake with the shop. */
const judges = new Map<string, ValidateFunction>();
export function judge(release: Release, shape: string): ValidateFunction {
  const name = `${release} ${shape}`;
  const known = judges.get(name);
  if (known !== undefined) return known;
  const { pathname } = new URL(`../../../sandbox/acp/schema/${release}/schema.agentic_checkout.json`, import.meta.url);
  const text = readFileSync(pathname, "utf8").replaceAll('"exclusiveMinimum": true', '"exclusiveMinimum": 0');
  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  ajv.addSchema(JSON.parse(text), "acp");
  const found = ajv.getSchema(`acp#/$defs/${shape}`);
  if (found === undefined) throw new Error(`no ${name}`);
  judges.set(name, found);
  return found;
}

/** In 2025-09-29 a session with an order never validates as a whole, so its parts are judged. */
function judged(release: Release, status: number, body: Record<string, unknown>): void {
  const { order, ...rest } = body;
  const parts: [string, unknown][] =
    status >= 400
      ? [["Error", body]]
      : [["CheckoutSession", rest], ...(order === undefined ? [] : ([["Order", order]] as [string, unknown][]))];
  for (const [shape, value] of parts) {
    const valid = judge(release, shape);
    if (!valid(value)) throw new Error(`${release} ${shape}: ${JSON.stringify(valid.errors)} ${JSON.stringify(value)}`);
  }
}

export interface Ask {
  readonly key?: string | null;
  readonly release?: Release;
  /** A hostile answer is not judged. */
  readonly judge?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

let keys = 0;

/** A shop, its bank, and who buys there by hand-built requests. */
export async function openShop(options: Record<string, unknown> = {}) {
  const stripe = await startFakeStripe();
  const shop = await startMerchant({
    stripeUrl: stripe.url,
    sellerKey: "sk_test_seller_sandbox",
    sellerProfile: "profile_test_sandbox_merchant",
    ...options,
  });

  async function ask(method: "GET" | "POST", path: string, body?: unknown, more: Ask = {}): Promise<Answer> {
    const { key, release = "2026-04-17" } = more;
    if (key === undefined) keys += 1;
    const response = await fetch(`${shop.apiUrl}${path}`, {
      method,
      headers: {
        authorization: "Bearer acp_sandbox_bearer",
        "api-version": release,
        ...(method === "POST" && key !== null ? { "idempotency-key": key ?? `key-${keys}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...more.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(more.signal === undefined ? {} : { signal: more.signal }),
    });
    const answer = { status: response.status, headers: response.headers, body: await response.json() };
    if (more.judge !== false) judged(release, answer.status, answer.body as Record<string, unknown>);
    return answer;
  }

  async function control(action: string, body: unknown = {}): Promise<Answer["body"]> {
    const response = await fetch(`${shop.url}/_control/${action}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return response.json();
  }
  const state = async (): Promise<Answer["body"]> => (await fetch(`${shop.url}/_control/state`)).json();

  /** A session that can be paid, its total, and a token for exactly that. */
  async function cart(items: readonly string[], release: Release = "2026-04-17", currency = "usd") {
    const made = await ask("POST", "/checkout_sessions", creation(release, items, currency), { release });
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    const path = `/checkout_sessions/${made.body.id}`;
    const shipped = items.some((id) => id !== "licence");
    const ready = shipped ? await ask("POST", path, selection(release, "ship_standard", items), { release }) : made;
    const { amount } = ready.body.totals.find(({ type }: { type: string }) => type === "total");
    return { path, id: made.body.id as string, ready, total: amount as number, token: stripe.token(amount, currency) };
  }
  const complete = (path: string, token: string, more: Ask = {}) =>
    ask("POST", `${path}/complete`, completion(more.release ?? "2026-04-17", token), more);

  const close = async () => {
    await shop.stop();
    await stripe.stop();
    // An own answer that breaks the contract fails the test in which it was given.
    if (shop.world.faults.length > 0) throw new Error(JSON.stringify(shop.world.faults));
  };
  return { shop, stripe, ask, control, state, cart, complete, close };
}
export type Shop = Awaited<ReturnType<typeof openShop>>;

export function creation(release: Release, items: readonly string[], currency = "usd", address: unknown = ADDRESS) {
  if (release >= "2026-01-30") {
    const line_items = items.map((id) => ({ id }));
    return { currency, capabilities: {}, line_items, buyer: BUYER, fulfillment_details: { name: "Ada", address } };
  }
  const counted = [...new Set(items)].map((id) => ({ id, quantity: items.filter((each) => each === id).length }));
  if (release === "2025-09-29") return { items: counted, buyer: BUYER, fulfillment_address: address };
  return { items: counted, buyer: BUYER, fulfillment_details: { name: "Ada", address } };
}

export function selection(release: Release, option: string, items: readonly string[]) {
  if (release === "2025-09-29") return { fulfillment_option_id: option };
  const chosen = { option_id: option, item_ids: [...new Set(items)] };
  const each = release >= "2026-01-30" ? { type: "shipping", ...chosen } : { type: "shipping", shipping: chosen };
  return { selected_fulfillment_options: [each] };
}

export function completion(release: Release, token: string) {
  if (release < "2026-01-30") return { buyer: BUYER, payment_data: { token, provider: "stripe" } };
  const instrument = { type: "card", credential: { type: "spt", token } };
  return { buyer: BUYER, payment_data: { handler_id: "card_tokenized", instrument } };
}
