import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type {
  CheckoutCompleteOrder,
  CheckoutQuoted,
  CheckoutQuoteOrder,
  CheckoutSeen,
  CheckoutSession,
  MerchantEvent,
  SessionStatus,
  TokenHandle,
  TokenIssued,
  TokenOrder,
  TokenSeen,
} from "../../src/payments/acp/api.ts";
import { FakeRails, useRails } from "./fake-rails.ts";
import { api, type Json, newAgent, newOrganization, sql, type TestOrganization, tool } from "./service.ts";

export const SHOP = "https://shop.example.com";
export const SHOP_HOST = "shop.example.com";
export const SELLER = "profile_test_seller";
const SEALED_TOKEN = "v1.s1.token-of-";
const BUYER = {
  first_name: "Ada",
  last_name: "Novak",
  email: "ada.private@example.org",
  phone_number: "+38640123456",
  address: {
    name: "Ada Novak",
    line_one: "Secret Street 1",
    line_two: null,
    city: "Ljubljana",
    state: "SI",
    country: "SI",
    postal_code: "1000",
  },
};

interface Token {
  readonly order: TokenOrder;
  state: "active" | "consumed" | "revoked";
  taken: number;
}

/** A merchant and Stripe together, with state: what the object must agree with in the end. */
export class FakeShop extends FakeRails {
  total: number | null = 2_599;
  currency = "USD";
  merchantId: string | null = SELLER;
  sessionEnds: number | null = null;
  /** Of a new session. */
  status: SessionStatus = "ready";
  words: CheckoutSession["words"] = { messages: [], continue_url: null, order_url: null, lines: [] };
  codes: readonly string[] = [];
  needsAction = false;
  quotes: CheckoutQuoteOrder[] = [];
  issues: TokenOrder[] = [];
  completions: CheckoutCompleteOrder[] = [];
  canceled: string[] = [];
  revoked: string[] = [];
  sessions = new Map<
    string,
    { status: SessionStatus; order: string | null; refunds: { id: string; amount: number }[] }
  >();
  tokens = new Map<string, Token>();
  nextSession: () => string = () => `cs_${crypto.randomUUID()}`;
  /** Each can be replaced: `super` behaviour is in the `do…` methods. */
  onQuote: (order: CheckoutQuoteOrder) => CheckoutQuoted | Promise<CheckoutQuoted> = () => this.doQuote();
  onIssue: (order: TokenOrder) => TokenIssued | Promise<TokenIssued> = (order) => this.doIssue(order);
  onComplete: (order: CheckoutCompleteOrder) => CheckoutSeen | Promise<CheckoutSeen> = (order) =>
    this.doComplete(order);
  onRead: (id: string) => CheckoutSeen = (id) => this.seen(id);
  onCancel: (id: string) => CheckoutSeen = (id) => this.doCancel(id);
  onToken: (transactionId: string) => TokenSeen = (id) => this.tokenSeen(id);
  onRevoke: (transactionId: string) => TokenSeen = (id) => this.doRevoke(id);

  override checkoutQuote = async (order: CheckoutQuoteOrder) => {
    this.quotes.push(order);
    return this.onQuote(order);
  };
  override issueToken = async (order: TokenOrder) => {
    this.issues.push(order);
    return this.onIssue(order);
  };
  override checkoutComplete = async (order: CheckoutCompleteOrder) => {
    this.completions.push(order);
    return this.onComplete(order);
  };
  override checkoutRead = async ({ session_id }: { session_id: string }) => this.onRead(session_id);
  override checkoutCancel = async ({ session_id }: { session_id: string }) => {
    this.canceled.push(session_id);
    return this.onCancel(session_id);
  };
  override readToken = async (handle: TokenHandle) => this.onToken(handle.sealed_token.slice(SEALED_TOKEN.length));
  override revokeToken = async (handle: TokenHandle) => {
    const id = handle.sealed_token.slice(SEALED_TOKEN.length);
    this.revoked.push(id);
    return this.onRevoke(id);
  };

  doQuote(): CheckoutQuoted {
    const id = this.nextSession();
    this.sessions.set(id, { status: this.status, order: null, refunds: [] });
    const seen = this.seen(id);
    if (seen.kind !== "session") throw new Error("a session was not made");
    return seen;
  }
  doIssue(order: TokenOrder): TokenIssued {
    const id = order.transaction_id;
    const made = this.tokens.get(id) ?? { order, state: "active" as const, taken: 0 };
    if (JSON.stringify(made.order) !== JSON.stringify(order)) throw new Error("one key, two orders");
    this.tokens.set(id, made);
    return { kind: "token", sealed_token: `${SEALED_TOKEN}${id}`, seen: this.tokenSeen(id) };
  }
  /** Takes the money, as the merchant's payment provider would. */
  consume(transactionId: string, amount: number = this.tokens.get(transactionId)?.order.max_amount ?? 0): boolean {
    const token = this.tokens.get(transactionId);
    if (token === undefined || this.tokenSeen(transactionId).kind !== "active") return false;
    token.state = "consumed";
    token.taken = amount;
    return true;
  }
  doComplete(order: CheckoutCompleteOrder): CheckoutSeen {
    const session = this.sessions.get(order.session_id);
    if (session?.status === "ready" && this.consume(order.transaction_id)) {
      session.status = "completed";
      session.order = `order_${this.sessions.size}`;
    }
    return this.seen(order.session_id);
  }
  doCancel(id: string): CheckoutSeen {
    const session = this.sessions.get(id);
    if (session !== undefined && session.status !== "completed") session.status = "canceled";
    return this.seen(id);
  }
  /** A payment that was begun before the token was revoked, or ran out, goes through. */
  capture(transactionId: string): void {
    const token = this.tokens.get(transactionId)!;
    Object.assign(token, { state: "consumed", taken: token.order.max_amount });
  }
  doRevoke(id: string): TokenSeen {
    const token = this.tokens.get(id);
    if (token?.state === "active") token.state = "revoked";
    return this.tokenSeen(id);
  }
  tokenSeen(id: string): TokenSeen {
    const token = this.tokens.get(id);
    if (token === undefined) return { kind: "unclear", why: "no such token" };
    const { state, taken, order } = token;
    if (state === "consumed") return { kind: "consumed", amount: taken, currency: order.currency };
    if (state === "revoked") return { kind: "dead", why: "revoked" };
    if (Date.now() >= order.expires_at * 1000) return { kind: "dead", why: "expired" };
    return { kind: "active", needs_action: this.needsAction };
  }
  seen(id: string): CheckoutSeen {
    const session = this.sessions.get(id);
    if (session === undefined) return { kind: "refused", status: 404, code: "not_found" };
    return {
      kind: "session",
      session: {
        id,
        version: "2026-04-17",
        api_base_url: `${SHOP}/api`,
        status: session.status,
        currency: this.currency,
        total: this.total,
        expires_at: this.sessionEnds,
        handler: { id: "card", merchant_id: this.merchantId },
        lines: [],
        order: session.order === null ? null : { id: session.order },
        refunds: session.refunds,
        words: this.words,
        codes: this.codes,
      },
    };
  }
  /**
   * Lets the next call of this method wait, before it does anything. Asked again and again instead of resolved from the
   * test: a promise belongs to the object that waits for it.
   */
  pause(method: "checkoutQuote" | "issueToken" | "checkoutComplete" | "readToken") {
    const gate = { reached: false, open: false };
    const methods = this as unknown as Record<string, (order: unknown) => Promise<unknown>>;
    const honest = methods[method]!;
    methods[method] = async (order) => {
      methods[method] = honest;
      gate.reached = true;
      while (!gate.open) await new Promise((resolve) => setTimeout(resolve, 5));
      return honest(order);
    };
    return {
      reached: async () => {
        while (!gate.reached) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      open: () => {
        gate.open = true;
      },
    };
  }
  /** What the customers' cards have been charged. */
  get taken(): number {
    return [...this.tokens.values()].reduce((sum, { taken }) => sum + taken, 0);
  }
}

export const silence = (): never => {
  throw new Error("connection reset");
};

export interface ShopSetting {
  readonly organization: TestOrganization;
  readonly agent: string;
  readonly mandate: string;
  readonly shop: FakeShop;
  readonly buy: (args?: Record<string, unknown>) => Promise<Json>;
  readonly row: (id: string) => Promise<Json>;
  /** Lets so much time pass, and the alarm run. */
  readonly pass: (seconds: number) => Promise<void>;
  /** As many alarms as are due within so much time. */
  readonly settleDown: (seconds?: number) => Promise<void>;
  /** Ends the process at the n-th fault point of the next call. */
  readonly crashAt: (point: number) => Promise<void>;
  readonly hear: (event: Partial<MerchantEvent>) => Promise<void>;
}

/** An organization that can buy: a Stripe key, a merchant, a profile, and a mandate that lists it. */
export async function shopSetting(terms: Record<string, unknown> = {}): Promise<ShopSetting> {
  const organization = await newOrganization();
  const shop = new FakeShop();
  await useRails(organization, shop);
  await configure(organization);
  const { agent, mandate } = await newAgent(organization, { profiles: ["shop"], ...terms });
  const pass = async (seconds: number) => {
    vi.setSystemTime(Date.now() + seconds * 1000);
    await runDurableObjectAlarm(organization.stub);
  };
  return {
    organization,
    agent,
    mandate,
    shop,
    buy: (args = {}) =>
      tool(organization.spend, "quetra_acp_checkout", {
        agent_id: agent,
        merchant_url: `${SHOP}/products?x=1`,
        items: [{ id: "sku_1", quantity: 1 }],
        max_amount: 50,
        ...(args.transaction_id === undefined ? { idempotency_key: "k" } : {}),
        ...args,
      }),
    row: async (id) => (await api(organization.read, "GET", `/transactions/${id}`)).body,
    pass,
    settleDown: async (seconds = 1_200) => {
      for (let left = seconds; left > 0; left -= 20) await pass(20);
    },
    crashAt: (point) => crash(organization, point),
    hear: (event) => hear(organization, event),
  };
}

async function configure(organization: TestOrganization): Promise<void> {
  await sql(
    organization,
    "INSERT INTO stripe_keys (id, sealed_key, kind, last4, active, created_at) VALUES ('stk_1', 'v1.s1.stripe-key', 'restricted', '4242', 1, 0)",
  );
  for (const [id, origin] of [
    ["mer_1", SHOP],
    ["mer_2", "https://unlisted.example.com"],
  ]) {
    await sql(
      organization,
      `INSERT INTO merchants (id, name, protocol, origin, api_base_url, protocol_version, sealed_bearer, bearer_last4,
         seller_profile, book_refunds, version, created_at, updated_at)
       VALUES (?, ?, 'acp', ?, NULL, NULL, 'v1.s1.bearer', 'abcd', ?, 1, 1, 0, 0)`,
      id,
      id,
      origin,
      SELLER,
    );
  }
  await sql(
    organization,
    `INSERT INTO profiles (id, name, kind, config, version, created_at, updated_at) VALUES ('prf_1', 'shop', 'acp', ?, 1, 0, 0)`,
    JSON.stringify({ merchants: ["mer_1"], payment_method: "pm_secret_card", buyer: BUYER, delivery: "cheapest" }),
  );
}

async function crash(organization: TestOrganization, point: number): Promise<void> {
  let left = point;
  await runInDurableObject(organization.stub, (instance) => {
    const object = instance as unknown as { env: object };
    object.env = Object.defineProperty({ ...object.env }, "TEST_FAULT_URL", {
      get: () => {
        left -= 1;
        if (left === 0) throw new Error("the process was killed");
        return undefined;
      },
    });
  });
}

async function hear(organization: TestOrganization, event: Partial<MerchantEvent>): Promise<void> {
  const { applyMerchantEvent } = await import("../../src/organization/acp/events.ts");
  const { Work } = await import("../../src/organization/work.ts");
  const { MandateCache } = await import("../../src/organization/judge.ts");
  await runInDurableObject(organization.stub, (instance, state) => {
    state.storage.transactionSync(() => {
      const by = { actor: { type: "system", id: "hook" } as const, keyId: null, requestId: null, country: null };
      const work = new Work(state.storage.sql, Date.now(), by, false, (at) => void state.storage.setAlarm(at));
      const whole = { id: crypto.randomUUID(), session_id: null, order_id: null, status: null, refunds: [], ...event };
      applyMerchantEvent(work, new MandateCache(), "mer_1", whole);
    });
    (instance as unknown as { forget: () => void }).forget();
  });
}
