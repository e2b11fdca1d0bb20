import type * as z from "zod";
import type { VisitAnswer, VisitDecision } from "../approvals/visit.ts";
import { prepared } from "../edge/api/prepare.ts";
import type { RouteDefinition } from "../edge/api/route.ts";
import { ROUTES, type RouteId, type RouteOf } from "../edge/api/routes/index.ts";
import { type CallValues, shapeCall } from "../edge/api/shape.ts";
import { countryOf } from "../edge/caller.ts";
import { type FieldError, type Refusal, wordsOf } from "../edge/errors.ts";
import type { RequestScope } from "../edge/scope.ts";
import { callObject } from "../edge/stub.ts";
import type { ApiProblem, PersonCaller } from "../organization/api.ts";
import type { Membership, SignedIn } from "../people/api.ts";

/** Body of a successful answer. */
export type AnswerOf<Id extends RouteId> =
  RouteOf<Id> extends { readonly response: infer S extends z.ZodType } ? z.output<S> : never;

/** What was refused: a sentence for the person, and which fields it is about (JSON pointers into the body). */
export interface ApiRefusal {
  readonly ok: false;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly Pick<FieldError, "pointer" | "message">[];
  /** The whole problem: some carry more (`checks`, `status_now`). */
  readonly problem: Readonly<Record<string, unknown>>;
}
export type ApiResult<Id extends RouteId> =
  | {
      readonly ok: true;
      readonly body: AnswerOf<Id>;
      /** Lower-case names: where an export goes on. */
      readonly headers: Readonly<Record<string, string>>;
    }
  | ApiRefusal;

/** The operations of REST v1 for one person in one organization, without HTTP in between: same shapes, same refusals. */
export interface OrganizationApi {
  call<Id extends RouteId>(id: Id, input?: CallValues): Promise<ApiResult<Id>>;
  /** For pages that cannot be shown without it: a refusal is thrown and becomes an error page. */
  get<Id extends RouteId>(id: Id, input?: CallValues): Promise<AnswerOf<Id>>;
  /** An approval as a person sees it, or (with a decision) decides it. Throws like `get` when nobody could be asked. */
  visit(approvalId: string, decision: VisitDecision | null): Promise<VisitAnswer>;
}

/** Thrown by `get`. */
export class ApiRefused extends Error {
  readonly refusal: ApiRefusal;
  constructor(refusal: ApiRefusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

/**
 * The role is checked by the object, in the transaction that does the work. What `serve.tsx` knows of it decides only
 * what is shown and whether a secret is sealed for it.
 */
export function organizationApi(
  scope: RequestScope,
  request: Request,
  { person }: SignedIn,
  { organization_id, mode, region, role }: Membership,
): OrganizationApi {
  const { env, requestId, getStub } = scope;
  const stubOf = () => getStub(env, organization_id, region);
  const caller: PersonCaller = {
    person_id: person.id,
    role,
    request_id: requestId,
    country: countryOf(request),
    origin: new URL(request.url).origin,
  };
  const call = async <Id extends RouteId>(id: Id, input: CallValues = {}): Promise<ApiResult<Id>> => {
    const route: RouteDefinition = BY_ID.get(id)!;
    const shaped = shapeCall(route, input);
    if (!shaped.ok) return refused(shaped.error);
    const made = await prepared(route, shaped.value, {
      organization_id,
      mode,
      mayCall: async () => role === "owner" || role === "admin",
      rails: () => env.RAILS,
      request_id: requestId,
    });
    if (!made.ok) return refused(made.error);
    const options = { read: route.method === "GET", requestId };
    const answer = await callObject(stubOf, (stub) => stub.api(caller, made.value.call), options);
    if (!answer.ok) return refused(answer.error);
    const { status, body, headers = {} } = answer.value;
    if (status >= 400) return problemOf(status, body as ApiProblem);
    const shown = made.value.reveal === undefined ? body : { ...(body as object), ...made.value.reveal };
    return { ok: true, body: shown as AnswerOf<Id>, headers };
  };
  return {
    call,
    async get(id, input) {
      const answer = await call(id, input);
      if (!answer.ok) throw new ApiRefused(answer);
      return answer.body;
    },
    async visit(approval_id, decision) {
      const visit = { visitor: { by: "person", caller }, approval_id, decision } as const;
      const options = { read: decision === null, requestId };
      const answer = await callObject(stubOf, (stub) => stub.visit(visit), options);
      if (!answer.ok) throw new ApiRefused(refused(answer.error));
      return answer.value;
    },
  };
}

const BY_ID: ReadonlyMap<string, RouteDefinition> = new Map(ROUTES.map((route) => [route.id, route]));

function refused(refusal: Refusal): ApiRefusal {
  const { status, title, detail, errors = [] } = wordsOf(refusal);
  return { ok: false, status, code: refusal.kind, detail: detail ?? title, errors, problem: {} };
}

const problemOf = (status: number, problem: ApiProblem): ApiRefusal => ({
  ok: false,
  status,
  code: problem.code,
  detail: problem.detail,
  errors: problem.errors ?? [],
  problem: { ...problem },
});
