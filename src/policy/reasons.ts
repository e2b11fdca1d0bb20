/**
 * Every reason for which a purchase can be refused (or must wait), with its meaning in one line.
 * The order is the documented one: a decision reports its checks in it, rules in the mandate's own order among
 * themselves. Codes are API: never renamed, only added.
 */
export const REASONS = {
  storage_full: "The organization's storage is nearly full, so no new spending is accepted.",
  organization_frozen: "An administrator froze all spending of the organization.",
  agent_not_found: "There is no such agent for this key.",
  agent_suspended: "The agent is suspended or decommissioned.",
  no_active_mandate: "The agent has no active mandate, and without one nothing may be spent.",
  mandate_not_yet_valid: "The mandate's validity begins later.",
  mandate_expired: "The mandate's validity has ended.",
  currency_mismatch: "The purchase is not in the mandate's currency; nothing is converted.",
  per_transaction_limit: "The amount is above what one purchase may cost (or is no valid amount).",
  budget_exceeded: "The amount does not fit what is left of a budget of the mandate.",
  organization_budget_exceeded: "The amount does not fit an organization-wide budget, or none exists in this currency.",
  vendor_not_allowed: "The vendor is not on the mandate's allow list.",
  vendor_blocked: "The vendor is on the mandate's block list.",
  category_not_allowed: "The category is not allowed, or is denied.",
  category_missing: "The mandate allows certain categories only, and the purchase names none.",
  max_amount_exceeded: "The amount is above the limit for such purchases.",
  vendor_budget_exceeded: "The amount does not fit what is left of the budget for these vendors.",
  rate_limit_exceeded: "Too many transactions in the sliding window.",
  outside_time_window: "Purchases are not allowed at this hour or on this day.",
  country_not_allowed: "Calls from this country are not allowed.",
  country_unknown: "The rule needs the caller's country, and it is not known.",
  protocol_not_allowed: "The mandate does not allow this way of paying.",
  approval_required: "A human must approve this purchase.",
  custom_rule_failed: "A custom rule does not allow this purchase.",
  custom_rule_error: "A custom rule could not be evaluated, which refuses the purchase.",
  unknown_rule: "The mandate has a rule that this version does not know, which refuses the purchase.",
  too_many_pending_approvals: "Too many purchases of this agent already wait for a human.",
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof REASONS;

/** All codes in the documented order. */
export const REASON_CODES = Object.keys(REASONS) as readonly ReasonCode[];
