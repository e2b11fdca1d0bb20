import type { Context, Hono } from "hono";
import { parseHookToken } from "../keys/hook-token.ts";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { LIMITS } from "../limits.ts";
import { readBody } from "./body-cap.ts";
import { problem } from "./errors.ts";
import { throttleFactor } from "./flood-filter.ts";
import { log } from "./log.ts";
import type { EdgeEnv } from "./scope.ts";
import { callObject } from "./stub.ts";

/**
 * Where Stripe and merchants send their events. The address is no authority: the object lets Rails verify the signature
 * over the bytes as they came. Everything that is not a message for one of our hooks answers alike, so that nobody can
 * find out which hooks there are.
 */
export function mountHooks(app: Hono<EdgeEnv>): void {
  app.post("/hooks", receive);
  app.all("/hooks", (c) => problem({ kind: "method_not_allowed", allow: "POST" }, c.env.requestId));
}

async function receive(c: Context<EdgeEnv>): Promise<Response> {
  const { env, located, requestId, flood, now, getStub } = c.env;
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  if (!signing.ok) {
    log("error", "not_configured", { reason: signing.error });
    return problem({ kind: "not_configured", reason: signing.error }, requestId);
  }
  const hook = parseHookToken(located.pathToken ?? "", signing.value);
  const stripe_signature = c.req.header("stripe-signature") ?? null;
  const merchant_signature = c.req.header("merchant-signature") ?? null;
  if (hook === null || (stripe_signature === null && merchant_signature === null)) {
    return problem({ kind: "hook_refused" }, requestId);
  }
  const verdict = flood.take(`hook:${hook.hook_id}`, now(), throttleFactor(env.TEST_THROTTLE_FACTOR));
  if (!verdict.allowed) return problem({ kind: "throttled", retryAfterSeconds: verdict.retryAfterSeconds }, requestId);
  const body = await readBody(c.req.raw, LIMITS.hookBodyBytes);
  if (!body.ok) return problem(body.error, requestId);
  const { hook_id, organization_id, region } = hook;
  const call = { hook_id, stripe_signature, merchant_signature, body: body.value, request_id: requestId };
  const answer = await callObject(
    () => getStub(env, organization_id, region),
    (stub) => stub.hook(call),
    // Applied once however often it comes, so it may be repeated like a read.
    { read: true, requestId },
  );
  if (!answer.ok) return problem({ kind: "unavailable", retryAfterSeconds: 5 }, requestId);
  switch (answer.value.outcome) {
    case "taken":
      return Response.json({ received: true });
    case "refused":
      return problem({ kind: "hook_refused" }, requestId);
    case "failed":
      return problem({ kind: "unavailable", retryAfterSeconds: 5 }, requestId);
    case "throttled":
      return problem({ kind: "throttled", retryAfterSeconds: answer.value.retry_after_seconds }, requestId);
  }
}
