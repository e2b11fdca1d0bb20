import type { StripeCharge, StripeFailure, StripeIntent } from "../../payments/stripe/api.ts";
import type { Profile } from "../profiles.ts";
import { changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";

/**
 * `charged` Stripe has the money · `simulated` none moved, by design · `declined` by the card · `needs_cardholder` the
 * card wants its holder, who is not there · `processing` taken on, and not yet proven · `canceled` by somebody at Stripe ·
 * `refused` Stripe made nothing of it · `absent` Stripe has never heard of it · `unknown` nobody can say yet.
 */
export type ChargeResult =
  | "charged"
  | "simulated"
  | "declined"
  | "needs_cardholder"
  | "processing"
  | "canceled"
  | "refused"
  | "absent"
  | "unknown";

/** The journal of one charge. `charge` is written when it is judged; `sent_at` with the step to `executing`. */
export interface ChargeRow {
  readonly transaction_id: string;
  readonly profile_id: string;
  readonly profile_name: string;
  readonly profile_version: number;
  /** JSON: everything that the PaymentIntent says. */
  readonly charge: string;
  /** The key that it was begun with; null = not begun, or simulated. */
  readonly stripe_key_id: string | null;
  /** When it was begun, ms. From then on money may move. */
  readonly sent_at: number | null;
  /** When the request that creates it was sent last, ms. */
  readonly posted_at: number | null;
  /** 1: some request that creates it had no clear end, so a refusal of a later one proves nothing. */
  readonly unclear: number;
  readonly payment_intent: string | null;
  readonly latest_charge: string | null;
  /** JSON: `StripeFailure`. */
  readonly failure: string | null;
  readonly looks: number;
  readonly watch_at: number | null;
  readonly outcome: ChargeResult | null;
}

export const CHARGE_BY_TRANSACTION = "SELECT * FROM stripe_charges WHERE transaction_id = ?";

export const chargeOf = (work: Pick<Work, "sql">, transactionId: string): ChargeRow | undefined =>
  first<ChargeRow>(work.sql, CHARGE_BY_TRANSACTION, transactionId);

export const chargeTerms = (row: ChargeRow): StripeCharge => JSON.parse(row.charge) as StripeCharge;
export const failureOf = (row: ChargeRow): StripeFailure | null =>
  row.failure === null ? null : (JSON.parse(row.failure) as StripeFailure);

/** Writes what was judged, or what is judged again. What was sent once is never written over. */
export function writeCharge(work: Work, transactionId: string, profile: Profile<"stripe">, charge: StripeCharge): void {
  work.exec(
    `INSERT INTO stripe_charges (transaction_id, profile_id, profile_name, profile_version, charge) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (transaction_id) DO UPDATE SET charge = excluded.charge WHERE sent_at IS NULL`,
    transactionId,
    profile.id,
    profile.name,
    profile.version,
    JSON.stringify(charge),
  );
}

/** Pins the key and the instant. Once only: a charge that was begun is only ever repeated, never begun again. */
export function writeStart(work: Work, transactionId: string, keyId: string): void {
  changeOne(
    work.sql,
    "UPDATE stripe_charges SET stripe_key_id = ?, sent_at = ?, posted_at = ? WHERE transaction_id = ? AND sent_at IS NULL",
    keyId,
    work.now,
    work.now,
    transactionId,
  );
}

/** A request that creates the PaymentIntent goes out once more; how an earlier one ended is not known any more. */
export function writePosted(work: Work, transactionId: string): void {
  changeOne(
    work.sql,
    "UPDATE stripe_charges SET posted_at = ?, unclear = 1 WHERE transaction_id = ?",
    work.now,
    transactionId,
  );
}

export function writeUnclear(work: Work, transactionId: string): void {
  changeOne(work.sql, "UPDATE stripe_charges SET unclear = 1 WHERE transaction_id = ?", transactionId);
}

/** What Stripe says it made of the charge. The reason of a failure stays when a later answer leaves it out. */
export function writeIntent(
  work: Work,
  transactionId: string,
  intent: StripeIntent,
  failure: StripeFailure | null,
): void {
  changeOne(
    work.sql,
    `UPDATE stripe_charges SET payment_intent = ?, latest_charge = COALESCE(?, latest_charge),
       failure = COALESCE(?, failure) WHERE transaction_id = ?`,
    intent.id,
    intent.charge,
    failure === null ? null : JSON.stringify(failure),
    transactionId,
  );
}

export function writeOutcome(work: Work, transactionId: string, outcome: ChargeResult): void {
  changeOne(work.sql, "UPDATE stripe_charges SET outcome = ? WHERE transaction_id = ?", outcome, transactionId);
}

/**
 * Runs what plans the next look after one that began with this row. Who has asked for a look in between may know of more
 * than was read: that look stays due.
 */
export function keepingWake<T>(work: Work, began: ChargeRow, plan: () => T): T {
  const at = chargeOf(work, began.transaction_id)?.watch_at ?? null;
  const woken = at !== null && at !== began.watch_at && at <= work.now;
  const planned = plan();
  if (woken) setWatch(work, began.transaction_id, work.now);
  return planned;
}

/** Moves the timer that looks at Stripe; null ends the watch. */
export function setWatch(work: Work, transactionId: string, dueAt: number | null): void {
  const watched = chargeOf(work, transactionId);
  if (watched === undefined) throw new Error("a watch without a charge");
  if (watched.watch_at !== null) work.clearTimer(watched.watch_at, "stripe_watch", transactionId);
  changeOne(
    work.sql,
    "UPDATE stripe_charges SET watch_at = ?, looks = looks + 1 WHERE transaction_id = ?",
    dueAt,
    transactionId,
  );
  if (dueAt !== null) work.setTimer(dueAt, "stripe_watch", transactionId);
}
