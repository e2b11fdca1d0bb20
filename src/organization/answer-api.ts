import { createHash } from "node:crypto";
import type { RouteDefinition } from "../edge/api/route.ts";
import type { ApiAnswer, ApiCall } from "./api.ts";
import { type Desk, type Handler, WithHeaders } from "./handlers/desk.ts";
import { Problem } from "./problem.ts";
import { first } from "./sql.ts";
import type { Work } from "./work.ts";

const problem = (status: number, code: string, detail: string, extra: object = {}): ApiAnswer => ({
  status,
  body: { code, detail, ...extra },
});

interface StoredAnswer {
  readonly fingerprint: string;
  readonly status: number;
  readonly body: string;
}

/** How REST calls are answered inside the object. */
export const answerApi = {
  unknownRoute: (): ApiAnswer => problem(404, "not_found", "There is no such operation."),

  unauthorized: (why: "unknown" | "gone"): ApiAnswer =>
    problem(
      401,
      why === "gone" ? "key_gone" : "key_unknown",
      why === "gone" ? "This key was revoked or has expired." : "This key is not known.",
    ),

  forbidden: (route: RouteDefinition): ApiAnswer =>
    problem(403, "wrong_role", `This operation needs a key with the role ${route.roles.join(" or ")}.`),

  /** Turns a Problem into its answer. Its throw has already rolled the transaction back. */
  run(action: () => ApiAnswer): ApiAnswer {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const { errors, retry_after, ...extra } = error.extra as {
        errors?: readonly { path: string; message: string }[];
        retry_after?: number;
      };
      return {
        ...problem(error.status, error.code, error.message, {
          ...extra,
          ...(errors === undefined ? {} : { errors: errors.map(({ path, message }) => ({ pointer: path, message })) }),
        }),
        ...(retry_after === undefined ? {} : { headers: { "retry-after": String(retry_after) } }),
      };
    }
  },

  /**
   * Runs a handler. Where the route moves money, the first answer under an Idempotency-Key is kept for as long as the
   * ledger lives and given again; the same key with another request is a conflict. Refusals do not use the key up.
   */
  handle(work: Work, route: RouteDefinition, call: ApiCall, handler: Handler, desk: Desk): ApiAnswer {
    if (route.idempotency !== "required") return answer(route, handler(desk, call));
    const key = call.idempotency_key;
    if (key === null) throw new Problem(400, "idempotency_key_required", "Send an Idempotency-Key header.");
    const fingerprint = createHash("sha256")
      .update(JSON.stringify([route.id, call.params, call.body]))
      .digest("base64url");
    const earlier = first<StoredAnswer>(
      work.sql,
      "SELECT fingerprint, status, body FROM request_keys WHERE route = ? AND key = ?",
      route.id,
      key,
    );
    if (earlier !== undefined) {
      if (earlier.fingerprint !== fingerprint) {
        throw new Problem(409, "idempotency_conflict", "This Idempotency-Key was used for a different request.");
      }
      return {
        status: earlier.status,
        body: JSON.parse(earlier.body) as unknown,
        headers: { "idempotent-replayed": "true" },
      };
    }
    const made = answer(route, handler(desk, call));
    work.exec(
      "INSERT INTO request_keys (route, key, fingerprint, status, body, at) VALUES (?, ?, ?, ?, ?, ?)",
      route.id,
      key,
      fingerprint,
      made.status,
      JSON.stringify(made.body),
      work.now,
    );
    return made;
  },
};

function answer(route: RouteDefinition, made: unknown): ApiAnswer {
  const { body, headers } = made instanceof WithHeaders ? made : { body: made, headers: {} };
  const type = route.content_type === undefined ? {} : { "content-type": route.content_type };
  return { status: route.status, body, headers: { ...type, ...headers } };
}
