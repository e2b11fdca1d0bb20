import type { Context, Hono } from "hono";
import type { ApprovalLink } from "../../approvals/link-token.ts";
import type { ApprovalVisit, VisitAnswer, VisitDecision, Visitor } from "../../approvals/visit.ts";
import { peopleProblem } from "../../auth-secret.ts";
import type { Env } from "../../env.ts";
import type { Region } from "../../keys/format.ts";
import { callerOf, countryOf } from "../caller.ts";
import { identify } from "../credential.ts";
import { problem } from "../errors.ts";
import { throttleFactor } from "../flood-filter.ts";
import { errorFields, log } from "../log.ts";
import type { EdgeEnv, RequestScope } from "../scope.ts";
import { callObject } from "../stub.ts";
import { type ApprovalForm, readForm } from "./form.ts";
import {
  answerPage,
  brokenForm,
  type Door,
  locatingPage,
  notAvailable,
  refusedPage,
  type SignIn,
  throttledPage,
} from "./page.tsx";

const METHODS = "GET, HEAD, POST";

/**
 * The pages on which a person decides. Two doors to the same purchase: a one-time link, whose token is the authority, and
 * the address that agents are told, which shows nothing before an approver's key is given. GET and HEAD write nothing.
 */
export function mountApprovalPages(app: Hono<EdgeEnv>): void {
  app.get("/approve", byLink);
  app.post("/approve", byLink);
  app.all("/approve", methods);
  app.get("/approvals/:id", locating);
  app.post("/approvals/:id", byKey);
  app.all("/approvals/:id", methods);
}

const methods = (c: Context<EdgeEnv>) => problem({ kind: "method_not_allowed", allow: METHODS }, c.env.requestId);

/** Neither altered nor foreign nor unknown tokens can be told apart: only Rails can read one at all. */
async function byLink(c: Context<EdgeEnv>): Promise<Response> {
  const request = c.req.raw;
  const scope = c.env;
  const form = await formOf(request);
  if (form instanceof Response) return form;
  const link = await openLink(scope);
  if (link instanceof Response) return link;
  const verdict = scope.flood.take(
    `link:${link.endpoint_id}:${link.approval_id}`,
    scope.now(),
    throttleFactor(scope.env.TEST_THROTTLE_FACTOR),
  );
  if (!verdict.allowed) return throttledPage(verdict.retryAfterSeconds);
  const { region, organization_id, approval_id, endpoint_id } = link;
  const visitor: Visitor = {
    by: "link",
    endpoint_id,
    request_id: scope.requestId,
    country: countryOf(request),
  };
  const decision = form === null ? null : decisionOf(form);
  if (form !== null && decision === null) return brokenForm();
  const visit = { visitor, approval_id, decision };
  return ask(scope, { organization_id, region }, visit, { door: "link" });
}

async function openLink(scope: RequestScope): Promise<ApprovalLink | Response> {
  const token = scope.located.pathToken;
  if (token === null || !/^[0-9A-Za-z]{16,128}$/.test(token)) return refusedPage("link");
  try {
    return (await scope.env.RAILS.openApprovalLink(token)) ?? refusedPage("link");
  } catch (error) {
    log("error", "link_not_opened", { request_id: scope.requestId, ...errorFields(error) });
    return notAvailable();
  }
}

const APPROVAL_ID = /^apr_[0-9A-Za-z]{22}$/;

/** What agents and strangers can open as well: the same bytes for every id, but for the id, so no object is asked. */
function locating(c: Context<EdgeEnv>): Response {
  const id = c.req.param("id") ?? "";
  return APPROVAL_ID.test(id) ? locatingPage(signInAt(c.env.env, id)) : refusedPage("address");
}

/** The dashboard's page of the same approval, where there is a dashboard: at its own address, or beside this page. */
function signInAt(env: Env, approvalId: string): SignIn {
  if (peopleProblem(env) !== null) return null;
  return `${(env.DASHBOARD_URL ?? "").replace(/\/+$/, "")}/dashboard/approvals/${approvalId}`;
}

async function byKey(c: Context<EdgeEnv>): Promise<Response> {
  const request = c.req.raw;
  const scope = c.env;
  const id = c.req.param("id") ?? "";
  if (!APPROVAL_ID.test(id)) return refusedPage("address");
  const form = await formOf(request);
  if (form instanceof Response) return form;
  const signIn = signInAt(scope.env, id);
  if (form === null || form.key === null) return refusedPage("key", signIn);
  // The key counts only in the form: nothing that a browser sends by itself opens this door.
  const key = identify(new Request(request.url), form.key, scope.env);
  if (!key.ok) {
    if (key.error.kind === "not_configured") {
      log("error", "not_configured", { reason: key.error.reason });
      return notAvailable();
    }
    return refusedPage("key", signIn);
  }
  const { keyId, orgId, region } = key.value;
  const verdict = scope.flood.take(keyId, scope.now(), throttleFactor(scope.env.TEST_THROTTLE_FACTOR));
  if (!verdict.allowed) return throttledPage(verdict.retryAfterSeconds);
  const decision = form.verdict === null ? null : decisionOf(form);
  if (form.verdict !== null && decision === null) return brokenForm();
  const visitor: Visitor = { by: "key", caller: callerOf(key.value, request, scope.requestId) };
  const visit = { visitor, approval_id: id, decision };
  return ask(scope, { organization_id: orgId, region }, visit, { door: "key", key: form.key, signIn });
}

/** Null for a request that only looks; a response where the form cannot be read. */
async function formOf(request: Request): Promise<ApprovalForm | null | Response> {
  if (request.method !== "POST") return null;
  const form = await readForm(request);
  return form.ok ? form.value : brokenForm(form.error);
}

/** A decision names what it decides about: without the digest of what was shown it is none. */
const decisionOf = ({ verdict, note, terms }: ApprovalForm): VisitDecision | null =>
  verdict === null || terms === null ? null : { verdict, note, terms };

async function ask(
  scope: RequestScope,
  where: { readonly organization_id: string; readonly region: Region },
  visit: ApprovalVisit,
  door: Door,
): Promise<Response> {
  const answer = await callObject<VisitAnswer>(
    () => scope.getStub(scope.env, where.organization_id, where.region),
    (stub) => stub.visit(visit),
    { read: visit.decision === null, requestId: scope.requestId },
  );
  if (!answer.ok) return notAvailable();
  return answerPage(answer.value, door, visit.decision !== null, scope.now());
}
