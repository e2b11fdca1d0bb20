import { type Micros, micros, ZERO } from "../money.ts";
import type { Protocol } from "../policy/types.ts";
import { err, ok, type Result } from "../result.ts";
import type { TransactionStatus } from "../schema/transaction.ts";

/**
 * The life of a transaction as a pure function. No clock, no storage: the Organization applies what comes out of here,
 * and books the difference of `held` and of `settled − refunded` to every counter that the transaction reserved on.
 */
export interface LedgerState {
  readonly status: TransactionStatus;
  readonly protocol: Protocol;
  /** What was authorized. */
  readonly amount: Micros;
  readonly held: Micros;
  readonly settled: Micros;
  readonly refunded: Micros;
  /** What the agent reported, if it reported. */
  readonly claimed: Micros | null;
  readonly overdraft: boolean;
  readonly presumed: boolean;
  readonly late: boolean;
}

export type Command =
  /** A human said yes; the policy has been asked again before. */
  | { readonly type: "approve" }
  | { readonly type: "deny" }
  /** The time for the human ran out. */
  | { readonly type: "expire" }
  /** The agent reports what an outside purchase cost; 0 = it did not happen. */
  | { readonly type: "claim"; readonly amount: Micros; readonly may_release: boolean }
  /** A human states what an outside purchase cost; 0 = it did not happen. Frees what is still held. */
  | { readonly type: "settle"; readonly amount: Micros }
  /** A human calls an outside purchase off. */
  | { readonly type: "cancel" }
  /** A payment tool starts: from here on money may move upstream. */
  | { readonly type: "execute" }
  /** A payment tool never started within its time. */
  | { readonly type: "release" }
  /** Nobody settled an outside purchase in time: it is taken to have happened in full. */
  | { readonly type: "presume" }
  /** Nobody can say yet whether money moved. */
  | { readonly type: "lose_sight" }
  /** Proof that money moved. */
  | { readonly type: "complete"; readonly amount: Micros }
  /** Proof that no money moved and none can move any more. */
  | { readonly type: "void" }
  | { readonly type: "refund"; readonly amount: Micros }
  /** An earlier refund did not arrive: the money is spent after all. */
  | { readonly type: "refund_failed"; readonly amount: Micros };

export interface LedgerRefusal {
  readonly code: "wrong_status" | "already_settled" | "refund_exceeds_settled" | "not_external";
  readonly message: string;
}

/** The event that a transition is logged as. */
export type LedgerEvent =
  | "transaction.approved"
  | "transaction.denied"
  | "transaction.expired"
  | "transaction.claimed"
  | "transaction.completed"
  | "transaction.voided"
  | "transaction.released"
  | "transaction.executing"
  | "transaction.unknown"
  | "transaction.refunded"
  | "transaction.refund_failed";

export interface Transition {
  readonly state: LedgerState;
  readonly event: LedgerEvent;
}

/**
 * One step of a transaction's life, or why the step is refused. A refusal changes nothing.
 * Each hold resolves once: a second attempt is refused with an answer that names the status it found.
 */
export function step(state: LedgerState, command: Command): Result<Transition, LedgerRefusal> {
  switch (command.type) {
    case "approve":
      return from(state, ["pending_approval"], () => to(state, "authorized", "transaction.approved", {}));
    case "deny":
      return from(state, ["pending_approval"], () => to(state, "denied", "transaction.denied", FREED));
    case "expire":
      return from(state, ["pending_approval"], () => to(state, "expired", "transaction.expired", FREED));
    case "claim":
      return external(state, () => claim(state, command.amount, command.may_release));
    case "settle":
      return external(state, () => settle(state, command.amount));
    case "cancel":
      return external(state, () =>
        from(state, ["authorized", "pending_approval"], () => to(state, "voided", "transaction.voided", FREED)),
      );
    case "execute":
      return from(state, ["authorized"], () => to(state, "executing", "transaction.executing", {}));
    case "release":
      // Only a payment tool's authorization: nobody but this service could have spent it.
      return state.protocol === "external"
        ? refuse("not_external", "An external purchase is never released by time.")
        : from(state, ["authorized"], () => to(state, "released", "transaction.released", FREED));
    case "presume":
      return external(state, () =>
        from(state, ["authorized"], () =>
          to(state, "completed", "transaction.completed", { held: ZERO, settled: state.held, presumed: true }),
        ),
      );
    case "lose_sight":
      return from(state, ["executing"], () => to(state, "unknown", "transaction.unknown", {}));
    case "complete":
      // A person may have ended an unknown outcome with less than the proof says: what is proven is booked.
      if (state.status === "completed" && (state.protocol === "external" || command.amount <= state.settled)) {
        return wrongStatus(state);
      }
      return from(state, ["executing", "unknown", "voided", "released", "completed"], () =>
        to(state, "completed", "transaction.completed", {
          ...booked(state, command.amount),
          // The hold was already given back, so the proof came late.
          late: state.status === "voided" || state.status === "released",
        }),
      );
    case "void":
      return from(state, ["executing", "unknown"], () => to(state, "voided", "transaction.voided", FREED));
    case "refund":
      return refund(state, command.amount);
    case "refund_failed":
      return refundFailed(state, command.amount);
  }
}

const FREED = { held: ZERO } as const;

/**
 * The agent's word about its own purchase. Above the hold it is booked in full (the money is gone); below the hold it
 * frees the rest only where the mandate says so, otherwise the rest stays counted until a human confirms.
 */
function claim(state: LedgerState, amount: Micros, mayRelease: boolean): Result<Transition, LedgerRefusal> {
  return from(state, ["authorized"], () => {
    if (amount >= state.held || mayRelease) {
      return amount === 0
        ? to(state, "voided", "transaction.voided", { ...FREED, claimed: amount })
        : to(state, "completed", "transaction.completed", { ...booked(state, amount), claimed: amount });
    }
    return amount === 0
      ? to(state, "authorized", "transaction.claimed", { claimed: amount })
      : to(state, "completed", "transaction.completed", {
          claimed: amount,
          settled: amount,
          held: micros(state.held - amount),
        });
  });
}

/** A human's word: also frees what a claim below the hold left held, and corrects a presumption or a claim above the hold. */
function settle(state: LedgerState, amount: Micros): Result<Transition, LedgerRefusal> {
  const correctable = state.status === "completed" && (state.held > 0 || state.presumed || state.overdraft);
  if (!correctable && state.status !== "authorized") return wrongStatus(state);
  if (amount < state.refunded) {
    return refuse("refund_exceeds_settled", "More than that was already refunded.");
  }
  return amount === 0
    ? to(state, "voided", "transaction.voided", { held: ZERO, settled: ZERO, presumed: false, overdraft: false })
    : to(state, amount === state.refunded ? "refunded" : "completed", "transaction.completed", {
        held: ZERO,
        settled: amount,
        presumed: false,
        overdraft: amount > state.amount,
      });
}

function refund(state: LedgerState, amount: Micros): Result<Transition, LedgerRefusal> {
  return from(state, ["completed", "refunded"], () => {
    const refunded = micros(state.refunded + amount);
    if (refunded > state.settled) {
      return refuse("refund_exceeds_settled", "A refund can return at most what was settled and not yet refunded.");
    }
    const whole = refunded === state.settled && state.held === 0;
    return to(state, whole ? "refunded" : "completed", "transaction.refunded", { refunded });
  });
}

function refundFailed(state: LedgerState, amount: Micros): Result<Transition, LedgerRefusal> {
  return from(state, ["completed", "refunded"], () =>
    amount > state.refunded
      ? refuse("refund_exceeds_settled", "More than was refunded cannot fail.")
      : to(state, "completed", "transaction.refund_failed", { refunded: micros(state.refunded - amount) }),
  );
}

function booked(state: LedgerState, amount: Micros): Partial<LedgerState> {
  return { held: ZERO, settled: amount, overdraft: state.overdraft || amount > state.amount };
}

function to(
  state: LedgerState,
  status: TransactionStatus,
  event: LedgerEvent,
  change: Partial<LedgerState>,
): Result<Transition, LedgerRefusal> {
  return ok({ state: { ...state, ...change, status }, event });
}

function from(
  state: LedgerState,
  statuses: readonly TransactionStatus[],
  next: () => Result<Transition, LedgerRefusal>,
): Result<Transition, LedgerRefusal> {
  return statuses.includes(state.status) ? next() : wrongStatus(state);
}

function external(
  state: LedgerState,
  next: () => Result<Transition, LedgerRefusal>,
): Result<Transition, LedgerRefusal> {
  return state.protocol === "external"
    ? next()
    : refuse("not_external", "This transaction is executed by a payment tool, which settles it from proof.");
}

function wrongStatus(state: LedgerState): Result<Transition, LedgerRefusal> {
  return state.status === "completed" || state.status === "refunded"
    ? refuse("already_settled", `The transaction is already ${state.status}.`)
    : refuse("wrong_status", `The transaction is ${state.status.replace("_", " ")}; this step does not apply.`);
}

function refuse(code: LedgerRefusal["code"], message: string): Result<never, LedgerRefusal> {
  return err({ code, message });
}
