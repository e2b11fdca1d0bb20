import { log } from "../../edge/log.ts";
import type { CheckoutSession, TokenIssued } from "../../payments/acp/api.ts";
import { fromStripeMinor } from "../../payments/stripe/minor-units.ts";
import { advance } from "../advance.ts";
import type { MandateCache } from "../judge.ts";
import { findTransaction, type TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import {
  type CheckoutResult,
  type CheckoutRow,
  requireCheckout,
  setWatch,
  writeAnswered,
  writeDead,
  writeOutcome,
  writeSession,
  writeToken,
} from "./journal.ts";
import { bookKept, noteRefunds } from "./refunds.ts";
import { isStopped } from "./stopped.ts";
import {
  CALL_MS,
  GRACE_MS,
  nextLateLook,
  nextLook,
  type Sight,
  type Standing,
  type Verdict,
  verdictOn,
} from "./table.ts";

/** After how long an open outcome is announced as `unknown`, unless a person is waited for. */
const ANNOUNCE_UNKNOWN_MS = 60_000;

/** Keeps the token, or calls the checkout off where Stripe has made none. */
export function recordToken(work: Work, cache: MandateCache, id: string, issued: TokenIssued): void {
  const { row, checkout } = find(work, id);
  if (issued.kind === "token") writeToken(work, id, issued.sealed_token);
  // The call asks once and first, so what Stripe refuses then was never made. A refusal that the watch gets says nothing of
  // the requests before it; but a token that nobody was given cannot be used after its end.
  const { began_at, token_ends_at } = lookTimes(checkout);
  const proof = work.now < began_at + CALL_MS || work.now >= token_ends_at;
  // After that it does not matter what Stripe answers, or whether it can be read: there is nothing that could be used.
  const over = issued.kind !== "token" && work.now >= token_ends_at + GRACE_MS && checkout.completed_at === null;
  if (checkout.sealed_token === null && isOpenOutcome(checkout) && (over || (issued.kind === "refused" && proof))) {
    end(work, checkout, issued.kind === "refused" ? "refused" : "unpaid");
    const facts = { proof: { token: "never_issued" } };
    if (isOpen(row)) advance(work, cache, row, { type: "void" }, facts);
    else proven(work, row, facts);
  }
}

/**
 * Books what was seen, and says what is to be done next. Nothing that the merchant says settles or voids.
 *
 * A transaction that has ended meanwhile, by a person's word or unused, is corrected by a later proof of use, and by nothing
 * else.
 */
export function applySight(work: Work, cache: MandateCache, id: string, sight: Sight): Verdict {
  const session = sight.session?.kind === "session" ? sight.session.session : null;
  if (sight.answered && session !== null) writeAnswered(work, id);
  if (sight.token?.kind === "dead") writeDead(work, id);
  const { row, checkout } = find(work, id);
  const at = standingOf(work, cache, row, checkout);
  const verdict = verdictOn(sight, at);
  if (session !== null) heedSession(work, cache, id, session);
  if (hasEnded(checkout)) {
    if (verdict.do !== "settle") return lookForLateProof(work, checkout, sight);
    settle(work, cache, row, verdict);
    return verdict;
  }
  if (checkout.watch_at === null || isPaid(checkout)) return lookForOrder(work, id, session);
  switch (verdict.do) {
    case "settle":
      settle(work, cache, row, verdict);
      return verdict;
    case "void":
      callOff(work, cache, row, checkout, verdict.why);
      return verdict;
    case "wait":
    case "cancel":
      stayOpen(work, cache, row, checkout, verdict.result);
      return verdict;
    case "revoke":
    case "repeat":
      // What is done next reports by itself; until then this is as open as it was.
      lookAgain(work, checkout, at);
      return verdict;
  }
}

const isPaid = ({ outcome }: CheckoutRow): boolean => outcome === "ordered" || outcome === "paid_no_order";
const isOpenOutcome = (checkout: CheckoutRow): boolean => !isPaid(checkout) && !hasEnded(checkout);
const hasEnded = ({ outcome }: CheckoutRow): boolean => outcome === "unpaid" || outcome === "refused";

/** Takes down what the merchant says. It can name the order of what is paid, and tell of refunds; it proves no payment. */
export function heedSession(work: Work, cache: MandateCache, id: string, session: CheckoutSession): void {
  writeSession(work, id, session);
  noteRefunds(work, cache, id, session.refunds);
  const { row, checkout } = find(work, id);
  if (checkout.outcome !== "paid_no_order" || checkout.order_id === null) return;
  end(work, checkout, "ordered");
  proven(work, row, { outcome: "ordered" });
}

/** Ended unused: all that can still come is a payment that the merchant had begun before. */
function lookForLateProof(work: Work, checkout: CheckoutRow, { token }: Pick<Sight, "token">): Verdict {
  if (checkout.watch_at !== null) {
    const ends = tokenEndsAt(checkout);
    const next = nextLateLook(work.now, { dead_at: checkout.dead_at ?? work.now, token_ends_at: ends });
    // Silence is no answer, but nobody is asked for ever about what has ended.
    const again = token?.kind === "dead" || work.now >= ends + LAST_LOOK_MS ? null : work.now + LATER_MS;
    setWatch(work, checkout, next ?? again);
  }
  return { do: "wait", result: checkout.outcome ?? "unknown" };
}

const LATER_MS = 15 * 60_000;
const LAST_LOOK_MS = 24 * 3_600_000;

/** Paid: all that can still come is the order. */
function lookForOrder(work: Work, id: string, session: CheckoutSession | null): Verdict {
  const checkout = requireCheckout(work, id);
  if (checkout.watch_at !== null) {
    const over = session?.status === "canceled" || work.now >= tokenEndsAt(checkout);
    setWatch(work, checkout, over ? null : nextLook(work.now, lookTimes(checkout)));
  }
  return { do: "wait", result: checkout.outcome ?? "unknown" };
}

function settle(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  { amount, currency }: { readonly amount: number; readonly currency: string },
): void {
  const checkout = requireCheckout(work, row.id);
  const taken = currency.toUpperCase() === row.currency ? fromStripeMinor(amount, row.currency) : null;
  if (taken === null || taken === 0) {
    // What cannot be booked is not guessed: the hold stays, and a person can resolve it with evidence.
    log("error", "token_amount_unreadable", { transaction_id: row.id });
    if (hasEnded(checkout)) {
      lookForLateProof(work, checkout, { token: null });
      return;
    }
    stayOpen(work, cache, row, checkout, "unknown");
    return;
  }
  const facts = { proof: { token: "consumed", amount: taken }, outcome: ordered(checkout) };
  end(work, checkout, ordered(checkout));
  if (row.settled < taken) advance(work, cache, row, { type: "complete", amount: taken }, facts);
  else proven(work, row, facts);
  bookKept(work, cache, row.id);
}

const ordered = ({ order_id }: CheckoutRow): CheckoutResult => (order_id === null ? "paid_no_order" : "ordered");

function callOff(work: Work, cache: MandateCache, row: TransactionRow, checkout: CheckoutRow, why: string): void {
  end(work, checkout, "unpaid");
  const facts = { proof: { token: why } };
  if (isOpen(row)) advance(work, cache, row, { type: "void" }, facts);
  else proven(work, row, facts);
}

function stayOpen(
  work: Work,
  cache: MandateCache,
  row: TransactionRow,
  checkout: CheckoutRow,
  result: CheckoutResult,
): void {
  writeOutcome(work, row.id, result);
  lookAgain(work, checkout, standingOf(work, cache, row, checkout));
  if (!isOpen(row)) return;
  waitFor(work, row, result === "needs_human" ? tokenEndsAt(checkout) : null);
  const announce = result !== "needs_human" && work.now >= (checkout.began_at ?? 0) + ANNOUNCE_UNKNOWN_MS;
  const current = findTransaction(work, row.id) ?? row;
  if (current.status === "executing" && announce) {
    advance(work, cache, current, { type: "lose_sight" }, { outcome: result });
  }
}

/** Says whether a person is waited for, and until when. Ending the transaction clears it. */
function waitFor(work: Work, row: TransactionRow, until: number | null): void {
  const who = until === null ? null : "human";
  if (row.waiting_for === who) return;
  work.exec(
    "UPDATE transactions SET waiting_for = ?, waiting_until = ?, updated_at = ? WHERE id = ?",
    who,
    until,
    work.now,
    row.id,
  );
  work.log("transaction.waiting", row.id, {
    transaction_id: row.id,
    agent_id: row.agent_id,
    waiting_for: who,
    waiting_until: until,
  });
}

/** Whoever asked for a look right now gets it. */
function lookAgain(work: Work, checkout: CheckoutRow, at: Pick<Standing, "began_at" | "token_ends_at">): void {
  if (checkout.watch_at !== null && checkout.watch_at <= work.now) return;
  setWatch(work, checkout, nextLook(work.now, at));
}

/** Says how it ended, and looks on for what may come late: the order of what is paid, a payment where none was seen. */
function end(work: Work, checkout: CheckoutRow, outcome: CheckoutResult): void {
  writeOutcome(work, checkout.transaction_id, outcome);
  setWatch(work, checkout, lookAfter(work.now, checkout, outcome));
}

function lookAfter(now: number, checkout: CheckoutRow, outcome: CheckoutResult): number | null {
  const token_ends_at = tokenEndsAt(checkout);
  if (outcome === "paid_no_order" && now < token_ends_at) return nextLook(now, lookTimes(checkout));
  const mayBeUsed = outcome === "unpaid" && checkout.completed_at !== null;
  return mayBeUsed ? nextLateLook(now, { dead_at: checkout.dead_at ?? now, token_ends_at }) : null;
}

/** Says what became known of a transaction whose amounts it does not change. */
function proven(work: Work, row: TransactionRow, facts: Readonly<Record<string, unknown>>): void {
  work.log("transaction.proof", row.id, { transaction_id: row.id, agent_id: row.agent_id, ...facts });
}

export const isOpen = (row: TransactionRow): boolean => row.status === "executing" || row.status === "unknown";

/** ms. */
export const tokenEndsAt = (checkout: CheckoutRow): number => (checkout.token_expires_at ?? 0) * 1000;

const lookTimes = (checkout: CheckoutRow) => ({
  began_at: checkout.began_at ?? 0,
  token_ends_at: tokenEndsAt(checkout),
});

export function standingOf(work: Work, cache: MandateCache, row: TransactionRow, checkout: CheckoutRow): Standing {
  return {
    now: work.now,
    stopped: isStopped(work, cache, row),
    ...lookTimes(checkout),
    completed_at: checkout.completed_at,
    answered: checkout.answered_at !== null,
    dead_at: checkout.dead_at,
    session_status: checkout.session_status,
  };
}

export function find(work: Work, id: string): { readonly row: TransactionRow; readonly checkout: CheckoutRow } {
  const row = findTransaction(work, id);
  if (row === undefined) throw new Error("a checkout without its transaction");
  return { row, checkout: requireCheckout(work, id) };
}
