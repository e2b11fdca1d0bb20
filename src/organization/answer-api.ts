import { createHash } from "node:crypto";
import type { RouteDefinition } from "../edge/api/route.ts";
import type { ApiAnswer, ApiCall, Caller, PersonCaller } from "./api.ts";
import { type Desk, type Handler, WithHeaders } from "./handlers/desk.ts";
import { isPerson } from "./person.ts";
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

  unauthorized(why: "unknown" | "gone" | "nobody"): ApiAnswer {
    switch (why) {
      case "gone":
        return problem(401, "key_gone", "This key was revoked or has expired.");
      case "unknown":
        return problem(401, "key_unknown", "This key is not known.");
      case "nobody":
        return problem(401, "person_unknown", "Who is asking is not known. Sign in again.");
    }
  },

  forbidden: (route: RouteDefinition, caller: Caller | PersonCaller): ApiAnswer =>
    problem(
      403,
      "wrong_role",
      isPerson(caller)
        ? "Your role in this organization does not allow this."
        : `This operation needs a key with the role ${route.roles.join(" or ")}.`,
    ),

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
    if (call.idempotency_key === null) {
      throw new Problem(400, "idempotency_key_required", "Send an Idempotency-Key header.");
    }
    const key = keyOf(work, call.idempotency_key);
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

/**
 * Keys of the organization share theirs, so that a retry may come with the key that replaced the first. A person has
 * their own: nobody can use up what another person is about to send, or be given another's answer. No client can write
 * such a name, for it has a space in it.
 */
const keyOf = ({ actor }: Work, key: string): string => (actor.type === "person" ? `${actor.id} ${key}` : key);

function answer(route: RouteDefinition, made: unknown): ApiAnswer {
  const { body, headers } = made instanceof WithHeaders ? made : { body: made, headers: {} };
  const type = route.content_type === undefined ? {} : { "content-type": route.content_type };
  return { status: route.status, body, headers: { ...type, ...headers } };
}
