import * as z from "zod";
import { check, instant, period, protocol } from "../schema/common.ts";

/**
 * What `data` of a public event can hold, by kind. Strict, so that a member that nobody listed fails the tests instead of
 * leaving the service; the published schemas are open, because members may be added.
 */
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9A-Za-z]+$`));
const major = z.number().meta({ description: "Major units (25 = 25 USD)" });

const mandateRef = {
  mandate_id: id("mdt").optional().meta({ description: "Absent where no mandate judged it" }),
  mandate_version: z.int().optional(),
};
const bought = {
  transaction_id: id("txn"),
  agent_id: id("agt"),
  vendor: z.string().meta({ description: "Host or name. Of an external purchase the agent's own word: untrusted" }),
  amount: major,
  currency: z.string(),
  category: z.string().optional().meta({ description: "The agent's own word: untrusted" }),
  protocol,
  ...mandateRef,
};

export const approved = z.strictObject({
  ...bought,
  status: z.literal("authorized"),
  approval_id: id("apr").optional().meta({ description: "Where a person approved it" }),
});
export const rejected = z.strictObject({
  ...bought,
  status: z.literal("rejected"),
  reasons: z.array(check).meta({ description: "Every check that failed, in the documented order" }),
  repeat_count: z.int().optional().meta({ description: "How many like refusals this one stands for" }),
});
export const pendingApproval = z.strictObject({
  ...bought,
  status: z.literal("pending_approval"),
  asks: z.array(z.string()).meta({ description: "The approval rules that ask, in words" }),
  approval_id: id("apr"),
  approval_expires_at: instant,
  approval_url: z
    .string()
    .meta({ description: "Where the approval is found. It only locates: deciding needs an approver" }),
  approval_link: z
    .string()
    .optional()
    .meta({ description: "Decides this approval once, by itself. Only for endpoints with approval_links" }),
});
export const closed = z.strictObject({
  ...bought,
  status: z.enum(["denied", "expired"]),
  approval_id: id("apr").optional(),
});
export const step = z.strictObject({
  ...bought,
  status: z.string(),
  amount_held: major,
  amount_settled: major,
  amount_refunded: major.optional(),
  amount_claimed: major.optional().meta({ description: "What the agent reported" }),
  presumed: z.literal(true).optional().meta({ description: "Nobody settled it in time, so it counts in full" }),
  late: z.literal(true).optional().meta({ description: "Proof came after the hold had been given back" }),
  simulated: z
    .literal(true)
    .optional()
    .meta({ description: "No money moved: a test organization without a Stripe key" }),
});
export const overdraft = z.strictObject({
  ...bought,
  amount_settled: major,
  severity: z.literal("critical"),
  budgets: z.array(z.string()).meta({ description: "Ids of the budgets that are above their limit now" }),
});

export const disputed = z.strictObject({
  ...bought,
  amount_disputed: major,
  dispute_id: z.string(),
  dispute_status: z.string().meta({ description: "Stripe's word, as of this event" }),
  dispute_reason: z.string().meta({ description: "Stripe's word" }),
});

export const budget = z.strictObject({
  budget_id: z.string(),
  mandate_id: id("mdt").optional(),
  agent_id: id("agt").optional().meta({ description: "Whose purchase crossed the line" }),
  currency: z.string(),
  period,
  label: z.string().meta({ description: "The calendar period, local to the budget's time zone, for example 2026-11" }),
  limit: major,
  used: major,
  remaining: major,
  threshold: z.number().meta({ description: "Share of the limit at which the warning is due" }),
});

export const mandate = z.strictObject({
  mandate_id: id("mdt"),
  agent_id: id("agt"),
  version: z.int(),
  hash: z.string().optional().meta({ description: "SHA-256 of the canonical terms of this version" }),
  status: z.enum(["active", "paused", "revoked", "expired"]).optional(),
});

export const alert = z.strictObject({
  alert_id: id("alr"),
  kind: z.string(),
  severity: z.string(),
  message: z.string(),
  agent_id: z.string().optional(),
  mandate_id: z.string().optional(),
  transaction_id: z.string().optional(),
});

export const organization = z.strictObject({ organization_id: id("org") });
export const key = z.strictObject({ key_id: id("key"), role: z.string() });
export const keyRotated = z.strictObject({ key_id: id("key"), replaced_by: id("key"), old_expires_at: instant });
export const endpointDisabled = z.strictObject({
  endpoint_id: id("whk"),
  host: z.string(),
  reason: z
    .enum(["gone", "failing", "backlog", "administrator"])
    .meta({ description: "It answered 410; nothing but failures for 5 days; too much waits for it; somebody did it" }),
});
export const test = z.strictObject({ endpoint_id: id("whk"), message: z.string() });
