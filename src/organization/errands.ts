import type { RouteId } from "../edge/api/routes/index.ts";
import type { Env } from "../env.ts";
import type { ApiAnswer, ApiCall } from "./api.ts";
import { auditErrands } from "./audit/errands.ts";
import type { MandateCache } from "./judge.ts";
import { profileErrands } from "./profile-card.ts";
import { simulate } from "./rehearsal/simulate.ts";
import type { Slots } from "./slots.ts";
import { refundTransaction } from "./stripe/refund-errand.ts";
import type { Work } from "./work.ts";

/** What an errand works with. */
export interface ErrandDesk {
  /**
   * Runs the route's handler in a transaction of its own, with key and role read anew. Comes before anything else.
   *
   * @param changed The call with what the errand has found out, for the transaction that decides.
   */
  readonly answer: (changed?: ApiCall) => ApiAnswer;
  /** One storage transaction in the name of the system, for what the errand brought back. */
  readonly transact: <T>(action: (work: Work) => T) => T;
  readonly sql: SqlStorage;
  readonly env: Env;
  readonly cache: MandateCache;
  /** The object's clock, ms. */
  readonly now: () => number;
  readonly refreshBalance: () => Promise<boolean>;
  /** Simulations of this organization that run at the same time. */
  readonly rehearsals: Slots;
}

export type Errand = (desk: ErrandDesk, call: ApiCall) => Promise<ApiAnswer>;

/**
 * REST operations that are more than one transaction: they wait for the network, or go over much in steps. Only what
 * the key may see lets the service do any of it, so every errand begins with `answer`, and ends when that refuses. (A simulation takes its slot first: planning is work as well.)
 */
export const ERRANDS: Readonly<Partial<Record<RouteId, Errand>>> = {
  getX402Integration: async ({ answer, refreshBalance }) => {
    const first = answer();
    return first.status === 200 && (await refreshBalance()) ? answer() : first;
  },
  ...auditErrands,
  ...profileErrands,
  simulateMandate: simulate,
  refundTransaction,
};
