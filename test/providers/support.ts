import { runDurableObjectAlarm } from "cloudflare:test";
import { inject, vi } from "vitest";
import type { AcpVersion } from "../../src/payments/acp/api.ts";
import { api, type Json, newMandate, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Base URLs of what runs beside the tests; see `world.mjs`. */
    providers: Record<"stripe" | "merchant" | "catcher" | "forbidden" | AcpVersion, string>;
  }
}

export const providers = inject("providers");

async function ask(url: string, body?: unknown): Promise<Json> {
  const init =
    body === undefined
      ? {}
      : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(url, init);
  const answer = (await response.json()) as Json;
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** What a person or a test does to the Stripe stand-in; see `sandbox/stripe/index.mjs`. */
export const stripe = (name: string, body?: unknown): Promise<Json> =>
  ask(`${providers.stripe}/_control/${name}`, body);

/** What is done to the merchant; see `sandbox/acp/control.mjs`. */
export const merchant = (name: string, body?: unknown, url = providers.merchant): Promise<Json> =>
  ask(`${url}/_control/${name}`, body);

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/**
 * Sets the Worker's clock to that of the world beside it; it stands then, and moves with `pass`. The world is an hour ahead
 * of the machine at least, so that no alarm comes by itself.
 */
export async function startClock(): Promise<void> {
  vi.useRealTimers();
  const { ahead } = await ask(`${providers.catcher}/clock`, 0);
  await pass(ahead < HOUR ? HOUR : 0);
}

/** So much time goes by, everywhere. */
export async function pass(ms: number): Promise<void> {
  const { now } = await ask(`${providers.catcher}/clock`, ms);
  vi.useFakeTimers({ toFake: ["Date"], now });
}

export const KEY = "rk_test_org_sandbox";
export const CUSTOMER = "cus_sandbox_acme";
export const SELLER = "profile_test_sandbox_merchant";
export const BEARER = "acp_sandbox_bearer";
/** What one parcel of paper costs in all, delivered to Nevada, in USD. */
export const PAPER = 20.01;
export const VENDOR = "team subscriptions";
export const BUYER = {
  first_name: "Zdravka",
  last_name: "Kovalenko",
  email: "zdravka.kovalenko@example.com",
  phone_number: "+15552671234",
};
export const ADDRESS = {
  name: "Zdravka Kovalenko",
  line_one: "4711 Quillfeather Lane",
  city: "Reno",
  state: "NV",
  country: "US",
  postal_code: "89501",
};

export interface Scene extends TestOrganization {
  readonly agent: string;
  readonly mandate: string;
  readonly merchantId: string;
  /** URL of the merchant. */
  readonly shop: string;
}

export interface SceneOptions {
  readonly card?: string;
  /** Terms of the mandate. */
  readonly terms?: Readonly<Record<string, unknown>>;
  readonly merchantUrl?: string;
  readonly country?: string;
}

/** A REST call of an administrator that must succeed. */
export async function must(
  organization: TestOrganization,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Json> {
  const answer = await api(organization.admin, method, path, body, headers);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const cardProfile = (name: string, payment_method: string) => ({
  name,
  kind: "stripe",
  vendor: VENDOR,
  customer: CUSTOMER,
  payment_method,
});

export const buyerProfile = (name: string, merchantId: string, more: Readonly<Record<string, unknown>> = {}) => ({
  name,
  kind: "acp",
  merchants: [merchantId],
  payment_method: "pm_card_visa",
  buyer: BUYER,
  address: ADDRESS,
  ...more,
});

/** An organization that has a key of Stripe and a merchant, and an agent whose mandate lists both profiles. */
export async function newScene(options: SceneOptions = {}): Promise<Scene> {
  const { card = "pm_card_visa", terms = {}, merchantUrl = providers.merchant, country = "US" } = options;
  const organization = await newOrganization();
  await must(organization, "PUT", "/integrations/stripe", { key: KEY });
  const shop = await must(organization, "POST", "/integrations/acp/merchants", {
    name: "Shop",
    url: merchantUrl,
    seller_profile: SELLER,
    bearer: BEARER,
  });
  await must(organization, "POST", "/integrations/profiles", cardProfile("card", card));
  await must(
    organization,
    "POST",
    "/integrations/profiles",
    buyerProfile("supplies", shop.id, { payment_method: card, address: { ...ADDRESS, country } }),
  );
  const { id: agent } = await must(organization, "POST", "/agents", { name: "Agent", preset: "none" });
  const mandate = await newMandate(organization, agent, {
    per_transaction_limit: 10_000,
    budgets: [{ period: "monthly", limit: 50_000 }],
    profiles: ["card", "supplies"],
    ...terms,
  });
  return { ...organization, agent, mandate, merchantId: shop.id, shop: merchantUrl };
}

/** One scene for all tests of a block, made by the first that needs it. */
export function shared(options: SceneOptions = {}): () => Promise<Scene> {
  let scene: Promise<Scene> | undefined;
  return () => {
    scene ??= newScene(options);
    return scene;
  };
}

let keys = 0;
/** An idempotency key that no other call has. */
export const freshKey = (): string => `e2e-${++keys}`;

export const charge = (scene: Scene, more: Readonly<Record<string, unknown>> = {}): Promise<Json> =>
  tool(scene.spend, "quetra_stripe_charge", {
    agent_id: scene.agent,
    amount: 12.34,
    currency: "USD",
    idempotency_key: freshKey(),
    ...more,
  });

export const buy = (scene: Scene, item: string, more: Readonly<Record<string, unknown>> = {}): Promise<Json> =>
  tool(scene.spend, "quetra_acp_checkout", {
    agent_id: scene.agent,
    merchant_url: scene.shop,
    items: [{ id: item, quantity: 1 }],
    max_amount: 1_000,
    idempotency_key: freshKey(),
    ...more,
  });

export const transaction = (scene: TestOrganization, id: string): Promise<Json> =>
  must(scene, "GET", `/transactions/${id}`);

const OPEN = ["executing", "unknown"];

/** Lets the next timer of a transaction come. False: it has none. */
export async function nextTimer(scene: TestOrganization, id: string): Promise<boolean> {
  const [due] = await sql<{ due_at: number }>(
    scene,
    "SELECT due_at FROM timers WHERE ref = ? AND kind IN ('stripe_watch', 'acp_watch') ORDER BY due_at LIMIT 1",
    id,
  );
  if (due === undefined) return false;
  await pass(Math.max(0, due.due_at - Date.now()));
  await runDurableObjectAlarm(scene.stub);
  return true;
}

/** Lets timers come, and nothing else, until the outcome is no longer open. */
export async function untilResolved(scene: TestOrganization, id: string, turns = 80): Promise<Json> {
  for (let turn = 0; turn < turns; turn++) {
    const [now] = await sql<{ status: string }>(scene, "SELECT status FROM transactions WHERE id = ?", id);
    if (now === undefined || !OPEN.includes(now.status)) return transaction(scene, id);
    if (!(await nextTimer(scene, id))) throw new Error(`${id} is ${now.status}, and no timer looks at it`);
  }
  throw new Error(`${id} is still open after ${turns} timers`);
}

/** What is to be made wrong with the next requests that fit; see `sandbox/stripe/faults.mjs`. */
export const fault = (kind: string, path: string, more: Readonly<Record<string, unknown>> = {}): Promise<Json> => {
  const { method = "POST", times = 1, delay_ms = 300 } = more;
  return stripe("fault", { kind, times, delay_ms, match: { method, path } });
};

/** The faults in which nobody answers: each ends after a time that a test can wait. */
export const SILENT: ReadonlySet<string> = new Set(["hang", "hang_after"]);

/** Runs the work with outgoing requests that give up after so many ms. */
export async function impatient<T>(work: () => Promise<T>, ms = 1_200): Promise<T> {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  const spy = vi.spyOn(AbortSignal, "timeout").mockImplementation((wanted) => timeout(Math.min(wanted, ms)));
  try {
    return await work();
  } finally {
    spy.mockRestore();
  }
}

/** Every text of an answer, however deep. */
export const strings = (value: Json): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
};
