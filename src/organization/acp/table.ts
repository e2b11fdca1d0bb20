import type { CheckoutSeen, SessionStatus, TokenSeen } from "../../payments/acp/api.ts";
import type { CheckoutResult } from "./journal.ts";

/**
 * What follows from what was seen. Pure.
 *
 * Stripe's word on the token is the only one about money: used = so much was paid; dead = nothing was, and nothing new can
 * be begun. The merchant's session says what was ordered, and when there is nothing left to wait for: then the unused token
 * is revoked, and Stripe is asked what that came to. A payment that the merchant had begun before can still arrive, so the
 * hold of a revoked token ends when the merchant has ended, or when such a payment has had its time.
 */
export type Verdict =
  /** Stripe has taken so much, in its minor units. */
  | { readonly do: "settle"; readonly amount: number; readonly currency: string }
  | { readonly do: "void"; readonly why: string }
  /** Take the token back if it is unused, and look at what it is then. */
  | { readonly do: "revoke" }
  /** The token is dead, and the merchant may have begun a payment with it: it is told that nothing more will come. */
  | { readonly do: "cancel"; readonly result: CheckoutResult; readonly why: DeadToken["why"] }
  /** The same request to complete once more: nobody knows whether the first one arrived. */
  | { readonly do: "repeat" }
  | { readonly do: "wait"; readonly result: CheckoutResult };

type DeadToken = Extract<TokenSeen, { readonly kind: "dead" }>;

export interface Sight {
  /** Null = not asked. */
  readonly token: TokenSeen | null;
  readonly session: CheckoutSeen | null;
  /** Is `session` what the merchant answered to the request to complete itself? */
  readonly answered: boolean;
}

/** What stands in the journal, and the clock. Instants in ms. */
export interface Standing {
  readonly now: number;
  readonly stopped: boolean;
  readonly began_at: number;
  readonly completed_at: number | null;
  readonly token_ends_at: number;
  /** Has the merchant answered the request to complete? */
  readonly answered: boolean;
  /** When the token was first seen dead. */
  readonly dead_at: number | null;
  /** What is known of the session from before. */
  readonly session_status: SessionStatus | null;
}

/** So long after the beginning the call itself may bring the token and send it; after that only the watch acts. */
export const CALL_MS = 30_000;
/** So long an answer to the request to complete may take before the request is repeated. */
export const ANSWER_MS = 30_000;
/** A repeat needs so much validity left. */
const REPEAT_MS = 15_000;

export function verdictOn(sight: Sight, at: Standing): Verdict {
  const { token } = sight;
  if (token?.kind === "consumed") return { do: "settle", amount: token.amount, currency: token.currency };
  if (token?.kind === "dead") return verdictOnDead(token, sight, at);
  if (token?.kind !== "active") return wait(at, sight);
  if (at.stopped || token.needs_action || at.now >= at.token_ends_at) return { do: "revoke" };
  if (at.completed_at === null) {
    return at.now >= at.began_at + CALL_MS ? { do: "revoke" } : wait(at, sight);
  }
  return verdictOnSession(sight, at, at.completed_at);
}

/** Of these a merchant says that it takes no payment, where it has dealt with the request for one. */
const ENDED: ReadonlySet<SessionStatus | null> = new Set(["open", "ready", "canceled", "expired"]);
/** Of these it says that it may be taking one. */
const WORKING: ReadonlySet<SessionStatus | null> = new Set([
  "in_progress",
  "completed",
  "needs_human",
  "authentication_required",
]);

/**
 * The token is dead and unused. One that has run out, or that nobody was given, is over. One that was revoked while the
 * merchant had it can have a payment on its way: that is over when the merchant, having dealt with the request, says so;
 * after a minute, where nobody knows whether it has; and with the token's own time, where it says that it still works.
 */
function verdictOnDead({ why }: DeadToken, { session, answered }: Sight, at: Standing): Verdict {
  const over: Verdict = { do: "void", why: `token_${why}` };
  if (why === "expired" || at.completed_at === null) return over;
  const heard = session?.kind === "session" ? session.session.status : null;
  const status = heard ?? at.session_status;
  if ((at.answered || (answered && heard !== null)) && ENDED.has(status)) return over;
  const settled = (at.dead_at ?? at.now) + LATE_MS;
  if (at.now >= (WORKING.has(status) ? Math.max(settled, at.token_ends_at + GRACE_MS) : settled)) return over;
  const result = status === "in_progress" || status === "completed" ? "in_progress" : "unknown";
  return status === "canceled" || status === "expired" ? { do: "wait", result } : { do: "cancel", result, why };
}

/** The token is alive and has been sent, or was about to be. */
function verdictOnSession(sight: Sight, at: Standing, completedAt: number): Verdict {
  const { session, answered } = sight;
  if (session === null || session.kind === "unclear") return wait(at, sight);
  if (session.kind === "refused") {
    const gone = session.status === 404 || session.status === 410;
    return (answered && !isPassing(session.status)) || gone ? { do: "revoke" } : wait(at, sight);
  }
  switch (session.session.status) {
    case "canceled":
    case "expired":
      return { do: "revoke" };
    case "open":
    case "ready": {
      if (answered) return { do: "revoke" };
      const repeat = at.now >= completedAt + ANSWER_MS && at.now + REPEAT_MS < at.token_ends_at;
      return repeat ? { do: "repeat" } : wait(at, sight);
    }
    case "completed":
    case "in_progress":
    case "needs_human":
    case "authentication_required":
    case "unknown":
      return wait(at, sight);
  }
}

/** A refusal that says nothing about the request itself: under way, too early, too many. */
export const isPassing = (status: number): boolean =>
  status === 408 || status === 409 || status === 425 || status === 429;

const wait = (at: Standing, { session }: Sight): Verdict => ({
  do: "wait",
  result: resultOf(session?.kind === "session" ? session.session.status : at.session_status),
});

function resultOf(status: SessionStatus | null): CheckoutResult {
  switch (status) {
    case "in_progress":
    case "completed":
      return "in_progress";
    case "needs_human":
    case "authentication_required":
      return "needs_human";
    default:
      return "unknown";
  }
}

/** Seconds after the beginning at which it is looked at. */
const LOOKS_S: readonly number[] = [3, 6, 12, 30, 60];
/** So long after its end Stripe must know that a token has ended. */
export const GRACE_MS = 5_000;

/** So long after the end of a token a payment that was begun before it is given to arrive. */
const LATE_MS = 60_000;

/**
 * When to look once more at a token that has ended unused, ms: for a payment that was begun with it before. Null when it
 * has been looked at often enough.
 */
export function nextLateLook(now: number, at: { readonly dead_at: number; readonly token_ends_at: number }) {
  const looks = [at.dead_at + LATE_MS, Math.max(at.dead_at, at.token_ends_at + GRACE_MS) + LATE_MS];
  return looks.find((look) => look > now) ?? null;
}

/** When to look again, ms: until the token's end more and more rarely, after it until Stripe answers. */
export function nextLook(now: number, at: Pick<Standing, "began_at" | "token_ends_at">): number {
  const early = LOOKS_S.map((seconds) => at.began_at + seconds * 1000).find((look) => look > now);
  const end = at.token_ends_at + GRACE_MS;
  if (now < end) return Math.min(early ?? now + 60_000, end);
  return now < end + 60_000 ? end + 60_000 : now + 900_000;
}
