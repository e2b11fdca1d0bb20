import * as z from "zod";
import { peopleProblem } from "../auth-secret.ts";
import { LIMITS } from "../limits.ts";
import { name } from "../schema/resources.ts";
import { problem, problemResponse } from "./errors.ts";
import { log } from "./log.ts";
import { memberNotes } from "./note-member.ts";
import type { RequestScope } from "./scope.ts";
import { invalid, readJson } from "./validation.ts";

const appointBody = z.strictObject({
  organization_id: z.string().max(LIMITS.nameChars),
  email: z.string().max(LIMITS.emailChars),
  name,
  role: z.enum(["owner", "admin", "approver", "viewer"]),
  password: z.string().nullable().default(null),
});

/**
 * `POST /operator/members`: makes a person a member of an organization, with an account whose address counts as
 * confirmed. It is how the first owner of an organization comes in where nobody can sign up, or mail is not set up yet.
 */
export async function appointRoute(scope: RequestScope, request: Request): Promise<Response> {
  const { env, requestId } = scope;
  const body = await readJson(request, appointBody);
  if (!body.ok) return problem(body.error, requestId);
  const missing = peopleProblem(env);
  if (missing !== null) {
    return problemResponse(503, { code: "not_configured", title: "Not set up", detail: missing }, requestId);
  }
  const { organization_id, role } = body.value;
  const organization = await env.DB.prepare("SELECT name FROM organizations WHERE id = ?")
    .bind(organization_id)
    .first<{ name: string }>();
  if (organization === null) {
    return problem(invalid("body", "/organization_id", "There is no such organization.").error, requestId);
  }
  const background: Promise<unknown>[] = [];
  // Loaded here and not above: this module is part of every isolate, Better Auth is not.
  const { peopleOf } = await import("../people/index.ts");
  const people = peopleOf(env, {
    waitUntil: (work) => void background.push(work),
    note: memberNotes(scope, request),
  });
  const appointed = await people.appoint({ ...body.value, organization_name: organization.name });
  await Promise.all(background);
  if (!appointed.ok) {
    const { code, field, message } = appointed;
    if (field !== undefined) return problem(invalid("body", `/${field}`, message).error, requestId);
    return problemResponse(409, { code, detail: message }, requestId);
  }
  const { person_id } = appointed.value;
  log("info", "member_appointed", { organization_id, person_id, role, request_id: requestId });
  return Response.json({ organization_id, person_id, role }, { status: 201 });
}
