import { createHash } from "node:crypto";
import { compileMandate } from "../policy/compile.ts";
import { counterRefs, decide, organizationCounterRefs, rateRefs } from "../policy/decide.ts";
import type { MandateTerms } from "../policy/terms.ts";
import type { CompiledMandate, Decision, PurchaseRequest, Usage } from "../policy/types.ts";
import {
  type BoundCounter,
  bindCounter,
  type CounterRow,
  countersById,
  ORGANIZATION_OWNER,
  usedOf,
} from "./counters.ts";
import { type BoundRate, bindRate } from "./rates.ts";
import { first } from "./sql.ts";
import type { Work } from "./work.ts";

export interface MandateInForce {
  readonly id: string;
  readonly version: number;
  readonly hash: string;
  readonly compiled: CompiledMandate;
}

/** Terms of a version never change, so compiled versions are kept in memory; the bound keeps a large organization small. */
export class MandateCache {
  readonly #entries = new Map<string, MandateInForce>();
  readonly #max = 512;

  get(work: Pick<Work, "sql">, id: string, version: number): MandateInForce {
    const key = `${id}:${version}`;
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const row = first<{ terms: string; hash: string }>(
      work.sql,
      "SELECT terms, hash FROM mandate_versions WHERE mandate_id = ? AND version = ?",
      id,
      version,
    );
    if (row === undefined) throw new Error("a mandate names a version that does not exist");
    const compiled = compileMandate(JSON.parse(row.terms) as MandateTerms);
    const entry = { id, version, hash: row.hash, compiled };
    if (this.#entries.size >= this.#max) this.#entries.clear();
    this.#entries.set(key, entry);
    return entry;
  }
}

/** Hex SHA-256 of canonical terms: what a signature and a decision refer to. */
export const termsHash = (canonicalTerms: string): string => createHash("sha256").update(canonicalTerms).digest("hex");

/** What was read to judge one purchase: the decision's input, and the handles to reserve on. */
export interface Case {
  readonly request: PurchaseRequest;
  readonly usage: Usage;
  readonly mandate: MandateInForce | null;
  readonly counters: readonly BoundCounter[];
  readonly rates: readonly BoundRate[];
}

export interface AgentInForce {
  readonly id: string;
  readonly status: "active" | "suspended" | "decommissioned";
  readonly spend_calls_per_minute: number;
  readonly mandate_id: string | null;
  readonly mandate_status: "active" | "paused" | null;
  readonly version: number | null;
}

/** What a transaction already holds must not count against itself when it is judged again. */
export interface OwnHold {
  readonly counters: readonly number[];
  readonly held: number;
  readonly created_at: number;
}

export const AGENT_IN_FORCE = `SELECT a.id, a.status, a.spend_calls_per_minute,
    m.id AS mandate_id, m.status AS mandate_status, m.version AS version
  FROM agents a LEFT JOIN mandates m ON m.agent_id = a.id AND m.status IN ('active', 'paused') WHERE a.id = ?`;
export const LAST_ENDED_MANDATE =
  "SELECT id, status, version FROM mandates WHERE agent_id = ? AND status IN ('revoked', 'expired') AND activated_at IS NOT NULL ORDER BY seq DESC LIMIT 1";
export const KNOWN_VENDOR = "SELECT 1 AS yes FROM known_vendors WHERE agent_id = ? AND vendor = ?";
export const PENDING_COUNT =
  "SELECT COUNT(*) AS n FROM transactions WHERE agent_id = ? AND status = 'pending_approval'";

/** The agent and the mandate that stands for it; null when there is none or the caller may not see it. */
export const readAgent = (work: Work, agentId: string, visible: boolean): AgentInForce | null =>
  visible ? (first<AgentInForce>(work.sql, AGENT_IN_FORCE, agentId) ?? null) : null;

/**
 * Reads everything that a decision about this purchase depends on, as it stands in this transaction. Writes nothing.
 *
 * @param agent What `readAgent` found; null = unknown to this caller.
 */
export function openCase(
  work: Work,
  cache: MandateCache,
  request: PurchaseRequest,
  agent: AgentInForce | null,
  own: OwnHold | null = null,
): Case {
  const { mandate, status } = agent === null ? NO_MANDATE : mandateInForce(work, cache, agent);
  const budgets = work.organizationBudgets();
  const counters: BoundCounter[] = [];
  const rates: BoundRate[] = [];
  if (mandate !== null) {
    for (const ref of counterRefs(mandate.compiled, request)) counters.push(bindCounter(work, mandate.id, ref));
    for (const ref of rateRefs(mandate.compiled, request)) {
      rates.push(bindRate(work, mandate.id, ref, own?.created_at ?? null));
    }
  }
  for (const ref of organizationCounterRefs(budgets, request.currency)) {
    counters.push(bindCounter(work, ORGANIZATION_OWNER, ref));
  }
  const reserved = own === null ? [] : countersById(work, own.counters);
  const used: Record<string, number> = {};
  for (const counter of counters) used[counter.ref.id] = usedWithout(counter, reserved, own?.held ?? 0);
  const usage: Usage = {
    organization: {
      frozen: work.organization.frozen === 1,
      storage_full: work.storageFull,
      budgets,
    },
    agent: agent === null ? null : { status: agent.status },
    mandate: status === null ? null : { status },
    used,
    rates: Object.fromEntries(rates.map((rate) => [rate.ref.id, { count: rate.count, frees_at: rate.frees_at }])),
    vendor_known:
      mandate?.compiled.needs_vendor_known === true &&
      first(work.sql, KNOWN_VENDOR, request.agent_id, request.vendor) !== undefined,
    // Read by `decideCase` once an approval rule asks.
    pending_approvals: 0,
  };
  return { request, usage, mandate, counters, rates };
}

/**
 * What is used of a budget without the judged transaction's own hold. A hold that stands on another day's label of the
 * same budget is judged there as well: it will be settled there, and must fit there together with what else waits.
 */
function usedWithout(counter: BoundCounter, reserved: readonly CounterRow[], ownHeld: number): number {
  let used = usedOf(counter);
  for (const row of reserved) {
    if (row.owner !== counter.owner || row.ref !== counter.ref.id || row.period !== counter.ref.period) continue;
    const others = row.held + row.settled - ownHeld;
    used = row.id === counter.row?.id ? others : Math.max(used, others);
  }
  return used;
}

const NO_MANDATE = { mandate: null, status: null } as const;

interface Standing {
  readonly mandate: MandateInForce | null;
  readonly status: "active" | "paused" | "revoked" | "expired" | null;
}

/** The mandate that judges this agent now. One that has run out is still named, so that the refusal can say so. */
function mandateInForce(work: Work, cache: MandateCache, agent: AgentInForce): Standing {
  const { mandate_id, mandate_status, version } = agent;
  if (mandate_id !== null && version !== null) {
    return { mandate: cache.get(work, mandate_id, version), status: mandate_status };
  }
  const ended = first<{ id: string; status: "revoked" | "expired"; version: number }>(
    work.sql,
    LAST_ENDED_MANDATE,
    agent.id,
  );
  if (ended === undefined) return NO_MANDATE;
  return {
    mandate: ended.status === "expired" ? cache.get(work, ended.id, ended.version) : null,
    status: ended.status,
  };
}

/**
 * Decides a case. How many purchases already wait for a human matters only when a rule asks for one more, so it is read
 * then, and the decision is made again with it.
 */
export function decideCase(work: Work, judged: Case): { readonly decision: Decision; readonly judged: Case } {
  const mandate = judged.mandate?.compiled ?? null;
  const decision = decide(mandate, judged.request, judged.usage, work.now);
  if (decision.asks.length === 0) return { decision, judged };
  const usage = { ...judged.usage, pending_approvals: pendingApprovals(work, judged.request.agent_id) };
  return { decision: decide(mandate, judged.request, usage, work.now), judged: { ...judged, usage } };
}

export const pendingApprovals = (work: Work, agentId: string): number =>
  first<{ n: number }>(work.sql, PENDING_COUNT, agentId)?.n ?? 0;
