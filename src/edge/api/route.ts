import type * as z from "zod";
import type { Role } from "../../organization/api.ts";

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
  /** `required`: the edit needs `If-Match` with the version it was based on. */
  readonly if_match?: "required";
}
