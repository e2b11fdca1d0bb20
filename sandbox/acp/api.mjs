/** The REST surface of ACP: what every request and every answer goes through. */
import { Hono } from "hono";
import { completeSession, lookAgain } from "./complete.mjs";
import { NEWEST, problemOf, since, VERSIONS } from "./contract.mjs";
import { happen } from "./faults.mjs";
import { twist } from "./hostile.mjs";
import { paymentOf, wishOf } from "./intent.mjs";
import { modeIn, takeFault } from "./modes.mjs";
import { Refusal } from "./refusal.mjs";
import { sessionIn } from "./render.mjs";
import { cancelSession, createSession, findSession, readSession, updateSession } from "./sessions.mjs";
import { keep } from "./world.mjs";

const BODY_BYTES = 256 * 1024;
const SHAPES = {
  create: "CheckoutSessionCreateRequest",
  update: "CheckoutSessionUpdateRequest",
  complete: "CheckoutSessionCompleteRequest",
  cancel: "CancelSessionRequest",
};

const DO = {
  create: ({ world, version, body }) => createSession(world, version, wishOf(version, body)),
  update: ({ world, version, body, session }) => updateSession(world, session, version, wishOf(version, body)),
  read: async ({ world, session }) => readSession(world, await lookAgain(world, session)),
  cancel: ({ world, session }) => cancelSession(world, session),
  complete: ({ world, version, body, session, key }) =>
    completeSession(world, session, { ...paymentOf(version, body), buyer: body.buyer, key }),
};

/** @param {ReturnType<import("./world.mjs").createWorld>} world */
export function acpRoutes(world) {
  const routes = new Hono();
  const serve = (step) => (c) => exchange(world, step, c);
  routes.post("/checkout_sessions", serve("create"));
  routes.get("/checkout_sessions/:id", serve("read"));
  routes.post("/checkout_sessions/:id", serve("update"));
  routes.post("/checkout_sessions/:id/complete", serve("complete"));
  routes.post("/checkout_sessions/:id/cancel", serve("cancel"));
  return routes;
}

/** One request: judged, kept from being done twice, done, and answered; a fault may come before and after. */
async function exchange(world, step, c) {
  const path = c.req.path.slice(c.req.path.indexOf("/checkout_sessions"));
  const call = {
    world,
    step,
    path,
    version: c.req.header("api-version"),
    key: c.req.header("idempotency-key") ?? null,
  };
  const record = { at: world.now(), step, path, version: call.version ?? null, key: call.key };
  keep(world.requests, record);
  const modes = () => world.sessions.get(call.id ?? c.req.param("id"))?.modes ?? world.pending;
  let answer;
  try {
    admit(world, c, call, step);
    const before = takeFault(modes(), step, "before");
    const stopped = before === null ? null : await happen(c, before, null);
    if (stopped !== null) return stopped;
    if (step !== "read") call.body = await bodyOf(c);
    answer = await once(call, () => perform(c, call));
  } catch (error) {
    answer = refused(world, call, record, error);
  }
  record.status = answer.status;
  const response = respond(c, call, answer);
  const after = answer.error ? null : takeFault(modes(), step, "after");
  if (after === null) return response;
  // A key is never kept for a failure of the server.
  if (after.kind === "500") world.idempotency.forget(scopeOf(call));
  return (await happen(c, after, response)) ?? response;
}

function admit(world, c, call, step) {
  const { version, key } = call;
  if (c.req.header("authorization") !== `Bearer ${world.bearer}`)
    throw new Refusal(401, "unauthorized", "This bearer is not known here.");
  if (!world.versions.includes(version)) {
    const code = version === undefined ? "missing_api_version" : "unsupported_api_version";
    const supported = VERSIONS.filter((each) => world.versions.includes(each)).reverse();
    throw new Refusal(400, code, `API-Version is one of ${supported.join(", ")}.`, undefined, { supported });
  }
  if (step === "read") return;
  if (key === null && since(version, "2026-04-17"))
    throw new Refusal(400, "idempotency_key_required", "Idempotency-Key header is required on all POST requests");
  if (key !== null && (key === "" || key.length > 255))
    throw new Refusal(400, "invalid", "Idempotency-Key has 1 to 255 characters.");
}

async function bodyOf(c) {
  const text = await c.req.text();
  if (text === "") return undefined;
  if (text.length > BODY_BYTES) throw new Refusal(413, "invalid", "The body is too large.");
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
    throw new Refusal(415, "invalid", "The body is application/json.");
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "invalid", "The body is not JSON.", "$");
  }
}

/** Keys are scoped to identity and path. There is one identity here. */
const scopeOf = ({ path, key }) => `${path}\n${key}`;

async function once(call, run) {
  const { world, version, key, step } = call;
  if (step === "read" || key === null || world.deviations.has("no_idempotency")) return run();
  const scope = scopeOf(call);
  const begun = world.idempotency.begin(scope, call.body);
  if (begun.kind === "conflict") throw conflict(world, version);
  if (begun.kind === "in_flight")
    throw new Refusal(409, "idempotency_in_flight", "A request with this Idempotency-Key is running.", undefined, {
      headers: { "retry-after": "1" },
    });
  if (begun.kind === "replay") return { ...begun.answer, replayed: true };
  try {
    const answer = await run();
    world.idempotency.end(scope, answer);
    return answer;
  } catch (error) {
    // A refusal is an answer too; whatever else is thrown is a 5xx, which is never kept. Nor is what passes by itself.
    if (error instanceof Refusal && error.status < 500 && error.status !== 409)
      world.idempotency.end(scope, answerOf(error));
    else world.idempotency.forget(scope);
    throw error;
  }
}

function conflict(world, version) {
  const message = "Idempotency-Key has already been used with a different request body";
  if (!since(version, "2026-04-17"))
    return new Refusal(409, "idempotency_conflict", message, undefined, { type: "request_not_idempotent" });
  if (world.deviations.has("conflict_409")) return new Refusal(409, "request_not_idempotent", message);
  return new Refusal(422, "idempotency_conflict", message);
}

async function perform(c, call) {
  const { world, step, version } = call;
  // Who asks for what is not there learns so before its body is judged.
  if (step !== "create") call.session = findSession(world, c.req.param("id"));
  const shape = SHAPES[step];
  // The first release cancels without a word; the others may say why.
  const judged = shape !== undefined && !(step === "cancel" && (call.body === undefined || version === "2025-09-29"));
  const wrong = judged ? problemOf(version, shape, call.body ?? null) : null;
  if (wrong !== null) throw new Refusal(400, "invalid", `${wrong.param} ${wrong.message}`, wrong.param);
  const session = await DO[step](call);
  call.id = session.id;
  const body = sessionIn(version, session, world);
  check(world, version, body.order ? "CheckoutSessionWithOrder" : "CheckoutSession", body);
  return { status: step === "create" ? 201 : 200, body: deviate(call, session, body), headers: {} };
}

/** What the contract does not foresee, on purpose. */
function deviate({ world, step, version }, session, body) {
  const hostile = modeIn(session, "hostile");
  if (hostile?.steps.includes(step)) return twist(body, hostile.tricks ?? []);
  if (!world.deviations.has("extra_timestamps") || since(version, "2026-01-30")) return body;
  return {
    ...body,
    created_at: new Date(session.created).toISOString(),
    updated_at: new Date(session.updated).toISOString(),
  };
}

/** An own answer that is not valid is a defect of the sandbox, and says so aloud. */
function check(world, version, shape, body) {
  const wrong = problemOf(version, shape, body);
  if (wrong === null) return;
  keep(world.faults, { version, shape, ...wrong });
  console.error(`ACP merchant: own ${shape} of ${version} is not valid at ${wrong.param}: ${wrong.message}`);
  throw new Error("own answer is not valid");
}

const answerOf = ({ status, body, headers }) => ({ status, body, headers, error: true });

function refused(world, call, record, error) {
  if (!(error instanceof Refusal)) {
    keep(world.faults, { step: call.step, error: String(error?.message ?? error) });
    console.error("ACP merchant:", error);
    const body = { type: "processing_error", code: "internal", message: "Something went wrong here." };
    return { status: 500, body, headers: {}, error: true };
  }
  record.code = error.body.code;
  if (CONTRACT.has(error.body.code)) keep(world.violations, { ...record, status: error.status, ...error.body });
  const known = VERSIONS.includes(call.version) && world.versions.includes(call.version) ? call.version : NEWEST;
  check(world, known, "Error", error.body);
  return answerOf(error);
}

/** Refusals that a client which keeps the contract never gets. */
const CONTRACT = new Set([
  ...["invalid", "idempotency_key_required", "idempotency_conflict", "request_not_idempotent"],
  ...["missing_api_version", "unsupported_api_version"],
]);

function respond(c, { world, key, version }, { status, body, headers, replayed }) {
  const echo = {};
  if (key !== null) echo["idempotency-key"] = key;
  const id = c.req.header("request-id");
  if (id !== undefined) echo["request-id"] = id;
  if (replayed && since(version, "2026-04-17") && !world.deviations.has("no_replayed_header"))
    echo["idempotent-replayed"] = "true";
  return Response.json(body, { status, headers: { "cache-control": "no-store", ...headers, ...echo } });
}
