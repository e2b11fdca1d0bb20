import { DurableObject } from "cloudflare:workers";
import type { ApprovalVisit, VisitAnswer } from "../approvals/visit.ts";
import { ROUTES, type RouteId } from "../edge/api/routes/index.ts";
import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { type Governance, GovernanceError } from "../mcp/governance.ts";
import { createOrganizationMcpHandler } from "../mcp/handler.ts";
import { JSON_RPC, McpRefusal } from "../mcp/json-rpc.ts";
import { faultPoint } from "../payments/fault.ts";
import { guardPolicy } from "../payments/policy.ts";
import type { WebhookOrder, WebhookOutcome } from "../payments/rails-api.ts";
import { runAlarm } from "./alarm.ts";
import { answerApi } from "./answer-api.ts";
import { answerCall, type CallDesk, spendCalls, type Take } from "./answer-call.ts";
import type {
  ApiAnswer,
  ApiCall,
  Authentication,
  Caller,
  HistoryAnswer,
  HistoryInput,
  HookCall,
  MemberChange,
  NoteAnswer,
  OperatorCaller,
  PersonCaller,
  ProvisionAnswer,
  ProvisionInput,
} from "./api.ts";
import { balanceRefresher } from "./balance.ts";
import { allowanceOf, byCaller } from "./callers.ts";
import { ERRANDS } from "./errands.ts";
import { readHead } from "./event-log.ts";
import { nextFollow } from "./followers.ts";
import { organizationGovernance } from "./governance.ts";
import { type HookDesk, receiveHook } from "./hook-messages.ts";
import { MandateCache } from "./judge.ts";
import { mcpRefusal, refusal } from "./key-refusal.ts";
import { noteMember } from "./member-notes.ts";
import { type HistoryDesk, playHistory } from "./play-history.ts";
import { identify, type Principal } from "./principal.ts";
import { Problem } from "./problem.ts";
import { projectionCursor } from "./projection.ts";
import { PROVISIONING, provision } from "./provision.ts";
import { migrate } from "./schema.ts";
import { Slots } from "./slots.ts";
import { first } from "./sql.ts";
import { Throttle } from "./throttle.ts";
import { nextTimer } from "./timers.ts";
import { visitApproval } from "./visit.ts";
import { WakeUp } from "./wake.ts";
import { claimDelivery, recordAttempt } from "./webhooks/attempts.ts";
import { type By, type Known, Work } from "./work.ts";

/**
 * One organization: the only authority on its money. Every call is one synchronous storage transaction, a fetch several
 * with the network between them; the alarm runs due timers and lets D1 follow the event log. Thin on purpose: what a call
 * does stands in the modules it names.
 */
export class Organization extends DurableObject<Env> {
  readonly #cache = new MandateCache();
  readonly #throttle: Throttle;
  readonly #mcp: (request: Request) => Promise<Response>;
  readonly #alarm = new WakeUp(this.ctx.storage);
  /** Taken over only from a unit of work that was committed, dropped whenever one is rolled back. */
  #known: Known = {};
  #sizeReadAt = 0;
  #full = false;
  /** Not before this instant does the projection try again. */
  #projectAfter = 0;
  readonly #fetches = new Slots({
    total: LIMITS.fetchesAtOnce,
    perOwner: LIMITS.fetchesAtOncePerAgent,
    waiting: LIMITS.fetchesWaiting,
  });
  readonly #payments = new Slots({
    total: LIMITS.providerCallsAtOnce,
    perOwner: LIMITS.providerCallsAtOncePerAgent,
    waiting: LIMITS.providerCallsWaiting,
  });
  readonly #rehearsals = new Slots({ total: LIMITS.rehearsalsAtOnce, perOwner: LIMITS.rehearsalsAtOnce, waiting: 0 });
  readonly #refreshBalance = balanceRefresher({
    sql: this.ctx.storage.sql,
    rails: () => this.env.RAILS,
    now: () => this.#now(),
    transact: (action) => this.#transact(SYSTEM, action),
  });

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#throttle = new Throttle(Number(env.TEST_THROTTLE_FACTOR ?? 1));
    this.#mcp = createOrganizationMcpHandler((caller) => this.#governance(caller), {
      onerror: (error, request_id) => log("error", "mcp_failed", { request_id, ...errorFields(error) }),
    });
    ctx.blockConcurrencyWhile(async () => {
      migrate(ctx.storage);
      await this.#alarm.load();
      this.#rearm();
    });
  }

  /** Answers one MCP request. Only the edge can reach this: objects have no address of their own. */
  override async fetch(request: Request): Promise<Response> {
    return this.#mcp(request);
  }

  async authenticate(caller: Caller): Promise<Authentication> {
    const identity = identify(this.ctx.storage.sql, caller, Date.now());
    return identity.ok ? { ok: true, role: identity.principal.role } : refusal(identity.why);
  }

  async api(caller: Caller | PersonCaller, call: ApiCall): Promise<ApiAnswer> {
    const route = ROUTES.find(({ id }) => id === call.route);
    if (route === undefined) return answerApi.unknownRoute();
    const calls: CallDesk = {
      transact: (by, action) => this.#transact(by, action),
      take: this.#take,
      cache: this.#cache,
      env: this.env,
    };
    const answer = (changed: ApiCall = call) => answerCall(calls, route, caller, changed);
    const errand = ERRANDS[route.id as RouteId];
    if (errand === undefined) return answer();
    const desk = {
      ...this.#desk(),
      answer,
      refreshBalance: this.#refreshBalance,
      rehearsals: this.#rehearsals,
    };
    return errand(desk, call);
  }

  /** A person at the page of an approval, with a one-time link, a key or a sign-in. */
  async visit(visit: ApprovalVisit): Promise<VisitAnswer> {
    const desk = { cache: this.#cache, take: this.#take };
    return visitApproval({ ...desk, transact: (by, action) => this.#transact(by, action) }, visit);
  }

  readonly #take: Take = (bucket, perMinute) => this.#throttle.take(bucket, perMinute, Date.now());
  readonly #spendCall = spendCalls(this.#take);

  /** A message of Stripe or a merchant. */
  async hook(call: HookCall) {
    const transact: HookDesk["transact"] = (rail, action) =>
      this.#transact({ ...SYSTEM, actor: { type: "system", id: rail } }, action);
    return receiveHook({ ...this.#desk(), rails: this.env.RAILS, take: this.#take, transact }, call);
  }

  async provision(input: ProvisionInput): Promise<ProvisionAnswer> {
    if (first(this.ctx.storage.sql, "SELECT 1 AS yes FROM organization") !== undefined) return { created: false };
    return this.#transact(PROVISIONING, (work) => provision(work, this.env.KEY_SIGNING_SECRETS, input));
  }

  async noteMember(caller: PersonCaller | OperatorCaller, change: MemberChange): Promise<NoteAnswer> {
    const { sql } = this.ctx.storage;
    const transact = <T>(by: By, action: (work: Work) => T) => this.#transact(by, action);
    return noteMember({ sql, take: this.#take, transact }, caller, change);
  }

  async playHistory(input: HistoryInput): Promise<HistoryAnswer> {
    const { sql } = this.ctx.storage;
    const transactAt: HistoryDesk["transactAt"] = (at, by, action) => this.#transact(by, action, at);
    return playHistory({ sql, env: this.env, cache: this.#cache, now: Date.now(), transactAt }, input);
  }

  async claimDelivery(deliveryId: string, attempt: number): Promise<WebhookOrder | null> {
    return this.#transact(SYSTEM, (work) => claimDelivery(work, deliveryId, attempt));
  }

  async recordAttempt(deliveryId: string, attempt: number, outcome: WebhookOutcome): Promise<void> {
    this.#transact(SYSTEM, (work) => recordAttempt(work, deliveryId, attempt, outcome));
  }

  async sweep(): Promise<void> {
    // What the platform says, not what this instance remembers: this is for alarms that were lost.
    await this.#alarm.load();
    this.#rearm();
  }

  /** What is due, in its order; arms the next alarm last. Never throws. */
  override async alarm(): Promise<void> {
    this.#alarm.fired();
    const { retryAt, projectAfter } = await runAlarm({ ...this.#desk(), projectAfter: this.#projectAfter });
    this.#projectAfter = projectAfter;
    this.#rearm(retryAt);
  }

  /** For what works in the name of the system. */
  #desk() {
    return {
      sql: this.ctx.storage.sql,
      env: this.env,
      cache: this.#cache,
      now: () => this.#now(),
      transact: <T>(action: (work: Work) => T) => this.#transact(SYSTEM, action),
    };
  }

  #governance(caller: Caller): Governance {
    const identity = identify(this.ctx.storage.sql, caller, Date.now());
    if (!identity.ok) throw mcpRefusal(identity.why);
    if (identity.principal.role !== "spend") {
      throw new McpRefusal(404, JSON_RPC.key, "An MCP URL needs a spend key; this key has another role.");
    }
    const { bucket, perMinute } = allowanceOf(caller);
    const wait = this.#take(bucket, perMinute);
    if (wait > 0)
      throw new McpRefusal(429, JSON_RPC.throttled, "Too many requests with this key. Slow down.", retryAfter(wait));
    return organizationGovernance((rail) => ({
      run: (action) => this.#asAgent(caller, action),
      record: (action) => this.#transact({ ...SYSTEM, actor: { type: "system", id: rail } }, action),
      cache: this.#cache,
      spendCall: this.#spendCall,
      mayLog: (agentId) => this.#take(`refused:${agentId}`, LIMITS.rejectionRowsPerMinute) === 0,
      rails: this.env.RAILS,
      env: this.env,
      policy: guardPolicy(this.env),
      refreshBalance: this.#refreshBalance,
      fault: (point) => faultPoint(this.env, point),
      inTurn: (agentId, work) => (rail === "x402" ? this.#fetches : this.#payments).run(agentId, work).catch(rethrow),
      keepAlive: (work) => this.ctx.waitUntil(work),
    }));
  }

  /** One tool call: a transaction that reads the key again, so that a revocation in between is seen. */
  #asAgent<T>(caller: Caller, action: (work: Work, principal: Principal) => T): T {
    try {
      return this.#transact(byCaller(caller), (work) => {
        const identity = identify(work.sql, caller, work.now);
        if (!identity.ok || identity.principal.role !== "spend") {
          throw new Problem(410, "key_gone", "This key is no longer valid. An administrator has to issue a new one.");
        }
        return action(work, identity.principal);
      });
    } catch (error) {
      return rethrow(error);
    }
  }

  /**
   * Runs one unit of work in one storage transaction. A throw rolls everything back, the alarm included.
   *
   * @param clock ms; the platform's, but for a history that is played.
   */
  #transact<T>(by: By, action: (work: Work) => T, clock: number = Date.now()): T {
    const known = this.#known;
    // Taken over only once this unit of work is committed.
    this.#known = {};
    const { result, next } = this.#alarm.transact(() => {
      const wake = (at: number) => this.#wake(at, work.now);
      const work = new Work(this.ctx.storage.sql, clock, by, this.#storageFull(), wake, known);
      const seqBefore = work.head.seq;
      const result = action(work);
      if (work.head.seq !== seqBefore) wake(work.now + LIMITS.followDelayMs);
      return { result, next: work.known };
    });
    this.#known = next;
    return result;
  }

  /** Asked once a second at most: the size is a query of its own, and a gigabyte lies between the limit and the end. */
  #storageFull(): boolean {
    const now = Date.now();
    if (now >= this.#sizeReadAt + 1_000 || now < this.#sizeReadAt) {
      this.#sizeReadAt = now;
      this.#full = this.ctx.storage.sql.databaseSize >= LIMITS.storageRefuseBytes;
    }
    return this.#full;
  }

  /** For whoever writes the object's tables by hand (benches): the next unit of work reads everything again. */
  protected forget(): void {
    this.#known = {};
  }

  /** The clock of everything that is judged: never earlier than the newest event. */
  #now(): number {
    return Math.max(Date.now(), (this.#known.head ?? readHead(this.ctx.storage.sql)).at);
  }

  /** The object's clock can be ahead of the platform's, which runs the alarm: what counts is how far off the instant is. */
  #wake(at: number, now: number): void {
    this.#alarm.set(Date.now() + Math.max(0, at - now));
  }

  /** Arms the alarm for whatever is due next; called by the constructor and the sweeper too, in case an alarm was lost. */
  #rearm(retryAt: number | null = null): void {
    const { sql } = this.ctx.storage;
    const soon = this.#now() + LIMITS.followDelayMs;
    const follow = nextFollow(sql, soon);
    for (const at of [nextTimer(sql), follow]) if (at !== null) this.#wake(at, this.#now());
    if (retryAt !== null) this.#alarm.set(retryAt);
    else if (projectionCursor(sql).seq < readHead(sql).seq) this.#wake(soon, this.#now());
  }
}

/** What the caller must change, in the form that a tool reports. */
function rethrow(error: unknown): never {
  throw error instanceof Problem ? new GovernanceError(error.code, error.message) : error;
}

const SYSTEM: By = { actor: { type: "system", id: "timer" }, keyId: null, requestId: null, country: null };

const retryAfter = (ms: number): Record<string, string> => ({ "retry-after": String(Math.ceil(ms / 1000)) });
