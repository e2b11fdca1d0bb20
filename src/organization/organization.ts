import { DurableObject } from "cloudflare:workers";
import type { RouteDefinition } from "../edge/api/route.ts";
import { ROUTES, type RouteId } from "../edge/api/routes/index.ts";
import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { type Governance, GovernanceError } from "../mcp/governance.ts";
import { createOrganizationMcpHandler } from "../mcp/handler.ts";
import { JSON_RPC, McpRefusal } from "../mcp/json-rpc.ts";
import { faultPoint } from "../payments/fault.ts";
import { guardPolicy } from "../payments/policy.ts";
import { runAlarm } from "./alarm.ts";
import { answerApi } from "./answer-api.ts";
import type { ApiAnswer, ApiCall, Authentication, Caller, ProvisionAnswer, ProvisionInput } from "./api.ts";
import { balanceRefresher } from "./balance.ts";
import type { Actor } from "./event-log.ts";
import { readHead } from "./event-log.ts";
import { organizationGovernance, type SpendCall } from "./governance.ts";
import { HANDLERS } from "./handlers/index.ts";
import { MandateCache } from "./judge.ts";
import { mcpRefusal, refusal } from "./key-refusal.ts";
import { createKey } from "./keys.ts";
import { identify, type Principal } from "./principal.ts";
import { Problem } from "./problem.ts";
import { projectionCursor } from "./projection.ts";
import { migrate } from "./schema.ts";
import { Slots } from "./slots.ts";
import { first } from "./sql.ts";
import { Throttle } from "./throttle.ts";
import { nextTimer } from "./timers.ts";
import { type Known, Work } from "./work.ts";

/**
 * One organization: the only authority on its money. Every call is one synchronous storage transaction, a fetch several
 * with the network between them; the alarm runs due timers and lets D1 follow the event log. Thin on purpose: what a call
 * does stands in the modules it names.
 */
export class Organization extends DurableObject<Env> {
  readonly #cache = new MandateCache();
  readonly #throttle: Throttle;
  readonly #mcp: (request: Request) => Promise<Response>;
  /** When the alarm is set for, as far as this instance knows; setting it costs a write, so only an earlier one is set. */
  #armedAt: number | null = null;
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
      this.#armedAt = await ctx.storage.getAlarm();
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

  async api(caller: Caller, call: ApiCall): Promise<ApiAnswer> {
    const route = ROUTES.find(({ id }) => id === call.route);
    if (route === undefined) return answerApi.unknownRoute();
    const answer = this.#answerApi(route, caller, call);
    // Only what this key may see lets the service call out, and what it then sees is read under its key again.
    if (route.id !== "getX402Integration" || answer.status !== route.status) return answer;
    return (await this.#refreshBalance()) ? this.#answerApi(route, caller, call) : answer;
  }

  #answerApi(route: RouteDefinition, caller: Caller, call: ApiCall): ApiAnswer {
    return answerApi.run(() =>
      this.#transact(byKey(caller), (work) => {
        const principal = this.#identify(work, caller);
        if (principal === "unknown" || principal === "gone") return answerApi.unauthorized(principal);
        if (!route.roles.includes(principal.role)) return answerApi.forbidden(route);
        this.#throttleKey(caller);
        return answerApi.handle(work, route, call, HANDLERS[route.id as RouteId], {
          work,
          principal,
          cache: this.#cache,
          signingSecrets: this.env.KEY_SIGNING_SECRETS,
          spendCall: this.#spendCall,
        });
      }),
    );
  }

  async provision(input: ProvisionInput): Promise<ProvisionAnswer> {
    if (first(this.ctx.storage.sql, "SELECT 1 AS yes FROM organization") !== undefined) return { created: false };
    const by = {
      actor: { type: "operator", id: "provisioning" } as const,
      keyId: null,
      requestId: null,
      country: null,
    };
    return this.#transact(by, (work) => {
      work.exec(
        `INSERT INTO organization (one, id, name, mode, region, timezone, created_at, updated_at)
         VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
        input.id,
        input.name,
        input.mode,
        input.region,
        input.timezone,
        work.now,
        work.now,
      );
      const { mode, name, region, timezone } = input;
      work.log("organization.created", input.id, { mode, name, region, timezone });
      const { key } = createKey(work, this.env.KEY_SIGNING_SECRETS, {
        name: "First admin key",
        role: "admin",
        agents: null,
        expires_at: null,
      });
      return { created: true, admin_key: key };
    });
  }

  async sweep(): Promise<void> {
    // What the platform says, not what this instance remembers: this is for alarms that were lost.
    this.#armedAt = await this.ctx.storage.getAlarm();
    this.#rearm();
  }

  /** What is due, in its order; arms the next alarm last. Never throws. */
  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const { retryAt, projectAfter } = await runAlarm({
      sql: this.ctx.storage.sql,
      env: this.env,
      cache: this.#cache,
      now: () => this.#now(),
      transact: (action) => this.#transact(SYSTEM, action),
    });
    // After a failure the back-off decides, not the next event.
    this.#projectAfter = projectAfter;
    this.#rearm(retryAt);
  }

  #governance(caller: Caller): Governance {
    const identity = identify(this.ctx.storage.sql, caller, Date.now());
    if (!identity.ok) throw mcpRefusal(identity.why);
    if (identity.principal.role !== "spend") {
      throw new McpRefusal(404, JSON_RPC.key, "An MCP URL needs a spend key; this key has another role.");
    }
    const wait = this.#throttle.take(`key:${caller.key_id}`, LIMITS.requestsPerKeyPerMinute, Date.now());
    if (wait > 0)
      throw new McpRefusal(429, JSON_RPC.throttled, "Too many requests with this key. Slow down.", retryAfter(wait));
    return organizationGovernance({
      run: (action) => this.#asAgent(caller, action),
      record: (action) => this.#transact({ ...SYSTEM, actor: { type: "system", id: "x402" } }, action),
      cache: this.#cache,
      spendCall: this.#spendCall,
      mayLog: (agentId) => this.#throttle.take(`refused:${agentId}`, LIMITS.rejectionRowsPerMinute, Date.now()) === 0,
      rails: this.env.RAILS,
      policy: guardPolicy(this.env),
      refreshBalance: this.#refreshBalance,
      fault: (point) => faultPoint(this.env, point),
      inTurn: (agentId, work) => this.#fetches.run(agentId, work).catch(rethrow),
      keepAlive: (work) => this.ctx.waitUntil(work),
    });
  }

  /** One tool call: a transaction that reads the key again, so that a revocation in between is seen. */
  #asAgent<T>(caller: Caller, action: (work: Work, principal: Principal) => T): T {
    try {
      return this.#transact(byKey(caller), (work) => {
        const principal = this.#identify(work, caller);
        if (principal === "unknown" || principal === "gone" || principal.role !== "spend") {
          throw new Problem(410, "key_gone", "This key is no longer valid. An administrator has to issue a new one.");
        }
        return action(work, principal);
      });
    } catch (error) {
      return rethrow(error);
    }
  }

  #identify(work: Work, caller: Caller): Principal | "unknown" | "gone" {
    const identity = identify(work.sql, caller, work.now);
    return identity.ok ? identity.principal : identity.why;
  }

  /** Spending calls are bounded per agent. Without a token there is no decision: the throttle fails closed. */
  readonly #spendCall: SpendCall = (kind, agentId, perMinute) => {
    const wait = this.#throttle.take(`${kind}:${agentId}`, perMinute, Date.now());
    if (wait > 0) {
      throw new Problem(
        429,
        "too_many_requests",
        `This agent asks more often than ${perMinute} times a minute. The same call can be repeated in ${Math.ceil(wait / 1000)} s.`,
      );
    }
  };

  #throttleKey(caller: Caller): void {
    const wait = this.#throttle.take(`key:${caller.key_id}`, LIMITS.requestsPerKeyPerMinute, Date.now());
    if (wait > 0) {
      throw new Problem(429, "too_many_requests", "Too many requests with this key. Slow down.", {
        retry_after: Math.ceil(wait / 1000),
      });
    }
  }

  /** Runs one unit of work in one storage transaction. A throw rolls everything back, the alarm included. */
  #transact<T>(by: ConstructorParameters<typeof Work>[2], action: (work: Work) => T): T {
    const armedBefore = this.#armedAt;
    let known: Known = {};
    try {
      const result = this.ctx.storage.transactionSync(() => {
        const work = new Work(
          this.ctx.storage.sql,
          Date.now(),
          by,
          this.#storageFull(),
          (at) => this.#wake(at),
          this.#known,
        );
        const seqBefore = work.head.seq;
        const answer = action(work);
        // While D1 fails, the back-off decides when to try again, not the next event.
        if (work.head.seq !== seqBefore)
          this.#wake(Math.max(Date.now() + LIMITS.projectionDelayMs, this.#projectAfter));
        known = work.known;
        return answer;
      });
      this.#known = known;
      return result;
    } catch (error) {
      this.#known = {};
      this.#armedAt = armedBefore;
      throw error;
    }
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

  #wake(at: number): void {
    // The platform takes no alarm centuries ahead; one that comes early finds nothing due and is set again.
    const soon = Math.min(at, Date.now() + FARTHEST_ALARM_MS);
    if (this.#armedAt !== null && this.#armedAt <= soon) return;
    this.#armedAt = soon;
    void this.ctx.storage.setAlarm(soon);
  }

  /** Arms the alarm for whatever is due next; called by the constructor and the sweeper too, in case an alarm was lost. */
  #rearm(retryAt: number | null = null): void {
    const { sql } = this.ctx.storage;
    const timer = nextTimer(sql);
    if (timer !== null) this.#wake(Math.max(timer, Date.now()));
    if (retryAt !== null) this.#wake(retryAt);
    else if (projectionCursor(sql).seq < readHead(sql).seq) this.#wake(Date.now() + LIMITS.projectionDelayMs);
  }
}

/** What the caller must change, in the form that a tool reports. */
function rethrow(error: unknown): never {
  throw error instanceof Problem ? new GovernanceError(error.code, error.message) : error;
}

const FARTHEST_ALARM_MS = 30 * 86_400_000;

const SYSTEM = { actor: { type: "system", id: "timer" } satisfies Actor, keyId: null, requestId: null, country: null };

const byKey = (caller: Caller) => ({
  actor: { type: "key", id: caller.key_id } satisfies Actor,
  keyId: caller.key_id,
  requestId: caller.request_id,
  country: caller.country,
});

const retryAfter = (ms: number): Record<string, string> => ({ "retry-after": String(Math.ceil(ms / 1000)) });
