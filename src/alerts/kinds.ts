import { LIMITS } from "../limits.ts";

/** What the watch over the event log can raise. The order is the one in which lists and documents name them. */
export const ALERT_KINDS = [
  "large_transaction",
  "rate_spike",
  "new_vendor",
  "budget_threshold",
  "unusual_amount",
  "repeated_rejections",
  "overdraft",
  "unknown_outcome",
  "storage",
  "webhook_disabled",
  "dispute",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export const SEVERITIES = ["info", "warning", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Amounts in micros, instants in ms; shares, scores, counts and durations as their names say. */
export type Figures = Readonly<Record<string, number | string>>;

/** The figures that are amounts of money: every edge shows them in major units. */
export const AMOUNT_FIGURES: ReadonlySet<string> = new Set([
  "amount",
  "threshold",
  "median",
  "spread",
  "authorized",
  "settled",
  "used",
  "limit",
]);

/** What a detector saw. Whether it is said aloud is the cooldown's to decide. */
export interface Finding {
  readonly kind: AlertKind;
  readonly severity: Severity;
  /** What the cooldown counts by: the same thing seen again says nothing new. */
  readonly about: string;
  /** A higher one than the last is said in spite of the cooldown: small alarms must not hide a large one. */
  readonly level: number;
  readonly agent_id: string | null;
  readonly mandate_id: string | null;
  readonly transaction_id: string | null;
  /** One sentence of our own: what was seen, and what it was measured against. */
  readonly message: string;
  readonly figures: Figures;
}

/** How many alerts of a kind one cooldown lets through. Where each names another vendor or payment, one would hide the rest. */
export const BURST: Readonly<Record<AlertKind, number>> = {
  large_transaction: 1,
  rate_spike: 1,
  new_vendor: LIMITS.alertBurst,
  budget_threshold: 1,
  unusual_amount: 1,
  repeated_rejections: 1,
  overdraft: LIMITS.alertBurst,
  unknown_outcome: LIMITS.alertBurst,
  storage: 1,
  webhook_disabled: 1,
  dispute: LIMITS.alertBurst,
};

/** How often a value has doubled above its bound: the level of what is measured by size. */
export const doublings = (value: number, bound: number): number =>
  value <= bound || bound <= 0 ? 0 : Math.floor(Math.log2(value / bound));

/** The level of an amount that is measured against nothing. */
export const sizeOf = (amount: number): number => doublings(amount, 1);
