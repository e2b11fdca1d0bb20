import type { StripeSeen } from "../../payments/stripe/api.ts";
import { advance } from "../advance.ts";
import { keyStillWorks } from "../approvals.ts";
import type { MandateCache } from "../judge.ts";
import { judgeRow } from "../payment-calls.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import {
  type ChargeRow,
  chargeOf,
  chargeTerms,
  failureOf,
  setWatch,
  writeIntent,
  writeOutcome,
  writePosted,
  writeUnclear,
} from "./journal.ts";
import { nextLook } from "./schedule.ts";
import { ABSENT_AFTER_MS, type Asked, type ChargePast, REPEAT_WITHIN_MS, type Verdict, verdictOf } from "./verdict.ts";

/** After how long an open outcome is announced as `unknown`. */
const ANNOUNCE_UNKNOWN_MS = 60_000;
/** So long after a request its answer may still be on its way: longer than the longest honest call of Rails. */
export const IN_FLIGHT_MS = 30_000;

/**
 * Books what Stripe has answered about a charge, and says what is to be done next. One transaction; whoever answers may be
 * late, so everything is read anew.
 *
 * @param ownKey Did the answer come through the key that the charge was begun with?
 * @returns What is to be sent now: a cancellation, the same request again, or nothing.
 */
export function recordCharge(
  work: Work,
  cache: MandateCache,
  transactionId: string,
  seen: StripeSeen,
  asked: Asked,
  ownKey = true,
): "cancel" | "repeat" | null {
  const row = findTransaction(work, transactionId);
  const charge = chargeOf(work, transactionId);
  if (row === undefined || charge === undefined) throw new Error("a charge without its transaction");
  // Proven already; what another request still brings can only be older.
  if (charge.outcome === "charged") return null;
  const verdict = verdictOf(seen, asked, pastOf(work, cache, row, charge, seen, ownKey));
  const heard = seen.kind === "intent" || seen.kind === "absent";
  return apply(work, cache, row, charge, verdict, { asked, heard });
}

function pastOf(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  charge: ChargeRow,
  seen: StripeSeen,
  own_key: boolean,
): ChargePast {
  const since_post = work.now - (charge.posted_at ?? 0);
  return {
    currency: row.currency,
    minor: chargeTerms(charge).amount,
    payment_intent: charge.payment_intent,
    failure: failureOf(charge),
    unclear: charge.unclear === 1,
    in_flight: charge.outcome === null && since_post < IN_FLIGHT_MS,
    own_key,
    // Judged only where it decides something.
    may_repeat: seen.kind === "absent" && mayRepeat(work, cache, row, charge),
    since_post,
  };
}

/** May the same request go out once more? It spends money, so whatever stops spending stops it. */
function mayRepeat(work: Work, cache: MandateCache, row: TransactionRow, charge: ChargeRow): boolean {
  if (!isOpen(row) || work.now - (charge.sent_at ?? 0) >= REPEAT_WITHIN_MS || !keyStillWorks(work, row)) return false;
  return judgeRow(work, cache, row).decision.outcome === "approved";
}

const isOpen = (row: TransactionRow): boolean => row.status === "executing" || row.status === "unknown";
const ENDED: ReadonlySet<string | null> = new Set(["declined", "needs_cardholder", "canceled", "refused", "absent"]);

function apply(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  charge: ChargeRow,
  verdict: Verdict,
  { asked, heard }: { readonly asked: Asked; readonly heard: boolean },
): "cancel" | "repeat" | null {
  switch (verdict.is) {
    case "charged": {
      const { intent, amount } = verdict;
      writeIntent(work, row.id, intent, null);
      writeOutcome(work, row.id, "charged");
      setWatch(work, row.id, null);
      const facts = { proof: { payment_intent: intent.id, charge: intent.charge, amount_received: amount } };
      if (row.settled < amount && row.refunded === 0) advance(work, cache, row, { type: "complete", amount }, facts);
      else proven(work, row, facts);
      return null;
    }
    case "ended": {
      if (verdict.intent !== null) writeIntent(work, row.id, verdict.intent, verdict.intent.failure);
      if (!ENDED.has(charge.outcome)) writeOutcome(work, row.id, verdict.outcome);
      setWatch(work, row.id, null);
      const facts = { outcome: verdict.outcome };
      if (isOpen(row)) advance(work, cache, row, { type: "void" }, facts);
      else if (!ENDED.has(charge.outcome)) proven(work, row, facts);
      return null;
    }
    case "cancel":
      // Known before it is canceled, so that whoever comes next finds what came of it.
      writeIntent(work, row.id, verdict.intent, verdict.failure);
      // Not heard: what comes of the cancellation is not, if this process ends before it.
      stayOpen(work, cache, row, charge, "unknown", false);
      // A person who says that it was paid has the last word; nothing is called off behind their back.
      return row.status === "completed" || row.status === "refunded" ? null : "cancel";
    case "repeat":
      writePosted(work, row.id);
      stayOpen(work, cache, row, charge, "unknown", false);
      return "repeat";
    case "open": {
      if (verdict.intent !== null) writeIntent(work, row.id, verdict.intent, verdict.intent.failure);
      if (verdict.unclear) writeUnclear(work, row.id);
      const waiting = asked === "look" && charge.outcome === null && work.now - (charge.posted_at ?? 0) < IN_FLIGHT_MS;
      stayOpen(work, cache, row, charge, waiting ? null : verdict.outcome, heard);
      return null;
    }
  }
}

/** Nothing is proven. The watch goes on, and after a minute the world is told that nobody knows. */
function stayOpen(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  charge: ChargeRow,
  outcome: "processing" | "unknown" | null,
  heard: boolean,
): void {
  const sent = charge.sent_at ?? 0;
  if (outcome !== null && !ENDED.has(charge.outcome)) writeOutcome(work, row.id, outcome);
  const posted = chargeOf(work, row.id)?.posted_at ?? sent;
  setWatch(work, row.id, nextLook(work.now, sent, { also: [posted + ABSENT_AFTER_MS], heard }));
  if (row.status === "executing" && work.now >= sent + ANNOUNCE_UNKNOWN_MS) {
    advance(work, cache, row, { type: "lose_sight" }, { outcome: outcome ?? "unknown" });
  }
}

/** Says what became known of a transaction whose amounts it does not change. */
function proven(work: Work, row: TransactionRow, facts: Readonly<Record<string, unknown>>): void {
  work.log("transaction.proof", row.id, { transaction_id: row.id, agent_id: row.agent_id, ...facts });
}
