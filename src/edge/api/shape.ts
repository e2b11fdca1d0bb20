import { LIMITS } from "../../limits.ts";
import type { ApiCall } from "../../organization/api.ts";
import { err, ok, type Result } from "../../result.ts";
import { idempotencyKey } from "../../schema/common.ts";
import type { Refusal } from "../errors.ts";
import { holdsKey } from "../json-body.ts";
import { invalid, validate, validateJson } from "../validation.ts";
import type { RouteDefinition } from "./route.ts";

/** One call of an operation as plain values. What is undefined counts as not given. */
export interface CallValues {
  readonly params?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, QueryValue>> | undefined;
  readonly body?: unknown;
  /** The version, with or without quotes. */
  readonly if_match?: string | undefined;
  readonly idempotency_key?: string | undefined;
}
type QueryValue = string | number | boolean | readonly string[] | undefined;

/** What of a call stands around its body. */
type Around = Pick<ApiCall, "query" | "if_match" | "idempotency_key">;

/**
 * Checks a call that did not come over HTTP against the route's schemas, with the same limits and the same refusals as one
 * that did. Pure: whether the caller may call the route is the object's to say.
 */
export function shapeCall(route: RouteDefinition, values: CallValues): Result<ApiCall, Refusal> {
  const params = readParams(route, values.params ?? {});
  if (!params.ok) return params;
  const { idempotency_key, if_match } = values;
  const around = shapeAround(route, { idempotency_key, if_match, query: asQueries(values.query ?? {}) });
  if (!around.ok) return around;
  const body = readBodyValue(route, values.body);
  if (!body.ok) return body;
  return ok({ route: route.id, params: params.value, ...around.value, body: body.value ?? null });
}

/** Idempotency key, version and query of a call, in the order in which they are refused. */
export function shapeAround(
  route: RouteDefinition,
  given: {
    readonly idempotency_key: string | undefined;
    readonly if_match: string | undefined;
    readonly query: Readonly<Record<string, readonly string[]>>;
  },
): Result<Around, Refusal> {
  const idempotency = readIdempotencyKey(given.idempotency_key, route);
  if (!idempotency.ok) return idempotency;
  const ifMatch = readIfMatch(given.if_match, route);
  if (!ifMatch.ok) return ifMatch;
  const query = readQuery(given.query, route);
  if (!query.ok) return query;
  return ok({ query: query.value, if_match: ifMatch.value, idempotency_key: idempotency.value });
}

/** Exactly those that the path names, none of them empty: over HTTP anything else meets no route. */
function readParams(
  route: RouteDefinition,
  given: Readonly<Record<string, string>>,
): Result<Record<string, string>, Refusal> {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const params = Object.fromEntries(names.map((name) => [name, Object.hasOwn(given, name) ? given[name] : ""]));
  const values = Object.values(params);
  if (values.some((value) => typeof value !== "string" || value === "")) return err({ kind: "not_found" });
  if (values.join("").length > LIMITS.urlBytes) return err({ kind: "url_too_long", maxBytes: LIMITS.urlBytes });
  return ok(params as Record<string, string>);
}

/** As they would stand in a query string. */
function asQueries(query: Readonly<Record<string, QueryValue>>): Record<string, readonly string[]> {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, Array.isArray(value) ? value : [String(value)]]));
}

/** By way of its JSON, so that the schema sees what it would see of a request, and sizes count alike. */
function readBodyValue(route: RouteDefinition, value: unknown): Result<unknown, Refusal> {
  if (route.body === undefined) return ok(undefined);
  let text: string;
  try {
    text = value === undefined ? "" : (JSON.stringify(value) ?? "");
  } catch {
    return err({ kind: "malformed_json" });
  }
  const maxBytes = LIMITS.requestBodyBytes;
  if (new TextEncoder().encode(text).byteLength > maxBytes) return err({ kind: "body_too_large", maxBytes });
  return validateJson(text, route.body);
}

function readIdempotencyKey(given: string | undefined, route: RouteDefinition): Result<string | null, Refusal> {
  if (given !== undefined) {
    if (holdsKey(given)) return err({ kind: "key_in_field" });
    const parsed = idempotencyKey.safeParse(given);
    if (parsed.success) return ok(parsed.data);
    return invalid("header", "/Idempotency-Key", parsed.error.issues[0]?.message ?? "Invalid.");
  }
  return route.idempotency === "required" ? err({ kind: "idempotency_key_required" }) : ok(null);
}

/** One strong tag, quoted as RFC 9110 wants it or bare. `*` would be an edit of whatever is there: not offered. */
function readIfMatch(given: string | undefined, route: RouteDefinition): Result<string | null, Refusal> {
  if (given === undefined) return route.if_match === "required" ? err({ kind: "if_match_required" }) : ok(null);
  const match = /^(?:"([\x21\x23-\x7e]{1,64})"|([0-9A-Za-z._-]{1,64}))$/.exec(given.trim());
  const tag = match?.[1] ?? match?.[2];
  return tag === undefined ? invalid("header", "/If-Match", 'Send one version, for example "3".') : ok(tag);
}

/** A parameter that is there twice becomes a list, which only a schema that wants a list accepts. */
function readQuery(
  queries: Readonly<Record<string, readonly string[]>>,
  route: RouteDefinition,
): Result<Record<string, unknown>, Refusal> {
  const given = Object.entries(queries);
  if (route.query === undefined) {
    const first = given[0]?.[0];
    return first === undefined ? ok({}) : invalid("query", "", "This operation takes no query parameters.");
  }
  const raw = Object.fromEntries(given.map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
  return validate(route.query, raw, "query") as Result<Record<string, unknown>, Refusal>;
}
