import { errorFields, log } from "../../edge/log.ts";
import type { Observation, RailsApi, SignedAuthorization } from "../../payments/rails-api.ts";
import { X402_LIMITS } from "../../payments/x402/limits.ts";
import { withDeadline } from "../deadline.ts";
import type { MandateCache } from "../judge.ts";
import { first } from "../sql.ts";
import type { TimerRow } from "../timers.ts";
import type { Work } from "../work.ts";
import { PAYMENT_BY_TRANSACTION, type PaymentRow } from "./journal.ts";
import { applyObservation } from "./record.ts";

export interface WatchSource {
  readonly sql: SqlStorage;
  readonly rails: Pick<RailsApi, "observe">;
  readonly cache: MandateCache;
  readonly transact: (action: (work: Work) => void) => void;
  /** A timer that cannot be run comes back later, so that it does not keep the others from their turn. */
  readonly postpone: (timer: TimerRow) => void;
}

const DEADLINE_MS = 5_000;

interface Watched {
  readonly timer: TimerRow;
  readonly payment: PaymentRow;
}

/**
 * Looks at the chain for every payment whose timer is due, and books what it says: how open outcomes end without traffic.
 * The timers stay until their result is committed, so a crash in between repeats the look. Never throws.
 */
export async function watchPayments(source: WatchSource, due: readonly TimerRow[]): Promise<void> {
  const watched = due.flatMap((timer): Watched[] => {
    const payment = first<PaymentRow>(source.sql, PAYMENT_BY_TRANSACTION, timer.ref);
    if (payment !== undefined) return [{ timer, payment }];
    // Left due, it would bring the alarm back at once, for ever.
    source.transact((work) => work.clearTimer(timer.due_at, timer.kind, timer.ref));
    return [];
  });
  const chunks: Watched[][] = [];
  for (let at = 0; at < watched.length; at += X402_LIMITS.observed) {
    chunks.push(watched.slice(at, at + X402_LIMITS.observed));
  }
  await Promise.all(chunks.map((chunk) => watchChunk(source, chunk)));
}

async function watchChunk(source: WatchSource, watched: readonly Watched[]): Promise<void> {
  const seen = await look(
    source.rails,
    watched.map(({ payment }) => payment),
  );
  for (const [index, { timer }] of watched.entries()) {
    try {
      source.transact((work) => {
        work.clearTimer(timer.due_at, timer.kind, timer.ref);
        applyObservation(work, source.cache, timer.ref, seen[index] ?? { state: "unreadable" });
      });
    } catch (error) {
      log("error", "payment_watch_failed", errorFields(error));
      source.postpone(timer);
    }
  }
}

/** What cannot be read is unreadable: the payment stays held and is looked at again. */
async function look(rails: WatchSource["rails"], payments: readonly PaymentRow[]): Promise<readonly Observation[]> {
  try {
    return await withDeadline(rails.observe({ authorizations: payments.map(authorizationOf) }), DEADLINE_MS);
  } catch (error) {
    log("error", "chain_not_read", errorFields(error));
    return [];
  }
}

function authorizationOf(payment: PaymentRow): SignedAuthorization {
  const { network, asset, from_address, nonce, valid_before, signed_at } = payment;
  if (from_address === null || nonce === null || valid_before === null || signed_at === null) {
    throw new Error("a watched payment was never signed");
  }
  return { network, asset, from: from_address, nonce, valid_after: 0, valid_before, signed_at };
}
