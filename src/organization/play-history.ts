import { ROUTES, type RouteId } from "../edge/api/routes/index.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import type { SettleInput } from "../mcp/governance.ts";
import { answerApi } from "./answer-api.ts";
import { answerCall, type CallDesk } from "./answer-call.ts";
import type { ApiAnswer, ApiCall, Caller, HistoryAnswer, HistoryInput, HistoryStep, PersonCaller } from "./api.ts";
import { byCaller } from "./callers.ts";
import { runTimer } from "./due.ts";
import { runFollowers } from "./followers.ts";
import { withAnswers } from "./history-answers.ts";
import type { MandateCache } from "./judge.ts";
import { identify, KEY_BY_ID, type KeyRow } from "./principal.ts";
import { PROVISIONING, provision } from "./provision.ts";
import { settle } from "./service/settlement.ts";
import { first } from "./sql.ts";
import { Throttle } from "./throttle.ts";
import { dueTimers } from "./timers.ts";
import type { By, Work } from "./work.ts";

/** What playing needs of the object. Nothing else is given a clock. */
export interface HistoryDesk {
  readonly sql: SqlStorage;
  readonly env: Env;
  readonly cache: MandateCache;
  /** The platform's clock, ms. */
  readonly now: number;
  /** One ordinary transaction at an instant of the past. */
  readonly transactAt: <T>(at: number, by: By, action: (work: Work) => T) => T;
}

/**
 * Founds an organization in the past and lets it live until now, all in one turn: each step is an ordinary transaction
 * with everything that it judges, and between two of them the ledger's timers run at their own instants. Only an object
 * that is nothing yet can be given a past, so no history that is there can be added to or altered.
 */
export function playHistory(desk: HistoryDesk, { organization, steps }: HistoryInput): HistoryAnswer {
  const why = refusal(desk, { organization, steps });
  if (why !== null) return { ok: false, ...why };
  const { created_at, ...input } = organization;
  const { KEY_SIGNING_SECRETS } = desk.env;
  const founded = desk.transactAt(created_at, PROVISIONING, (work) => provision(work, KEY_SIGNING_SECRETS, input));
  const throttle = new Throttle(1);
  const answers: ApiAnswer[] = [];
  for (const [index, step] of steps.entries()) {
    catchUp(desk, step.at);
    const take: CallDesk["take"] = (bucket, perMinute) => throttle.take(bucket, perMinute, step.at);
    answers.push(answerApi.run(() => play(desk, step, index, answers, take)));
    follow(desk, step.at);
  }
  catchUp(desk, desk.now);
  return { ok: true, admin_key: founded.admin_key ?? null, answers };
}

/** Only what the ledger and its settings do by themselves: nothing that waits for the network, and no secret. */
const PLAYED: ReadonlySet<string> = new Set([
  "createAgent",
  "updateAgent",
  "suspendAgent",
  "resumeAgent",
  "createMandate",
  "activateMandate",
  "editMandate",
  "pauseMandate",
  "resumeMandate",
  "createKey",
  "revokeKey",
  "setOrganizationBudgets",
  "freezeOrganization",
  "unfreezeOrganization",
  "evaluate",
  "decideApproval",
  "settleTransaction",
  "cancelTransaction",
  "refundTransaction",
  "listAlerts",
  "acknowledgeAlert",
] satisfies RouteId[]);
/** The agent's own report, which is a tool and no operation. */
const SETTLE = "quetra_settle";

function refusal(
  { sql, env, now }: HistoryDesk,
  { organization, steps }: HistoryInput,
): { readonly code: string; readonly detail: string } | null {
  const no = (code: string, detail: string) => ({ code, detail });
  if (env.DEMO_HISTORY !== "on") return no("not_found", "There is no such operation.");
  if (organization.mode !== "test") return no("live_mode", "Only a test organization can be given a history.");
  if (first(sql, "SELECT 1 AS yes FROM organization UNION ALL SELECT 1 FROM events") !== undefined) {
    return no("already_exists", "This organization exists already, so its past is settled.");
  }
  if (steps.length > LIMITS.demoHistorySteps) {
    return no("too_many_steps", `A history has at most ${LIMITS.demoHistorySteps} steps.`);
  }
  let before = organization.created_at;
  for (const [index, { at, call }] of [{ at: before, call: null }, ...steps].entries()) {
    if (!Number.isSafeInteger(at) || at < before || at < 0 || at > now) {
      return no("wrong_order", `Entry ${index} is not a whole millisecond between the one before and now.`);
    }
    if (call !== null && call.route !== SETTLE && !PLAYED.has(call.route)) {
      return no("not_played", `Entry ${index} asks for an operation that no history has.`);
    }
    before = at;
  }
  return null;
}

/** What was due meanwhile, each at its own instant and not at the next step's. */
function catchUp(desk: HistoryDesk, at: number): void {
  for (;;) {
    const [timer] = dueTimers(desk.sql, at, 1);
    if (timer === undefined) return;
    desk.transactAt(timer.due_at, SYSTEM, (work) => runTimer(work, desk.cache, timer));
    follow(desk, timer.due_at);
  }
}

/** Alerts are raised when they were due, and not all of them today. */
function follow({ sql, env, cache, transactAt }: HistoryDesk, at: number): void {
  const transact = (action: (work: Work) => void) => transactAt(at, SYSTEM, action);
  while (runFollowers({ sql, env, cache, now: () => at, transact }));
}

const SYSTEM: By = { actor: { type: "system", id: "timer" }, keyId: null, requestId: null, country: null };

function play(
  desk: HistoryDesk,
  { at, by, call }: HistoryStep,
  index: number,
  answers: readonly ApiAnswer[],
  take: CallDesk["take"],
): ApiAnswer {
  const { params, body } = withAnswers({ params: call.params, body: call.body }, answers);
  const made: ApiCall = { ...call, params, body };
  const caller = callerOf(desk.sql, withAnswers(by, answers), `req_history_${index}`);
  const transact: CallDesk["transact"] = (as, action) => desk.transactAt(at, as, action);
  if (call.route === SETTLE) return settleAs(desk, transact, caller, made);
  const route = ROUTES.find(({ id }) => id === call.route);
  return route === undefined
    ? answerApi.unknownRoute()
    : answerCall({ transact, take, cache: desk.cache, env: desk.env }, route, caller, made);
}

/** A key is named by its id: the step that made it has answered it, and its hash is here. */
function callerOf(sql: SqlStorage, by: HistoryStep["by"], request_id: string): Caller | PersonCaller {
  const around = { request_id, country: null };
  if ("person_id" in by) return { person_id: by.person_id, role: by.role, ...around };
  const row = first<KeyRow>(sql, KEY_BY_ID, by.key);
  return { key_id: by.key, secret_hash: row?.secret_hash ?? "", ...around };
}

/** As the tool does it: a spend key only, read in the transaction. */
function settleAs(
  { cache }: HistoryDesk,
  transact: CallDesk["transact"],
  caller: Caller | PersonCaller,
  call: ApiCall,
): ApiAnswer {
  return transact(byCaller(caller), (work) => {
    const identity = "person_id" in caller ? null : identify(work.sql, caller, work.now);
    if (identity?.ok !== true || identity.principal.role !== "spend") return answerApi.unauthorized("unknown");
    return { status: 200, body: settle(work, cache, identity.principal, call.body as SettleInput) };
  });
}
