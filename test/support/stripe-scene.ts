import { runDurableObjectAlarm } from "cloudflare:test";
import { vi } from "vitest";
import type {
  StripeChargeOrder,
  StripeFailure,
  StripeIntent,
  StripeLookOrder,
  StripeRefundOrder,
  StripeRefundSeen,
  StripeRefundState,
  StripeRefundsSeen,
  StripeSeen,
} from "../../src/payments/stripe/api.ts";
import { FakeRails, useRails } from "./fake-rails.ts";
import { api, type Json, newAgent, newOrganization, sql, type TestOrganization, tool } from "./service.ts";

export const START = Date.UTC(2026, 10, 20, 12);
const DECLINED: StripeFailure = { code: "card_declined", decline_code: "insufficient_funds", advice_code: null };

/** What becomes of the next request: of the money, and of the answer. */
export type Fate =
  | "succeeds"
  | "declines"
  | "wants_cardholder"
  | "processes"
  | "refuses"
  | "busy"
  /** Carried out; the answer is lost. */
  | "lost_after"
  /** Never arrived. */
  | "lost_before"
  | "throws";

/** A Stripe with one account, behind Rails: keeps what it made, answers the same order the same way, and can fail. */
export class FakeStripe extends FakeRails {
  /** By transaction. */
  readonly intents = new Map<string, StripeIntent>();
  readonly refunds: StripeRefundState[] = [];
  readonly charges: StripeChargeOrder[] = [];
  readonly lookOrders: StripeLookOrder[] = [];
  readonly cancels: StripeLookOrder[] = [];
  readonly refundOrders: StripeRefundOrder[] = [];
  /** The next fates; the last one stays. */
  fates: Fate[] = ["succeeds"];
  refundFates: (Fate | "pends")[] = ["succeeds"];
  cancelWorks = true;
  lookAnswers: StripeSeen | null = null;
  /** Sealed keys that this account does not take. */
  readonly deadKeys = new Set<string>();
  listsRefunds = true;
  #pause: "next" | "now" | null = null;
  /** The next look or refund has been carried out and its answer waits, until `meanwhile` is over. */
  async during(call: () => Promise<unknown>, meanwhile: () => Promise<unknown>): Promise<void> {
    this.#pause = "next";
    const called = call();
    while (this.#pause === "next") await new Promise((resolve) => setTimeout(resolve, 5));
    await meanwhile();
    this.#pause = null;
    await called;
  }
  async #paused(): Promise<void> {
    if (this.#pause !== "next") return;
    this.#pause = "now";
    while (this.#pause === "now") await new Promise((resolve) => setTimeout(resolve, 5));
  }
  #next<T>(fates: T[]): T {
    const fate = fates.length > 1 ? fates.shift() : fates[0];
    if (fate === undefined) throw new Error("no fate was scripted");
    return fate;
  }

  override stripeCharge = async (order: StripeChargeOrder): Promise<StripeSeen> => {
    this.charges.push(order);
    if (this.deadKeys.has(order.sealed_key)) return { kind: "refused", code: "api_key_expired" };
    const known = this.intents.get(order.transaction_id);
    const fate = this.#next(this.fates);
    if (fate === "lost_before") return { kind: "unclear", why: "no_answer" };
    if (fate === "throws") throw new Error("the process was killed");
    if (fate === "busy") return { kind: "busy", retry_after_ms: null };
    if (fate === "refuses") return { kind: "refused", code: "resource_missing" };
    const intent = known ?? this.#make(order, fate);
    return fate === "lost_after" ? { kind: "unclear", why: "no_answer" } : { kind: "intent", intent };
  };

  #make({ transaction_id, charge }: StripeChargeOrder, fate: Fate): StripeIntent {
    const status =
      fate === "declines" || fate === "wants_cardholder"
        ? "requires_payment_method"
        : fate === "processes"
          ? "processing"
          : "succeeded";
    const intent: StripeIntent = {
      id: `pi_${this.intents.size + 1}_${transaction_id.slice(4, 10)}`,
      status,
      amount: charge.amount,
      amount_received: status === "succeeded" ? charge.amount : 0,
      currency: charge.currency,
      charge: "ch_1",
      failure:
        fate === "declines"
          ? DECLINED
          : fate === "wants_cardholder"
            ? { code: "authentication_required", decline_code: null, advice_code: null }
            : null,
    };
    this.intents.set(transaction_id, intent);
    return intent;
  }

  /** Something happens at Stripe by itself. */
  change(transactionId: string, change: Partial<StripeIntent>): void {
    const intent = this.intents.get(transactionId);
    if (intent === undefined) throw new Error("no such intent");
    this.intents.set(transactionId, { ...intent, ...change });
  }

  override stripeLook = async (order: StripeLookOrder): Promise<StripeSeen> => {
    this.lookOrders.push(order);
    if (this.deadKeys.has(order.sealed_key)) return { kind: "unclear", why: "refused_api_key_expired" };
    if (this.lookAnswers !== null) return this.lookAnswers;
    const intent = this.intents.get(order.transaction_id);
    await this.#paused();
    return intent === undefined ? { kind: "absent" } : { kind: "intent", intent };
  };

  override stripeCancel = async (order: StripeLookOrder): Promise<StripeSeen> => {
    this.cancels.push(order);
    if (this.deadKeys.has(order.sealed_key)) return { kind: "unclear", why: "refused_api_key_expired" };
    const intent = this.intents.get(order.transaction_id);
    if (intent === undefined || !this.cancelWorks) return { kind: "unclear", why: "no_answer" };
    if (intent.status !== "succeeded" && intent.status !== "processing") {
      this.change(order.transaction_id, { status: "canceled" });
    }
    return { kind: "intent", intent: this.intents.get(order.transaction_id)! };
  };

  override stripeRefund = async (order: StripeRefundOrder): Promise<StripeRefundSeen> => {
    this.refundOrders.push(order);
    const known = this.refunds.find(({ refund_id }) => refund_id === order.refund_id);
    const fate = this.#next(this.refundFates);
    if (fate === "lost_before") return { kind: "unclear", why: "no_answer" };
    if (fate === "throws") throw new Error("the process was killed");
    if (fate === "busy") return { kind: "busy", retry_after_ms: null };
    if (fate === "refuses") return { kind: "refused", code: "charge_already_refunded" };
    const refund = known ?? this.giveBack(order.amount, order.refund_id, fate === "pends" ? "pending" : "succeeded");
    await this.#paused();
    return fate === "lost_after" ? { kind: "unclear", why: "no_answer" } : { kind: "refund", refund };
  };

  /** A refund; without an id of ours somebody made it in Stripe's dashboard. */
  giveBack(amount: number, refund_id: string | null, status: StripeRefundState["status"] = "succeeded") {
    const currency = [...this.intents.values()][0]!.currency;
    const refund: StripeRefundState = { id: `re_${this.refunds.length + 1}`, refund_id, status, amount, currency };
    this.refunds.push(refund);
    return refund;
  }

  changeRefund(id: string, status: StripeRefundState["status"]): void {
    const at = this.refunds.findIndex((refund) => refund.id === id);
    this.refunds[at] = { ...this.refunds[at]!, status };
  }

  override stripeRefunds = async (order: StripeLookOrder): Promise<StripeRefundsSeen> => {
    if (this.deadKeys.has(order.sealed_key)) return { kind: "unclear", why: "refused_api_key_expired" };
    const refunds = [...this.refunds];
    await this.#paused();
    return this.listsRefunds ? { kind: "refunds", refunds } : { kind: "unclear", why: "no_answer" };
  };
}

export interface StripeScene {
  readonly organization: TestOrganization;
  readonly agent: string;
  readonly stripe: FakeStripe;
  readonly charge: (args?: Record<string, unknown>) => Promise<Json>;
  /** The transaction as REST shows it. */
  readonly show: (id: string) => Promise<Json>;
  readonly refund: (id: string, amount: number, key?: string) => Promise<{ status: number; body: Json }>;
  /** Moves the clock to so many seconds after the start and lets the alarm run. */
  readonly at: (seconds: number) => Promise<void>;
  /** What the mandate's first budget says. */
  readonly used: () => Promise<Json>;
}

export interface SceneOptions {
  readonly terms?: Record<string, unknown>;
  /** False: no Stripe key, so that charges are simulated. */
  readonly key?: boolean;
}

export const addKey = (organization: TestOrganization, id = "stk_1"): Promise<unknown> =>
  sql(
    organization,
    `INSERT INTO stripe_keys (id, sealed_key, kind, last4, active, created_at) VALUES (?, ?, 'restricted', '4242', 1, 0)`,
    id,
    `v1.s1.${id}`,
  );

export const addProfile = (
  organization: TestOrganization,
  name: string,
  config: Record<string, unknown> = {},
): Promise<unknown> =>
  sql(
    organization,
    `INSERT INTO profiles (id, name, kind, config, version, created_at, updated_at) VALUES (?, ?, 'stripe', ?, 1, 0, 0)`,
    `prf_${name}`,
    name,
    JSON.stringify({
      vendor: "orders.example.com",
      customer: `cus_${name}`,
      payment_method: `pm_${name}`,
      statement_descriptor_suffix: null,
      ...config,
    }),
  );

/** An organization with a Stripe key, two profiles of which the mandate lists one, and a clock of its own. */
export async function scene({ terms = {}, key = true }: SceneOptions = {}): Promise<StripeScene> {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
  const organization = await newOrganization();
  // First, because a mandate lists only profiles that there are.
  await addProfile(organization, "main");
  await addProfile(organization, "other");
  const { agent } = await newAgent(organization, { profiles: ["main"], ...terms });
  if (key) await addKey(organization);
  const stripe = new FakeStripe();
  await useRails(organization, stripe);
  return {
    organization,
    agent,
    stripe,
    charge: (args = {}) =>
      tool(organization.spend, "quetra_stripe_charge", {
        agent_id: agent,
        amount: 20,
        currency: "USD",
        ...("transaction_id" in args ? {} : { idempotency_key: "k" }),
        ...args,
      }),
    show: async (id) => (await api(organization.read, "GET", `/transactions/${id}`)).body,
    refund: (id, amount, idempotency = crypto.randomUUID()) =>
      api(organization.admin, "POST", `/transactions/${id}/refund`, { amount }, { "idempotency-key": idempotency }),
    at: async (seconds) => {
      vi.setSystemTime(START + seconds * 1000);
      await runDurableObjectAlarm(organization.stub);
    },
    used: async () => (await tool(organization.spend, "quetra_check_budget", { agent_id: agent })).budgets[0],
  };
}
