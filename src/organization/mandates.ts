import { canonicalJson } from "../canonical-json.ts";
import { newId } from "../keys/ids.ts";
import { LIMITS } from "../limits.ts";
import { compileMandate } from "../policy/compile.ts";
import { parseTerms } from "../policy/parse-terms.ts";
import type { MandateTerms } from "../policy/terms.ts";
import { stopCheckouts } from "./acp/stop.ts";
import { awaitSignature } from "./audit/mandate-signatures.ts";
import { backfillMandate, type Predecessor } from "./backfill.ts";
import { type MandateCache, termsHash } from "./judge.ts";
import { badInput, conflict, notFound, Problem } from "./problem.ts";
import { requireProfiles } from "./profiles.ts";
import { changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

export interface MandateRow {
  readonly seq: number;
  readonly id: string;
  readonly agent_id: string;
  readonly status: "draft" | "active" | "paused" | "revoked" | "expired";
  readonly version: number;
  readonly status_reason: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly activated_at: number | null;
  readonly ended_at: number | null;
}

export interface VersionRow {
  readonly mandate_id: string;
  readonly version: number;
  readonly terms: string;
  readonly hash: string;
  readonly created_at: number;
  readonly created_by: string;
}

export function requireMandate(work: Work, id: string): MandateRow {
  const row = first<MandateRow>(work.sql, "SELECT * FROM mandates WHERE id = ?", id);
  if (row === undefined) throw notFound("mandate");
  return row;
}

export function versionOf(work: Work, mandateId: string, version: number): VersionRow {
  const row = first<VersionRow>(
    work.sql,
    "SELECT * FROM mandate_versions WHERE mandate_id = ? AND version = ?",
    mandateId,
    version,
  );
  if (row === undefined) throw notFound("mandate version");
  return row;
}

/** Writes a draft. Drafts authorize nothing. */
export function createMandate(work: Work, input: unknown): MandateRow {
  const terms = readTerms(work, input);
  requireProfiles(work, terms);
  const agent = first<{ status: string }>(work.sql, "SELECT status FROM agents WHERE id = ?", terms.agent_id);
  if (agent === undefined) throw badInput("The mandate's agent does not exist.", [agentPath()]);
  if (agent.status === "decommissioned") throw conflict("agent_decommissioned", "This agent is decommissioned.");
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM mandates WHERE agent_id = ?", terms.agent_id);
  if ((count?.n ?? 0) >= LIMITS.mandatesPerAgent) {
    throw conflict("limit_reached", `An agent can have at most ${LIMITS.mandatesPerAgent} mandates.`);
  }
  const id = newId("mdt");
  work.exec(
    "INSERT INTO mandates (id, agent_id, status, version, created_at, updated_at) VALUES (?, ?, 'draft', 1, ?, ?)",
    id,
    terms.agent_id,
    work.now,
    work.now,
  );
  const hash = writeVersion(work, id, 1, terms);
  work.log("mandate.created", id, { mandate_id: id, agent_id: terms.agent_id, version: 1, hash, terms });
  return requireMandate(work, id);
}

const agentPath = () => ({ path: "/agent_id", message: "No such agent." });

/**
 * Every change of terms is a new version. In force it counts from this very transaction on, with the current period
 * carried over; transactions keep the version that judged them.
 *
 * @param basedOn The version that the editor saw (`If-Match`).
 */
export function editMandate(work: Work, cache: MandateCache, id: string, basedOn: number, input: unknown): MandateRow {
  const row = requireMandate(work, id);
  if (row.version !== basedOn) {
    throw new Problem(
      412,
      "version_mismatch",
      "The mandate was changed meanwhile. Read it again and repeat the edit.",
      {
        version_now: row.version,
      },
    );
  }
  if (row.status === "revoked" || row.status === "expired") {
    throw conflict("mandate_ended", `A mandate that is ${row.status} cannot be edited. Create a new one.`);
  }
  if (row.version >= LIMITS.versionsPerMandate) {
    throw conflict("limit_reached", `A mandate can have at most ${LIMITS.versionsPerMandate} versions.`);
  }
  const terms = readTerms(work, input);
  requireProfiles(work, terms);
  if (terms.agent_id !== row.agent_id) {
    throw badInput("A mandate stays with its agent. Create another mandate for another agent.", [agentPath()]);
  }
  if (row.status !== "draft" && terms.currency !== cache.get(work, id, row.version).compiled.currency) {
    throw badInput("A mandate in force keeps its currency: what its budgets have counted is in it.", [
      { path: "/currency", message: "Create another mandate for another currency." },
    ]);
  }
  const version = row.version + 1;
  const hash = writeVersion(work, id, version, terms);
  changeOne(work.sql, "UPDATE mandates SET version = ?, updated_at = ? WHERE id = ?", version, work.now, id);
  if (row.status !== "draft") {
    const previous = cache.get(work, id, row.version).compiled;
    const next = compileMandate(terms);
    refuseIfOver(work, next.valid_until);
    backfillMandate(work, id, next, { mandateId: id, compiled: previous });
    moveEnd(work, id, previous.valid_until, next.valid_until);
    awaitSignature(work, id, version);
  }
  work.log("mandate.updated", id, { mandate_id: id, agent_id: row.agent_id, version, hash, terms });
  return requireMandate(work, id);
}

/** draft → active. One mandate per agent is in force (active or paused). */
export function activateMandate(work: Work, cache: MandateCache, id: string): MandateRow {
  const row = requireMandate(work, id);
  if (row.status !== "draft") throw wrongStatus(row, "activated", "draft");
  const other = first<{ id: string }>(
    work.sql,
    "SELECT id FROM mandates WHERE agent_id = ? AND status IN ('active', 'paused')",
    row.agent_id,
  );
  if (other !== undefined) {
    throw conflict("mandate_in_force", "This agent already has a mandate in force. Revoke that one first.", {
      mandate_id: other.id,
    });
  }
  const { compiled, hash } = cache.get(work, id, row.version);
  refuseIfOver(work, compiled.valid_until);
  changeOne(
    work.sql,
    "UPDATE mandates SET status = 'active', activated_at = ?, updated_at = ? WHERE id = ?",
    work.now,
    work.now,
    id,
  );
  backfillMandate(work, id, compiled, lastInForce(work, cache, row.agent_id));
  moveEnd(work, id, null, compiled.valid_until);
  awaitSignature(work, id, row.version);
  work.log("mandate.activated", id, { mandate_id: id, agent_id: row.agent_id, version: row.version, hash });
  return requireMandate(work, id);
}

/** The mandate that the agent's spending was counted under until now: a new one must not forget what today has used. */
function lastInForce(work: Work, cache: MandateCache, agentId: string): Predecessor | null {
  const ended = first<{ id: string; version: number }>(
    work.sql,
    "SELECT id, version FROM mandates WHERE agent_id = ? AND status IN ('revoked', 'expired') AND activated_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1",
    agentId,
  );
  return ended === undefined
    ? null
    : { mandateId: ended.id, compiled: cache.get(work, ended.id, ended.version).compiled };
}

export function pauseMandate(work: Work, id: string, reason: string | null): MandateRow {
  const row = requireMandate(work, id);
  if (row.status !== "active") throw wrongStatus(row, "paused", "active");
  return setStatus(work, row, "paused", "mandate.paused", reason);
}

export function resumeMandate(work: Work, id: string): MandateRow {
  const row = requireMandate(work, id);
  if (row.status !== "paused") throw wrongStatus(row, "resumed", "paused");
  return setStatus(work, row, "active", "mandate.resumed", null);
}

export function revokeMandate(work: Work, id: string, reason: string | null): MandateRow {
  const row = requireMandate(work, id);
  if (row.status === "revoked" || row.status === "expired")
    throw wrongStatus(row, "revoked", "draft, active or paused");
  return setStatus(work, row, "revoked", "mandate.revoked", reason);
}

/** `valid_until` has come. Called by the timer; does nothing when the end was moved or the mandate ended otherwise. */
export function expireMandate(work: Work, cache: MandateCache, id: string): void {
  const row = first<MandateRow>(work.sql, "SELECT * FROM mandates WHERE id = ?", id);
  if (row === undefined || (row.status !== "active" && row.status !== "paused")) return;
  const end = cache.get(work, id, row.version).compiled.valid_until;
  if (end === null || end > work.now) return;
  setStatus(work, row, "expired", "mandate.expired", null);
}

function setStatus(
  work: Work,
  row: MandateRow,
  status: MandateRow["status"],
  event: string,
  reason: string | null,
): MandateRow {
  const ended = status === "revoked" || status === "expired";
  changeOne(
    work.sql,
    "UPDATE mandates SET status = ?, status_reason = ?, updated_at = ?, ended_at = ? WHERE id = ?",
    status,
    reason,
    work.now,
    ended ? work.now : null,
    row.id,
  );
  if (status !== "active") stopCheckouts(work, row.agent_id);
  work.log(event, row.id, { mandate_id: row.id, agent_id: row.agent_id, version: row.version, reason });
  return requireMandate(work, row.id);
}

function refuseIfOver(work: Work, validUntil: number | null): void {
  if (validUntil !== null && validUntil <= work.now) {
    throw badInput("The mandate would already be over.", [
      { path: "/valid_until", message: "Must lie in the future while the mandate is in force." },
    ]);
  }
}

function moveEnd(work: Work, id: string, before: number | null, after: number | null): void {
  if (before === after) return;
  if (before !== null) work.clearTimer(before, "mandate_end", id);
  if (after !== null) work.setTimer(after, "mandate_end", id);
}

const wrongStatus = (row: MandateRow, done: string, needed: string): Problem =>
  conflict("wrong_status", `Only a mandate that is ${needed} can be ${done}; this one is ${row.status}.`, {
    status_now: row.status,
  });

/** Validates terms as a person sends them and gives missing parts their defaults and ids. */
export function readTerms(work: Work, input: unknown): MandateTerms {
  const parsed = parseTerms(input, { timezone: work.organization.timezone, newId });
  if (!parsed.ok) throw badInput("The mandate's terms are not valid.", parsed.error);
  // Usage is read by budget id, so one id must never stand for two budgets that judge the same purchase.
  const taken = new Set(work.organizationBudgets().map((budget) => budget.id));
  const clash = parsed.value.budgets.findIndex((budget) => taken.has(budget.id));
  if (clash >= 0) {
    throw badInput("A budget has the id of an organization budget.", [
      { path: `/budgets/${clash}/id`, message: "Leave the id out to get a new one." },
    ]);
  }
  return parsed.value;
}

function writeVersion(work: Work, id: string, version: number, terms: MandateTerms): string {
  const text = canonicalJson(terms);
  const hash = termsHash(text);
  work.exec(
    "INSERT INTO mandate_versions (mandate_id, version, terms, hash, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?)",
    id,
    version,
    text,
    hash,
    work.now,
    `${work.actor.type}:${work.actor.id}`,
  );
  return hash;
}
