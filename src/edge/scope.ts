import type { Env } from "../env.ts";
import { encodeBase62 } from "../keys/base62.ts";
import type { Region } from "../keys/format.ts";
import type { OrganizationStub } from "../organization/api.ts";
import type { RouteDefinition } from "./api/route.ts";
import type { FloodFilter } from "./flood-filter.ts";
import type { Located } from "./locate.ts";

export type GetStub = (env: Env, organizationId: string, region: Region) => OrganizationStub;

/** What the edge is built from; tests put stand-ins here. */
export interface EdgeDependencies {
  readonly getStub: GetStub;
  readonly routes: readonly RouteDefinition[];
  readonly now: () => number;
}

/** Everything that belongs to one request. It is Hono's `c.env`. */
export interface RequestScope {
  readonly env: Env;
  readonly requestId: string;
  readonly located: Located;
  readonly flood: FloodFilter;
  readonly getStub: GetStub;
  readonly now: () => number;
  readonly waitUntil: (work: Promise<unknown>) => void;
}
export interface EdgeEnv {
  Bindings: RequestScope;
}

/** Always our own: an id that a client chose could be used to forge the log of another request. */
export const newRequestId = (): string => `req_${encodeBase62(crypto.getRandomValues(new Uint8Array(12)))}`;
