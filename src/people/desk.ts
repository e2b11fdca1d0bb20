import { AsyncLocalStorage } from "node:async_hooks";
import { throttleFactor } from "../edge/flood-filter.ts";
import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import type { MemberNote } from "./api.ts";
import { dashboardUrl } from "./base-url.ts";

/** What every function about people works with, for one request. */
export interface Desk {
  readonly env: Env;
  readonly db: D1Database;
  /** Scheme and host of every link. */
  readonly base: string;
  /** 1, but for tests. */
  readonly throttleFactor: number;
  /** Work that the answer does not wait for. What it fails with is logged, never told. */
  later(what: string, work: () => Promise<unknown>): void;
  /** Puts a change of members on the organization's record. Never throws: the change has been made. */
  note(note: MemberNote): Promise<void>;
}

export interface DeskOptions {
  waitUntil(work: Promise<unknown>): void;
  note(note: MemberNote): Promise<void>;
}

export function openDesk(env: Env, { waitUntil, note }: DeskOptions): Desk {
  return {
    env,
    db: env.DB,
    base: dashboardUrl(env),
    throttleFactor: throttleFactor(env.TEST_THROTTLE_FACTOR),
    later: (what, work) =>
      waitUntil(work().catch((error) => log("error", `people_${what}_failed`, errorFields(error)))),
    note,
  };
}

/**
 * The call that Better Auth is working for. Its instance lives as long as the isolate, and its callbacks are not told
 * whose request they belong to.
 */
export interface AuthCall {
  readonly desk: Desk;
  /** The password of a sign-up, for an address that is taken but not confirmed; see `confirmation.ts`. */
  readonly signUp?: { readonly name: string; readonly password: string };
}

export const authCalls = new AsyncLocalStorage<AuthCall>();

export function currentCall(): AuthCall {
  const call = authCalls.getStore();
  if (call === undefined) throw new Error("Better Auth was called without a desk.");
  return call;
}
