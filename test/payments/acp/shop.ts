import type { Env } from "../../../src/env.ts";
import {
  ACP_VERSIONS,
  type AcpVersion,
  type CheckoutBuyer,
  type CheckoutQuoteOrder,
  type MerchantHandle,
} from "../../../src/payments/acp/api.ts";
import { checkoutRails } from "../../../src/payments/acp/rails.ts";
import { seal } from "../../../src/payments/seal.ts";
import { POLICY, type Seen, type World, world } from "../support.ts";
import { ORGANIZATION, SECRETS } from "../x402/wallets.ts";
import { type Json, violations } from "./published.ts";

/** A merchant that keeps no state: it answers by the published shapes, and refuses what the published schema refuses. */

export const VERSIONS = ACP_VERSIONS;
export const ORIGIN = "https://shop.example.com";
export const BASE = "https://api.example.com/acp";
export const BEARER = "merchant-bearer-000000000001";
export const TOKEN = "spt_0000000000000000000001";
export const NOW = 1_795_248_000_000;
export const env = { ...SECRETS } as unknown as Env;

export const byHandler = (version: AcpVersion): boolean => version >= "2026-01-30";
export const rails = (outbound: World, now = NOW) => checkoutRails({ env, outbound, now: () => now });

export const BUYER: CheckoutBuyer = {
  first_name: "Ada",
  last_name: "Lovelace",
  email: "ada@example.com",
  phone_number: "15551234567",
  address: {
    name: "Ada Lovelace",
    line_one: "1 Example Street",
    line_two: "Flat 2",
    city: "Oakland",
    state: "CA",
    country: "US",
    postal_code: "94607",
  },
};

export const merchant = async (changes: Partial<MerchantHandle> = {}): Promise<MerchantHandle> => {
  const sealed = await seal(SECRETS.SEALING_SECRETS, ORGANIZATION, "merchant_bearer", BEARER);
  if (!sealed.ok) throw new Error(sealed.error.message);
  return {
    organization_id: ORGANIZATION,
    protocol: "acp",
    origin: ORIGIN,
    api_base_url: BASE,
    version: null,
    sealed_bearer: sealed.value,
    ...changes,
  };
};

export const quoteOrder = async (
  version: AcpVersion,
  changes: Partial<CheckoutQuoteOrder> = {},
): Promise<CheckoutQuoteOrder> => ({
  merchant: await merchant({ version }),
  attempt: "a1b2c3",
  items: [
    { id: "item_1", quantity: 2 },
    { id: "item_2", quantity: 1 },
  ],
  buyer: BUYER,
  currency: "USD",
  delivery: "cheapest",
  ...changes,
});

const HANDLER = {
  id: "card_tokenized",
  name: "dev.acp.tokenized.card",
  version: "2026-01-22",
  spec: "https://acp.dev/handlers/tokenized.card",
  requires_delegate_payment: true,
  requires_pci_compliance: false,
  psp: "stripe",
  config_schema: "https://acp.dev/schemas/config.json",
  instrument_schemas: ["https://acp.dev/schemas/instrument.json"],
  config: { merchant_id: "acct_1", psp: "stripe" },
};
export const handler = (changes: Json = {}): Json => ({ ...HANDLER, ...changes });

const total = (amount: number): Json => ({ type: "total", display_text: "Total", amount });
const priced = (version: AcpVersion, amount: number): Json =>
  version < "2026-01-16" ? { subtotal: amount, tax: 0, total: amount } : { totals: [total(amount)] };

export const shipping = (version: AcpVersion, id: string, amount: number, latest?: string): Json => ({
  type: "shipping",
  id,
  title: `Option ${id}`,
  ...(latest === undefined ? {} : { latest_delivery_time: latest }),
  ...priced(version, amount),
});

export const digital = (version: AcpVersion, id: string, amount = 0): Json => ({
  type: "digital",
  id,
  title: `Option ${id}`,
  ...priced(version, amount),
});

const line = (version: AcpVersion, id: string, quantity: number): Json =>
  byHandler(version)
    ? { id: `line_${id}`, item: { id }, quantity, name: `Thing ${id}`, totals: [total(100 * quantity)] }
    : {
        id: `line_${id}`,
        item: { id, quantity },
        base_amount: 100 * quantity,
        discount: 0,
        subtotal: 100 * quantity,
        tax: 0,
        total: 100 * quantity,
      };

/** The merchant's note of a chosen option, as its version writes it. */
export const chosen = (version: AcpVersion, type: string, id: string, items: readonly string[] = []): Json => {
  if (version === "2025-09-29") return { fulfillment_option_id: id };
  const selection = { option_id: id, item_ids: items };
  return {
    selected_fulfillment_options: [byHandler(version) ? { type, ...selection } : { type, [type]: selection }],
  };
};

const provider = (version: AcpVersion): Json => ({
  provider: "stripe",
  ...(version === "2026-01-16" ? { merchant_id: "acct_1" } : {}),
  supported_payment_methods:
    version === "2025-09-29" ? ["card"] : [{ type: "card", supported_card_networks: ["visa"] }],
});

/** A session that can be paid: three pieces, 430 minor units in all. */
export const session = (version: AcpVersion, changes: Json = {}): Json => ({
  id: "cs_1",
  status: "ready_for_payment",
  currency: "usd",
  line_items: [line(version, "item_1", 2), line(version, "item_2", 1)],
  totals: [{ type: "subtotal", display_text: "Subtotal", amount: 300 }, total(430)],
  fulfillment_options: [shipping(version, "slow", 130), shipping(version, "fast", 530)],
  ...chosen(version, "shipping", "slow", ["item_1", "item_2"]),
  messages: [],
  links: [],
  ...(byHandler(version)
    ? { capabilities: { payment: { handlers: [handler()] } } }
    : { payment_provider: provider(version) }),
  ...changes,
});

export const message = (code: string, content = "Sorry."): Json => ({
  type: "error",
  code,
  content_type: "plain",
  content,
});

export const order = (changes: Json = {}): Json => ({
  id: "ord_1",
  checkout_session_id: "cs_1",
  permalink_url: "https://shop.example.com/orders/ord_1",
  ...changes,
});

export const json = (value: unknown, status = 200): Response => Response.json(value, { status });

export type Step = "create" | "update" | "read" | "complete" | "cancel" | "discovery";

const stepOf = ({ url, method }: Seen): Step => {
  const path = new URL(url).pathname;
  if (path === "/.well-known/acp.json") return "discovery";
  if (method === "GET") return "read";
  if (path.endsWith("/complete")) return "complete";
  if (path.endsWith("/cancel")) return "cancel";
  return path.endsWith("/checkout_sessions") ? "create" : "update";
};

const DEFINITIONS: Partial<Record<Step, string>> = {
  create: "CheckoutSessionCreateRequest",
  update: "CheckoutSessionUpdateRequest",
  complete: "CheckoutSessionCompleteRequest",
  cancel: "CancelSessionRequest",
};

/** What is wrong with a request by the published specification; empty = nothing. */
export function faultsOf(seen: Seen, version: AcpVersion): readonly string[] {
  const step = stepOf(seen);
  if (step === "discovery") return seen.headers.has("authorization") ? ["bearer sent to discovery"] : [];
  const faults: string[] = [];
  const wants = (name: string, shape: RegExp): void => {
    if (!shape.test(seen.headers.get(name) ?? "")) faults.push(`header ${name}: ${seen.headers.get(name)}`);
  };
  wants("authorization", new RegExp(`^Bearer ${BEARER}$`));
  wants("api-version", new RegExp(`^${version}$`));
  wants("request-id", /^[0-9a-f-]{36}$/);
  wants("timestamp", /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  wants("user-agent", /^quetra$/);
  wants("accept-language", /^en$/);
  if (seen.method === "POST") wants("idempotency-key", /^quetra-[\x21-\x7e]{1,240}$/);
  if (seen.body === null) return faults;
  wants("content-type", /^application\/json$/);
  // 2025-09-29 cancels without a body.
  const definition = step === "cancel" && version === "2025-09-29" ? undefined : DEFINITIONS[step];
  if (definition === undefined) return [...faults, `a body where none belongs: ${step}`];
  return [...faults, ...violations(version, definition, JSON.parse(seen.body))];
}

export type Script = (step: Step, seen: Seen, count: number) => Response | Promise<Response>;

/** A merchant of this version that answers by the script, after it judged the request. `count`: of this step, from 1. */
export function shop(version: AcpVersion, script: Script, policy = POLICY): World & { readonly faults: string[] } {
  const faults: string[] = [];
  const counts = new Map<Step, number>();
  const outbound = world((seen) => {
    const step = stepOf(seen);
    const count = (counts.get(step) ?? 0) + 1;
    counts.set(step, count);
    faults.push(...faultsOf(seen, version).map((fault) => `${step} ${count}: ${fault}`));
    return script(step, seen, count);
  }, policy);
  return Object.assign(outbound, { faults });
}

export const steps = (outbound: World): readonly string[] => outbound.seen.map(stepOf);
export const bodyOf = (seen: Seen | undefined): Json => JSON.parse(seen?.body ?? "null");
