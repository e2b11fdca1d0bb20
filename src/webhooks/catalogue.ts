import * as z from "zod";
import * as shape from "./shapes.ts";

/** The version of the bodies' shape. It changes when a member goes or changes its meaning, never when one is added. */
export const API_VERSION = "2026-11-21";

export interface EventKind {
  readonly description: string;
  readonly data: z.ZodType;
  /** An example of `data`. */
  readonly example: Readonly<Record<string, unknown>>;
}

const BOUGHT = {
  transaction_id: "txn_0aB1cD2eF3gH4iJ5kL6mN7",
  agent_id: "agt_2b9fX0cTq7LwVnRk4Zs1Ya",
  vendor: "api.example.com",
  amount: 20,
  currency: "USD",
  category: "data",
  protocol: "external",
  mandate_id: "mdt_5yTj0PqWn3XaLs8Vd6Bk2C",
  mandate_version: 3,
};
const APPROVAL = "apr_7hGd2Kq0Zt5WcRx9Ls3MnV";
const BUDGET = {
  budget_id: "bud_3kXr8Tn1QvLs5WcYd0Jm6P",
  agent_id: BOUGHT.agent_id,
  currency: "USD",
  period: "monthly",
  label: "2026-11",
  limit: 100,
  used: 82.5,
  remaining: 17.5,
  threshold: 0.8,
};
const MANDATE = { mandate_id: BOUGHT.mandate_id, agent_id: BOUGHT.agent_id, version: 3 };
const KEY = { key_id: "key_1mZ6Qw8tYb3RkA", role: "spend" };

const stepKind = (description: string, status: string, more: object = {}): EventKind => ({
  description,
  data: shape.step,
  example: { ...BOUGHT, status, amount_held: 0, amount_settled: 0, ...more },
});
const budgetKind = (description: string, more: object = {}): EventKind => ({
  description,
  data: shape.budget,
  example: { ...BUDGET, ...more },
});
const mandateKind = (description: string, more: object): EventKind => ({
  description,
  data: shape.mandate,
  example: { ...MANDATE, ...more },
});

const USED_UP = { used: 100, remaining: 0 };
const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/** Every public event. A type that is not here never leaves the service. */
export const CATALOGUE = {
  "transaction.approved": {
    description: "A purchase was authorized and its amount is held; also when a person has approved it.",
    data: shape.approved,
    example: { ...BOUGHT, status: "authorized" },
  },
  "transaction.rejected": {
    description: "A purchase was refused. Like refusals within a minute are told at the 1st, 10th and 100th.",
    data: shape.rejected,
    example: {
      ...BOUGHT,
      status: "rejected",
      reasons: [
        {
          rule: "per_transaction_limit",
          passed: false,
          code: "per_transaction_limit",
          detail: "20.00 USD is more than the limit of 10.00 USD per transaction.",
          limit: 10,
        },
      ],
    },
  },
  "transaction.pending_approval": {
    description: "A purchase waits for a person; its amount is held meanwhile.",
    data: shape.pendingApproval,
    example: {
      ...BOUGHT,
      status: "pending_approval",
      asks: ["a person approves purchases above 10.00 USD"],
      approval_id: APPROVAL,
      approval_expires_at: "2026-11-21T09:00:00.000Z",
      approval_url: `https://quetra.example.com/approvals/${APPROVAL}`,
    },
  },
  "transaction.denied": {
    description: "A person denied a purchase; what it held is free again.",
    data: shape.closed,
    example: { ...BOUGHT, status: "denied", approval_id: APPROVAL },
  },
  "transaction.expired": {
    description: "Nobody decided about a purchase in time; what it held is free again.",
    data: shape.closed,
    example: { ...BOUGHT, status: "expired", approval_id: APPROVAL },
  },
  "transaction.completed": stepKind("Money was spent.", "completed", { amount_settled: 20 }),
  "transaction.voided": stepKind("A purchase did not happen; what it held is free again.", "voided"),
  "transaction.released": stepKind("A payment tool never used its hold, which is free again.", "released"),
  "transaction.unknown": stepKind("Nobody can say yet whether money moved; the hold stays.", "unknown", {
    amount_held: 20,
  }),
  "transaction.refunded": stepKind("Money came back, in part or whole.", "refunded", {
    amount_settled: 20,
    amount_refunded: 20,
  }),
  "transaction.refund_failed": stepKind("A refund did not arrive; the money counts as spent again.", "completed", {
    amount_settled: 20,
  }),
  "transaction.overdraft": {
    description: "More was spent than was authorized, or a budget went above its limit.",
    data: shape.overdraft,
    example: { ...BOUGHT, amount_settled: 25, severity: "critical", budgets: [BUDGET.budget_id] },
  },
  "transaction.disputed": {
    description: "The cardholder of a card charge wants the money back.",
    data: shape.disputed,
    example: {
      ...BOUGHT,
      protocol: "stripe",
      amount_disputed: 20,
      dispute_id: "dp_1QxT3kLs9Rv",
      dispute_status: "needs_response",
      dispute_reason: "fraudulent",
    },
  },
  "mandate.budget.warning": budgetKind("A budget of a mandate is nearly used, once per period.", {
    mandate_id: BOUGHT.mandate_id,
  }),
  "mandate.budget.exhausted": budgetKind("A budget of a mandate is used up, once per period.", {
    mandate_id: BOUGHT.mandate_id,
    ...USED_UP,
  }),
  "organization.budget.warning": budgetKind("A budget of the organization is nearly used, once per period."),
  "organization.budget.exhausted": budgetKind("A budget of the organization is used up, once per period.", USED_UP),
  "mandate.activated": mandateKind("A mandate is in force.", { status: "active", hash: HASH }),
  "mandate.updated": mandateKind("A mandate has a new version.", { hash: HASH }),
  "mandate.paused": mandateKind("A mandate is paused: nothing can be spent under it.", { status: "paused" }),
  "mandate.resumed": mandateKind("A paused mandate is in force again.", { status: "active" }),
  "mandate.revoked": mandateKind("A mandate was ended for good.", { status: "revoked" }),
  "mandate.expired": mandateKind("The end of a mandate has come.", { status: "expired" }),
  "alert.raised": {
    description: "Something that a person should look at.",
    data: shape.alert,
    example: {
      alert_id: "alr_4kWm9Zs2TbXq7RnLv0Yd3F",
      kind: "overdraft",
      severity: "critical",
      message: "A purchase cost more than was authorized.",
      agent_id: BOUGHT.agent_id,
      transaction_id: BOUGHT.transaction_id,
    },
  },
  "organization.frozen": {
    description: "All spending of the organization is stopped.",
    data: shape.organization,
    example: { organization_id: "org_6pLs0XnVq4TbYw8Rk2Zd5M" },
  },
  "organization.unfrozen": {
    description: "The organization can spend again.",
    data: shape.organization,
    example: { organization_id: "org_6pLs0XnVq4TbYw8Rk2Zd5M" },
  },
  "key.created": { description: "A key was made.", data: shape.key, example: KEY },
  "key.revoked": { description: "A key was revoked and authorizes nothing any more.", data: shape.key, example: KEY },
  "key.rotated": {
    description: "A key was replaced; the old one works until the overlap ends.",
    data: shape.keyRotated,
    example: { key_id: KEY.key_id, replaced_by: "key_9xTq4Wn7RvLs2Y", old_expires_at: "2026-11-22T08:00:00.000Z" },
  },
  "webhook.endpoint.disabled": {
    description: "A webhook endpoint gets nothing any more until it is enabled.",
    data: shape.endpointDisabled,
    example: { endpoint_id: "whk_8vRs3Yd6TnXq1WbLk5Zm0P", host: "hooks.example.com", reason: "gone" },
  },
  "webhook.test": {
    description: "Sent by the test call only, to the one endpoint; nothing has happened.",
    data: shape.test,
    example: { endpoint_id: "whk_8vRs3Yd6TnXq1WbLk5Zm0P", message: "This is a test." },
  },
} as const satisfies Readonly<Record<string, EventKind>>;

export type PublicType = keyof typeof CATALOGUE;
export const PUBLIC_TYPES = Object.keys(CATALOGUE) as readonly PublicType[];

export const isPublicType = (type: string): type is PublicType => Object.hasOwn(CATALOGUE, type);

/** The whole body of one type, as it is sent. */
export const bodySchema = (type: PublicType) =>
  z.strictObject({
    id: z.string().meta({ description: "The event. The same on every retry and replay: drop what you have seen" }),
    type: z.literal(type),
    timestamp: z.string().meta({ description: "When it happened. RFC 3339, UTC" }),
    seq: z.int().meta({ description: "Order within the organization; deliveries may overtake each other" }),
    api_version: z.literal(API_VERSION),
    data: CATALOGUE[type].data,
  });

const example = (type: PublicType) => ({
  id: "evt_1nXq5WbLk9Zm4PvRs7Yd2T",
  type,
  timestamp: "2026-11-21T08:00:00.000Z",
  seq: 102,
  api_version: API_VERSION,
  data: CATALOGUE[type].example,
});

const describe = (type: PublicType) => ({
  type,
  description: CATALOGUE[type].description,
  example: example(type),
  // What a receiver validates against must accept members that are added later.
  schema: z.toJSONSchema(bodySchema(type), {
    override: ({ jsonSchema }) => void delete jsonSchema.additionalProperties,
  }) as Record<string, unknown>,
});

let described: readonly ReturnType<typeof describe>[] | undefined;

/** Every type with description, example and JSON Schema (2020-12) of the whole body. */
export function describeCatalogue(): readonly ReturnType<typeof describe>[] {
  described ??= PUBLIC_TYPES.map(describe);
  return described;
}
