import type * as z from "zod";
import type { Role } from "../../organization/api.ts";
import type { RailsApi } from "../../payments/rails-api.ts";
import type { Result } from "../../result.ts";
import type { Refusal } from "../errors.ts";

/**
 * One REST operation. The same schemas validate at the edge, type the handler in the object and make the OpenAPI
 * document. Money-moving routes carry `idempotency: "required"`: the header `Idempotency-Key` must be there.
 */
export interface RouteDefinition {
  /** Unique, camelCase; also the OpenAPI operationId: `createAgent`. */
  readonly id: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`, OpenAPI style: `/agents/{agent_id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Roles of keys that may call it. */
  readonly roles: readonly Role[];
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Status of the successful answer. */
  readonly status: 200 | 201 | 202;
  readonly response: z.ZodType;
  /** `text/csv` for exports; JSON otherwise. */
  readonly content_type?: string;
  readonly idempotency?: "required";
  /** `required`: the edit needs `If-Match` with the version it was based on. `optional`: it is checked where it is sent. */
  readonly if_match?: "required" | "optional";
  /** For bodies that hold a secret: see `Prepare`. */
  readonly prepare?: Prepare;
}

/** Whose secret it is, from the verified key. */
export interface PrepareContext {
  readonly organization_id: string;
  readonly mode: "test" | "live";
}

/**
 * Makes of the validated body the one that goes to the object, before the object is asked for anything but the caller's
 * role. A secret is sealed here, by Rails: the object, its tables and its log never meet it. Only for a caller who may
 * call the route. What it throws becomes a 503; what the client must change is a refusal, which holds no part of a secret.
 */
export type Prepare = (
  rails: RailsApi,
  context: PrepareContext,
  body: unknown,
) => Promise<Result<PreparedBody, Refusal>>;

export interface PreparedBody {
  readonly body: unknown;
  /** Members that the edge adds to a successful answer: a secret that was made, shown this once. */
  readonly reveal?: Readonly<Record<string, string>>;
}
