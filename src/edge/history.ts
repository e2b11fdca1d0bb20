import type { Context } from "hono";
import * as z from "zod";
import { regionOf } from "../keys/format.ts";
import { newId } from "../keys/ids.ts";
import { LIMITS } from "../limits.ts";
import { settle } from "../mcp/tools/settle.ts";
import type { HistoryStep } from "../organization/api.ts";
import { isTimeZone } from "../policy/zone.ts";
import { err, ok, type Result } from "../result.ts";
import { name } from "../schema/resources.ts";
import type { RouteDefinition } from "./api/route.ts";
import { ROUTES } from "./api/routes/index.ts";
import { shapeCall } from "./api/shape.ts";
import { readBody } from "./body-cap.ts";
import { type FieldError, problem, problemResponse, type Refusal } from "./errors.ts";
import { log } from "./log.ts";
import type { EdgeEnv, RequestScope } from "./scope.ts";
import { callObject } from "./stub.ts";
import { readJson, validateJson } from "./validation.ts";

const BASE = "/operator/history";
const PLAY = /^\/operator\/history\/(org_[0-9A-Za-z]{22})$/;

const instant = z.iso.datetime({ precision: 3 }).transform((text) => Date.parse(text));
const beginBody = z.strictObject({
  name,
  timezone: z.string().max(64).refine(isTimeZone, "Use an IANA time zone, for example Europe/Berlin.").default("UTC"),
  created_at: instant,
});
const playBody = z.strictObject({
  steps: z
    .array(
      z.strictObject({
        at: instant,
        by: z.union([
          z.strictObject({
            person_id: z.string().min(1).max(64),
            role: z.enum(["owner", "admin", "approver", "viewer"]),
          }),
          z.strictObject({ key: z.string().min(1).max(64) }),
        ]),
        operation: z.string().max(64),
        params: z.record(z.string(), z.string().max(200)).optional(),
        query: z.record(z.string(), z.string().max(200)).optional(),
        body: z.json().optional(),
        if_match: z.string().max(64).optional(),
      }),
    )
    .max(LIMITS.demoHistorySteps),
});
type Given = z.infer<typeof playBody>["steps"][number];

/** The agent's report of what a purchase cost, in the form of an operation. */
const SETTLE: RouteDefinition = {
  id: "quetra_settle",
  method: "POST",
  path: "/",
  tag: "Spending",
  summary: settle.title,
  roles: ["spend"],
  body: settle.input,
  status: 200,
  response: settle.output,
};

/**
 * How the demo gets a past; only where DEMO_HISTORY is on, otherwise null, as for any path that leads nowhere. In two
 * steps, so that people can be made members in between and be named in it: `POST /operator/history` notes an organization
 * that is nothing yet, `POST /operator/history/{organization_id}` founds it and plays its steps at once.
 */
export async function historyRoute(c: Context<EdgeEnv>): Promise<Response | null> {
  const { env, requestId } = c.env;
  if (env.DEMO_HISTORY !== "on") return null;
  const id = PLAY.exec(c.req.path)?.[1];
  if (id === undefined && c.req.path !== BASE) return null;
  if (c.req.method !== "POST") return problem({ kind: "method_not_allowed", allow: "POST" }, requestId);
  return id === undefined ? begin(c.env, c.req.raw) : play(c.env, c.req.raw, id);
}

async function begin({ env, requestId, now }: RequestScope, request: Request): Promise<Response> {
  const body = await readJson(request, beginBody);
  if (!body.ok) return problem(body.error, requestId);
  const { name, timezone, created_at } = body.value;
  if (created_at > now()) return refuse(requestId, "invalid_request", "created_at lies in the future.");
  const id = newId("org");
  await env.DB.prepare(
    "INSERT INTO organizations (id, name, mode, region, timezone, created_at, swept_at) VALUES (?, ?, 'test', 'default', ?, ?, 0)",
  )
    .bind(id, name, timezone, created_at)
    .run();
  return Response.json({ id, mode: "test" }, { status: 201 });
}

interface Row {
  readonly name: string;
  readonly mode: "test" | "live";
  readonly region: string;
  readonly timezone: string;
  readonly created_at: number;
}

async function play({ env, requestId, getStub }: RequestScope, request: Request, id: string): Promise<Response> {
  const text = await readBody(request, LIMITS.demoHistoryBytes);
  if (!text.ok) return problem(text.error, requestId);
  const body = validateJson(text.value, playBody);
  if (!body.ok) return problem(body.error, requestId);
  const steps: HistoryStep[] = [];
  for (const [index, given] of body.value.steps.entries()) {
    const step = shapeStep(given, index);
    if (!step.ok) return problem(step.error, requestId);
    steps.push(step.value);
  }
  const row = await env.DB.prepare("SELECT name, mode, region, timezone, created_at FROM organizations WHERE id = ?")
    .bind(id)
    .first<Row>();
  if (row === null) return problem({ kind: "not_found" }, requestId);
  const played = await callObject(
    () => getStub(env, id, regionOf(row.region) ?? 0),
    (stub) => stub.playHistory({ organization: { id, ...row }, steps }),
    { read: false, requestId },
  );
  if (!played.ok) return problem(played.error, requestId);
  if (!played.value.ok) return refuse(requestId, played.value.code, played.value.detail);
  log("info", "history_played", { organization_id: id, steps: steps.length, request_id: requestId });
  const { admin_key, answers } = played.value;
  return Response.json({ id, admin_key, answers: answers.map(({ status, body }) => ({ status, body })) });
}

/** Every step against the schemas of its operation, as over HTTP. Nothing with a secret: those never reach the object so. */
function shapeStep(given: Given, index: number): Result<HistoryStep, Refusal> {
  const { at, by, operation, params, query, body, if_match } = given;
  const route: RouteDefinition | undefined =
    operation === SETTLE.id ? SETTLE : ROUTES.find((each: RouteDefinition) => each.id === operation);
  if (route === undefined || route.prepare !== undefined) {
    return err(fieldError({ in: "body", pointer: `/steps/${index}/operation`, message: "No history has this." }));
  }
  const shaped = shapeCall(route, { params, query, body, if_match, idempotency_key: `history-${index}` });
  if (shaped.ok) return ok({ at, by, call: shaped.value });
  if (shaped.error.kind !== "invalid_request") return shaped;
  const errors = shaped.error.errors.map((error) => ({
    ...error,
    pointer: `/steps/${index}/${error.in}${error.pointer}`,
  }));
  return err({ kind: "invalid_request", errors });
}

const fieldError = (error: FieldError): Refusal => ({ kind: "invalid_request", errors: [error] });

const refuse = (requestId: string, code: string, detail: string): Response =>
  problemResponse(409, { code, detail }, requestId);
