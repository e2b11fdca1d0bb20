import type { Caller } from "../organization/api.ts";

/** How the edge tells the object whose request this is. Inbound copies of these headers are dropped by `writeCaller`. */
const HEADERS = {
  key_id: "x-quetra-key-id",
  secret_hash: "x-quetra-secret-hash",
  request_id: "x-quetra-request-id",
  country: "x-quetra-country",
  origin: "x-quetra-origin",
} as const;
const PREFIX = "x-quetra-";

/** Edge: puts the caller on the request that goes to the object, after removing whatever a client sent under these names. */
export function writeCaller(headers: Headers, caller: Caller): void {
  for (const name of [...headers.keys()]) if (name.startsWith(PREFIX)) headers.delete(name);
  headers.set(HEADERS.key_id, caller.key_id);
  headers.set(HEADERS.secret_hash, caller.secret_hash);
  headers.set(HEADERS.request_id, caller.request_id);
  if (caller.country !== null) headers.set(HEADERS.country, caller.country);
  if (caller.origin !== undefined) headers.set(HEADERS.origin, caller.origin);
}

/** Object: throws when the edge has not said who calls, so that a request without a caller can never be served. */
export function readCaller(request: Request): Caller {
  const required = (name: string) => {
    const value = request.headers.get(name);
    if (value === null || value === "") throw new Error(`internal header ${name} is missing`);
    return value;
  };
  const origin = request.headers.get(HEADERS.origin);
  return {
    key_id: required(HEADERS.key_id),
    secret_hash: required(HEADERS.secret_hash),
    request_id: required(HEADERS.request_id),
    country: request.headers.get(HEADERS.country),
    ...(origin !== null && { origin }),
  };
}
