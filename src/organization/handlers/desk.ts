import type { Env } from "../../env.ts";
import type { ApiCall } from "../api.ts";
import type { SpendCall } from "../governance.ts";
import type { MandateCache } from "../judge.ts";
import type { Principal } from "../principal.ts";
import type { Work } from "../work.ts";

/** What a REST handler works with: all of it inside one storage transaction. */
export interface Desk {
  readonly work: Work;
  readonly env: Env;
  readonly principal: Principal;
  readonly cache: MandateCache;
  readonly signingSecrets: string | undefined;
  readonly spendCall: SpendCall;
}

/** A body that travels with headers of its own. */
export class WithHeaders {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  constructor(body: unknown, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}

/** Answers the body of a successful response; what the caller must change is thrown as a Problem. */
export type Handler = (desk: Desk, call: ApiCall) => unknown;

/** The edge has validated the body with the route's schema; this names its type. */
export const bodyOf = <T>(call: ApiCall): T => call.body as T;
export const queryOf = <T>(call: ApiCall): T => call.query as T;
export const param = (call: ApiCall, name: string): string => call.params[name] ?? "";
