import type { Micros } from "../money.ts";
import type { ReasonCode } from "./reasons.ts";
import type { MandateTerms } from "./terms.ts";

export const PROTOCOLS = ["external", "x402", "acp", "stripe"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const PERIOD_KINDS = ["hourly", "daily", "weekly", "monthly", "total"] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

/** What is asked of a mandate. Plain JSON: it is stored in the event log and replayed. */
export interface PurchaseRequest {
  readonly agent_id: string;
  /** Normalized by `normalizeVendor`. */
  readonly vendor: string;
  /** `null` = not known yet: the checks that need an amount are left out (used before the first outbound byte). */
  readonly amount: Micros | null;
  readonly currency: string;
  /** Case-folded. */
  readonly category: string | null;
  readonly protocol: Protocol;
  /** ISO 3166 alpha-2 of the calling client, upper case. */
  readonly country: string | null;
  /** Ids of approval rules that a human has already satisfied for exactly this purchase. */
  readonly approved_rules: readonly string[];
}

export interface OrganizationBudget {
  readonly id: string;
  readonly currency: string;
  readonly period: PeriodKind;
  readonly timezone: string;
  readonly limit: Micros;
}

/** Everything else that a decision depends on, as read in the same transaction. Plain JSON: stored and replayed. */
export interface Usage {
  readonly organization: {
    readonly frozen: boolean;
    readonly storage_full: boolean;
    readonly budgets: readonly OrganizationBudget[];
  };
  /** `null`: no such agent for this key. */
  readonly agent: { readonly status: "active" | "suspended" | "decommissioned" } | null;
  /** `null`: the agent has no mandate that was ever activated. */
  readonly mandate: { readonly status: "active" | "paused" | "revoked" | "expired" } | null;
  /**
   * Settled + held in the current period, by id of budget (mandate's or organization's) or of a counting rule
   * (`vendor_budget`, `approval` with `period`), in micros, without the own hold of the judged transaction. Missing = 0.
   */
  readonly used: Readonly<Record<string, number>>;
  /** By id of `rate_limit` rule: transactions in the window now and, when full, the instant a slot frees (ms). */
  readonly rates: Readonly<Record<string, { readonly count: number; readonly frees_at: number | null }>>;
  /** Has this agent a completed transaction with this vendor? */
  readonly vendor_known: boolean;
  readonly pending_approvals: number;
}

/**
 * One evaluated check. Amounts in micros, instants in ms. `code` says what would be wrong when `passed` is false.
 * For a `rate_limit` the three figures count transactions, and `resets_at` is when a slot frees.
 */
export interface Check {
  readonly rule: string;
  readonly id?: string | undefined;
  readonly passed: boolean;
  readonly code: ReasonCode;
  readonly limit?: number | undefined;
  readonly used?: number | undefined;
  readonly remaining?: number | undefined;
  /** Absent where nothing resets (`total`). */
  readonly resets_at?: number | undefined;
  /** Of a budget or counting rule: what `used` is summed over. */
  readonly period?: PeriodKind | undefined;
  /** Approval rules: this check passed, and a human must approve. */
  readonly asks?: boolean | undefined;
}

export type Outcome = "approved" | "rejected" | "approval_required";

export interface Decision {
  readonly outcome: Outcome;
  /** In the documented order, every one of them. */
  readonly checks: readonly Check[];
  /** Ids of the approval rules that ask a human (not those already satisfied). */
  readonly asks: readonly string[];
  /** Longest time a human has to decide: the shortest `timeout_minutes` of the rules that ask, in ms. */
  readonly approval_timeout_ms: number | null;
}

export interface Hints {
  /** Largest amount that would be approved now without a human, verified by `decide`. */
  readonly max_amount_now: Micros | null;
  /** Largest amount that would be approved now or after a human's approval, verified by `decide`. */
  readonly max_amount_with_approval: Micros | null;
  /** Earliest instant (ms) at which the same request would pass (approved or asked), verified by `decide`. */
  readonly retry_at: number | null;
}

/** A counter that a purchase reads and reserves on. */
export interface CounterRef {
  readonly id: string;
  readonly kind: "budget" | "organization_budget" | "rule";
  readonly period: PeriodKind;
  readonly timezone: string;
  /** Micros; the limit that `warning_threshold` is measured against (budgets), or the rule's own limit. */
  readonly limit: Micros;
}

/** A sliding window that a purchase is counted in. */
export interface RateRef {
  readonly id: string;
  readonly max: number;
  readonly window_ms: number;
}

/** Terms made ready to judge: amounts in micros, vendors as matchers, expressions parsed. Made once per mandate version. */
export interface CompiledMandate {
  readonly terms: MandateTerms;
  readonly currency: string;
  readonly timezone: string;
  readonly per_transaction_limit: Micros;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly warning_threshold: number;
  readonly agent_may_release: boolean;
  readonly budgets: readonly CounterRef[];
  readonly rules: readonly CompiledRule[];
  /** Does any rule ask whether the vendor is known? */
  readonly needs_vendor_known: boolean;
}

export interface RuleContext {
  readonly request: PurchaseRequest;
  readonly usage: Usage;
  readonly now: number;
  readonly mandate: CompiledMandate;
}

export interface CompiledRule {
  readonly id: string;
  readonly type: string;
  /** True when the verdict cannot be given without an amount. */
  readonly needs_amount: boolean;
  /** Judges one purchase; never throws. `asks` only from approval rules. */
  judge(context: RuleContext): Check;
  /** The counter of a rule that counts amounts, whatever the purchase: for carrying a period over to a new version. */
  readonly counts?: CounterRef;
  /** The window of a rule that counts transactions, likewise. */
  readonly window?: RateRef;
  /** The counter that this purchase is counted on, if this rule counts and the purchase matches. */
  counter?(request: PurchaseRequest): CounterRef | null;
  /** The sliding window that this purchase is counted in, if any. */
  rate?(request: PurchaseRequest): RateRef | null;
  /** In how much time a human must decide (approval rules). */
  readonly timeout_ms?: number;
  /** `custom` on `amount`: amounts (micros) at which its verdict is likely to change, for the search of hints. */
  readonly breakpoints?: readonly number[];
  /** `time_window`: instants (ms, ascending, at most some dozens) after `from` at which the window may open. */
  openings?(from: number): readonly number[];
  /** `custom`: the variables of the clock that it reads. */
  readonly clock?: readonly ("hour" | "minute" | "weekday")[];
  /** The rule in words, for people and models: "at most 50 transactions per 60 minutes". */
  readonly words: string;
}
