/** The way of one request through the stand-in, in Stripe's order: key, version, route, right, shape, idempotency, work. */
import { setTimeout as wait } from "node:timers/promises";
import { authenticate, checkRight, readVersion } from "./access.mjs";
import { invalid, StripeRefusal, serverError } from "./errors.mjs";
import { checkExpand, expand } from "./expand.mjs";
import { LATE, reset, STORED, strikeAfter, strikeBefore } from "./faults.mjs";
import { decodeForm } from "./form.mjs";
import { findRoute } from "./routes.mjs";
import { newId } from "./world.mjs";

const BODY_BYTES = 256 * 1024;

/** @param {{ world: any, faults: any, idempotency: any, log: any[] }} parts */
export function createApi({ world, faults, idempotency, log }) {
  return async (c) => {
    const { method, path } = c.req;
    const request = { id: newId("req"), key: c.req.header("idempotency-key") ?? null };
    const fault = faults.next(method, path);
    const entry = { method, path, idempotency_key: request.key, fault: fault?.kind ?? null, status: null };
    log.push(entry);
    if (log.length > 10_000) log.shift();
    let answer;
    try {
      const gone = await strikeBefore(fault, c);
      if (gone !== null) return gone;
      if (fault?.kind === LATE) return await serveLate(c, fault, { world, idempotency, request, entry });
      answer = await serve(c, { world, idempotency, request, fault, entry });
    } catch (error) {
      answer = answerTo(error);
    }
    entry.status = answer.status;
    const headers = {
      "content-type": "application/json",
      "request-id": request.id,
      "stripe-version": c.req.header("stripe-version") ?? "",
      ...(request.key === null ? {} : { "idempotency-key": request.key }),
      ...answer.headers,
    };
    const text = JSON.stringify(answer.body, null, 2);
    return (
      (await strikeAfter(fault, c, { status: answer.status, headers, text })) ?? c.body(text, answer.status, headers)
    );
  };
}

/** By the clock of the stand-in, after `delay_ms`. Nobody hears the answer. */
async function serveLate(c, { delay_ms }, parts) {
  // The body must be here before the connection goes.
  await c.req.text();
  const { clock, late } = parts.world;
  clock.after(delay_ms, () => {
    const work = serve(c, parts)
      .catch(answerTo)
      .then(({ status }) => {
        parts.entry.status = status;
        late.delete(work);
      });
    late.add(work);
  });
  return reset(c);
}

/** A bug of the stand-in is a 500 like one of Stripe's, and says so to whoever runs it. */
function answerTo(error) {
  if (error instanceof StripeRefusal)
    return { status: error.status, body: { error: { ...error.error } }, headers: error.headers };
  console.error(error);
  return { status: 500, body: { error: { type: "api_error", message: "The sandbox failed." } }, headers: {} };
}

async function serve(c, { world, idempotency, request, fault, entry }) {
  const who = authenticate(world, c.req.header("authorization"));
  entry.account = who.account.id;
  const preview = readVersion(c.req.header("stripe-version"));
  const { method, path } = c.req;
  const found = findRoute(method, path);
  if (found === undefined)
    throw new StripeRefusal(404, {
      type: "invalid_request_error",
      message: `Unrecognized request URL (${method}: ${path}).`,
    });
  const { route, id } = found;
  if (route.preview === true && !preview)
    throw invalid(undefined, "Shared payment tokens need a preview version in the Stripe-Version header.");
  checkRight(who, route.right);
  const form = decodeForm(method === "GET" ? new URL(c.req.url).search : await bodyOf(c));
  const params = route.params(preview)(form);
  checkExpand(route.shows, route.listed, params.expand);
  const scope = { world, account: who.account, params, id, path, request };
  const run = () => carryOut(route, scope);
  if (method === "GET") return run();

  // Stripe makes up a key where none is given, so such a request meets no other.
  const key = request.key ?? newId("auto");
  const begun = idempotency.begin({ account: who.account.id, key, endpoint: `${method} ${path}`, form });
  if (begun.replay !== undefined) return { ...begun.replay, headers: { "idempotent-replayed": "true" } };
  await wait(world.settings.latency_ms);
  let answer = fault?.kind === STORED ? answerTo(serverError()) : run();
  if (fault?.kind === "500_after") answer = answerTo(serverError());
  begun.finish({ status: answer.status, body: answer.body });
  return answer;
}

function carryOut(route, scope) {
  try {
    const { params, account, world } = scope;
    world.request = scope.request;
    return { status: 200, body: expand(account, route.run(scope), params.expand), headers: {} };
  } catch (error) {
    return answerTo(error);
  } finally {
    scope.world.request = null;
  }
}

async function bodyOf(c) {
  const type = c.req.header("content-type") ?? "";
  const text = await c.req.text();
  if (text.length > BODY_BYTES) throw new StripeRefusal(413, { type: "invalid_request_error", message: "Too large." });
  if (text !== "" && !type.startsWith("application/x-www-form-urlencoded"))
    throw invalid(undefined, `Invalid Content-Type: ${type}. Bodies are application/x-www-form-urlencoded.`);
  return text;
}
