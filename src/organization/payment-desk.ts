import type { Env } from "../env.ts";
import type { FaultPoint } from "../payments/fault.ts";
import type { GuardPolicy } from "../payments/guard.ts";
import type { RailsApi } from "../payments/rails-api.ts";
import type { SpendCall } from "./governance.ts";
import type { MandateCache } from "./judge.ts";
import type { Principal } from "./principal.ts";
import type { Work } from "./work.ts";

/** What a payment tool needs of the object it runs in. */
export interface PaymentDesk {
  /** One storage transaction as the calling key, which is read again in it. */
  readonly run: <T>(action: (work: Work, principal: Principal) => T) => T;
  /** The same in the name of the service: what happened is recorded even when the key was revoked meanwhile. */
  readonly record: <T>(action: (work: Work) => T) => T;
  readonly cache: MandateCache;
  readonly spendCall: SpendCall;
  /** May one more refused request of this agent be logged this minute? */
  readonly mayLog: (agentId: string) => boolean;
  readonly rails: RailsApi;
  readonly env: Env;
  readonly policy: GuardPolicy;
  readonly fault: (point: FaultPoint) => Promise<void>;
  /** Runs the work when there is room for this agent's. */
  readonly inTurn: <T>(agentId: string, work: () => Promise<T>) => Promise<T>;
  /** What was begun goes on when the caller hangs up. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}
