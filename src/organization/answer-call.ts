import type { RouteDefinition } from "../edge/api/route.ts";
import type { RouteId } from "../edge/api/routes/index.ts";
import type { Env } from "../env.ts";
import { answerApi } from "./answer-api.ts";
import type { ApiAnswer, ApiCall, Caller, PersonCaller } from "./api.ts";
import { allowanceOf, byCaller } from "./callers.ts";
import type { SpendCall } from "./governance.ts";
import { HANDLERS } from "./handlers/index.ts";
import type { MandateCache } from "./judge.ts";
import { isPerson } from "./person.ts";
import { identifyCaller } from "./principal.ts";
import { Problem } from "./problem.ts";
import type { By, Work } from "./work.ts";

/** Takes one token of a bucket; answers the milliseconds until there is one, 0 = taken. */
export type Take = (bucket: string, perMinute: number) => number;

/** What an operation needs of the object that it happens in. */
export interface CallDesk {
  readonly transact: <T>(by: By, action: (work: Work) => T) => T;
  readonly take: Take;
  readonly cache: MandateCache;
  readonly env: Env;
}

/** One operation as one transaction, in which the caller is read and its role compared with the route's. */
export function answerCall(
  { transact, take, cache, env }: CallDesk,
  route: RouteDefinition,
  caller: Caller | PersonCaller,
  call: ApiCall,
): ApiAnswer {
  return answerApi.run(() =>
    transact(byCaller(caller), (work) => {
      const identity = identifyCaller(work.sql, caller, work.now);
      if (!identity.ok) return answerApi.unauthorized(identity.why);
      const { principal } = identity;
      if (!route.roles.some((role) => principal.roles.has(role))) return answerApi.forbidden(route, caller);
      takeCall(take, caller);
      return answerApi.handle(work, route, call, HANDLERS[route.id as RouteId], {
        work,
        env,
        principal,
        cache,
        signingSecrets: env.KEY_SIGNING_SECRETS,
        spendCall: spendCalls(take),
      });
    }),
  );
}

function takeCall(take: Take, caller: Caller | PersonCaller): void {
  const { bucket, perMinute } = allowanceOf(caller);
  const wait = take(bucket, perMinute);
  if (wait > 0) {
    const words = isPerson(caller) ? "Too many requests. Slow down." : "Too many requests with this key. Slow down.";
    throw new Problem(429, "too_many_requests", words, { retry_after: Math.ceil(wait / 1000) });
  }
}

/** Spending calls are bounded per agent. Without a token there is no decision: the throttle fails closed. */
export const spendCalls =
  (take: Take): SpendCall =>
  (kind, agentId, perMinute) => {
    const wait = take(`${kind}:${agentId}`, perMinute);
    if (wait > 0) {
      throw new Problem(
        429,
        "too_many_requests",
        `This agent asks more often than ${perMinute} times a minute. The same call can be repeated in ${Math.ceil(wait / 1000)} s.`,
      );
    }
  };
