/**
 * The Worker that is measured: the real edge and the real Organization, beside baselines that answer the same tool through
 * the same edge, key check and MCP handler, and do nothing, or one bare insert, where Quetra decides and holds.
 * Bench only; never deployed.
 */

import { ROUTES } from "../src/edge/api/routes/index.ts";
import { createApp, type EdgeApp } from "../src/edge/app.ts";
import type { Env } from "../src/env.ts";
import type { EvaluateInput, EvaluateOutput, Governance } from "../src/mcp/governance.ts";
import { createOrganizationMcpHandler } from "../src/mcp/handler.ts";
import { JSON_RPC, McpRefusal } from "../src/mcp/json-rpc.ts";
import type { Caller, OrganizationStub } from "../src/organization/api.ts";
import { Organization as ProductionOrganization } from "../src/organization/organization.ts";
import { identify } from "../src/organization/principal.ts";
import { measured, type SeedInput, type StorageUse, seed } from "./instruments.ts";

export { Rails } from "../src/payments/rails.ts";

const VARIANTS = ["evaluate", "insert", "nothing"] as const;
type Variant = (typeof VARIANTS)[number];

interface BenchEnv extends Env {
  readonly INSERT: DurableObjectNamespace;
  readonly NOTHING: DurableObjectNamespace;
}

/** D1 is another machine in production: here it takes every batch at once, after the serialization that a call costs. */
const sink = {
  prepare: (query: string) => ({
    bind: (...values: unknown[]) => ({ query, values, run: async () => ({ success: true }) }),
  }),
  batch: async (statements: unknown[]) => {
    JSON.stringify(statements);
    return [];
  },
} as unknown as D1Database;

const withSink = <E extends Env>(env: E): E => ({ ...env, DB: sink });

/** The real object. What it adds runs only when the bench asks for it, never inside a measured round. */
export class Organization extends ProductionOrganization {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withSink(env));
  }

  async seed(input: SeedInput): Promise<number> {
    const count = seed(this.ctx.storage, input);
    this.forget();
    return count;
  }

  /** One MCP request, with what it read and wrote. */
  async measure(request: Request): Promise<{ status: number; body: string; use: StorageUse }> {
    const { result, use } = await measured(this.ctx.storage, async () => {
      const response = await this.fetch(request);
      return { status: response.status, body: await response.text() };
    });
    return { ...result, use };
  }
}

abstract class Baseline extends ProductionOrganization {
  readonly #handle = createOrganizationMcpHandler((caller) => this.#governance(caller));

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, withSink(env));
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS bench (id TEXT, amount INTEGER, vendor TEXT, at INTEGER)");
  }

  protected abstract work(input: EvaluateInput): void;

  override fetch(request: Request): Promise<Response> {
    return this.#handle(request);
  }

  #governance(caller: Caller): Governance {
    const identity = identify(this.ctx.storage.sql, caller, Date.now());
    if (!identity.ok || identity.principal.role !== "spend") throw new McpRefusal(404, JSON_RPC.key, "not a spend key");
    return {
      evaluate: (input: EvaluateInput) => {
        this.work(input);
        return approved(input);
      },
    } as Governance;
  }
}

export class Insert extends Baseline {
  protected override work(input: EvaluateInput): void {
    this.ctx.storage.sql.exec(
      "INSERT INTO bench (id, amount, vendor, at) VALUES (?, ?, ?, ?)",
      input.idempotency_key,
      input.amount * 1e6,
      input.vendor,
      Date.now(),
    );
  }
}

export class Nothing extends Baseline {
  protected override work(): void {}
}

/** Looks like what the standard mandate answers, so that checking and writing the answer costs the same. */
function approved({ amount, currency, vendor }: EvaluateInput): EvaluateOutput {
  const budget = { id: "bud_0123456789012345678901", settled: 0, held: amount, resets_at: "2026-11-21T00:00:00.000Z" };
  return {
    outcome: "approved",
    transaction_id: "txn_0123456789012345678901",
    status: "authorized",
    replayed: false,
    amount,
    currency,
    vendor,
    checks: [],
    max_amount_now: null,
    max_amount_with_approval: null,
    retry_at: null,
    budgets: [
      { ...budget, period: "hourly", limit: 200, remaining: 200 - amount },
      { ...budget, period: "daily", limit: 500, remaining: 500 - amount },
    ],
    settle_by: "2026-11-21T00:00:00.000Z",
    message: `${amount} ${currency} at ${vendor} is approved and held. Settle it with quetra_settle after the purchase.`,
  };
}

const namespaceOf = (env: BenchEnv, variant: Variant): DurableObjectNamespace =>
  variant === "insert" ? env.INSERT : variant === "nothing" ? env.NOTHING : env.ORGANIZATION;

const apps = new Map<Variant, EdgeApp>(
  VARIANTS.map((variant) => [
    variant,
    createApp({
      getStub: (env, id) => {
        const namespace = namespaceOf(env as BenchEnv, variant);
        return namespace.get(namespace.idFromName(id)) as unknown as OrganizationStub;
      },
      routes: ROUTES,
      now: Date.now,
    }),
  ]),
);

export default {
  async fetch(request, env): Promise<Response> {
    const variant = (request.headers.get("x-bench-variant") ?? "evaluate") as Variant;
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.startsWith("/bench/")) return apps.get(variant)!.fetch(request, withSink(env));

    const namespace = env.ORGANIZATION as unknown as DurableObjectNamespace<Organization>;
    const stub = namespace.get(namespace.idFromName(searchParams.get("organization") ?? ""));
    if (pathname === "/bench/seed") return Response.json(await stub.seed(await request.json<SeedInput>()));
    // The edge puts the caller on the request as usual; only its last step goes to `measure` instead of `fetch`.
    let use: StorageUse | undefined;
    const measuring = createApp({
      getStub: () =>
        ({
          fetch: async (inner: Request) => {
            const answer = await stub.measure(inner);
            use = answer.use;
            return new Response(answer.body, { status: answer.status });
          },
        }) as unknown as OrganizationStub,
      routes: ROUTES,
      now: Date.now,
    });
    const url = new URL(pathname.slice("/bench".length), request.url);
    const response = await measuring.fetch(new Request(url, request), withSink(env));
    return Response.json({ status: response.status, answer: await response.json(), use });
  },
} satisfies ExportedHandler<BenchEnv>;
