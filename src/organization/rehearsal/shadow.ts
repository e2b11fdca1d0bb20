import { LIMITS } from "../../limits.ts";
import type { Difference } from "../../rehearsal/sink.ts";
import type { MandateCache } from "../judge.ts";
import { activateMandate, type MandateRow, requireMandate, revokeMandate } from "../mandates.ts";
import { conflict, Problem } from "../problem.ts";
import { changeOne, first } from "../sql.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";
import { carryIntoShadow } from "./carry.ts";
import { ShadowSink } from "./shadow-sink.ts";
import { countsView, differenceView } from "./view.ts";

export interface ShadowRow {
  readonly mandate_id: string;
  readonly agent_id: string;
  readonly version: number;
  /** Events up to here are in the books already, or were before them. */
  readonly from_seq: number;
  readonly started_at: number;
  /** Since when it is this version that is followed. */
  readonly since: number;
  /** How many were entered since then. */
  readonly purchases: number;
  readonly first_difference: string | null;
}

const findShadow = (work: Work, id: string): ShadowRow | undefined =>
  first<ShadowRow>(work.sql, "SELECT * FROM shadows WHERE mandate_id = ?", id);

/**
 * Switches a draft's shadow on or off. On and on, or off and off, changes nothing.
 *
 * @throws Problem `not_found`, `wrong_status`, `limit_reached`.
 */
export function setShadow(work: Work, cache: MandateCache, id: string, on: boolean): MandateRow {
  const row = requireMandate(work, id);
  const running = findShadow(work, id) !== undefined;
  if (running === on) return row;
  if (!on) {
    stopShadow(work, id, "switched_off");
    return row;
  }
  if (row.status !== "draft") {
    throw conflict("wrong_status", `Only a draft can follow without effect; this mandate is ${row.status}.`, {
      status_now: row.status,
    });
  }
  const others = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM shadows");
  if ((others?.n ?? 0) >= LIMITS.shadowsPerOrganization) {
    throw conflict("limit_reached", `At most ${LIMITS.shadowsPerOrganization} drafts can follow at the same time.`);
  }
  const fromSeq = work.log("mandate.shadow_started", id, {
    mandate_id: id,
    agent_id: row.agent_id,
    version: row.version,
  });
  if (!begin(work, cache, row, fromSeq, work.now)) {
    throw conflict(
      "limit_reached",
      `A draft can begin with at most ${LIMITS.shadowCarried} purchases of its current periods, and as many known vendors. Start it when a period begins, or simulate.`,
    );
  }
  return row;
}

/** Begins anew, with empty counts: another version is another question. Called by the follower when the draft was edited. */
export function restartShadow(work: Work, cache: MandateCache, shadow: ShadowRow): void {
  const row = requireMandate(work, shadow.mandate_id);
  forget(work, shadow.mandate_id);
  // The purchases are carried over as they stand now, so what is logged until now is in the books.
  const began = row.status === "draft" && begin(work, cache, row, work.head.seq, shadow.started_at);
  if (!began) logStop(work, shadow.mandate_id, row.status === "draft" ? "limit_reached" : "no_draft");
}

/** Ends a shadow and forgets what it found. Does nothing where there is none. */
export function stopShadow(
  work: Work,
  id: string,
  why: "switched_off" | "no_draft" | "promoted" | "limit_reached",
): void {
  if (findShadow(work, id) === undefined) return;
  forget(work, id);
  logStop(work, id, why);
}

function begin(work: Work, cache: MandateCache, row: MandateRow, fromSeq: number, startedAt: number): boolean {
  work.exec(
    "INSERT INTO shadows (mandate_id, agent_id, version, from_seq, started_at, since) VALUES (?, ?, ?, ?, ?, ?)",
    row.id,
    row.agent_id,
    row.version,
    fromSeq,
    startedAt,
    work.now,
  );
  if (carryIntoShadow(work, row.id, row.agent_id, cache.get(work, row.id, row.version).compiled)) return true;
  forget(work, row.id);
  return false;
}

const TABLES = ["counters", "slots", "purchases", "vendors", "tallies", "differences"] as const;

function forget(work: Work, id: string): void {
  work.exec("DELETE FROM shadows WHERE mandate_id = ?", id);
  for (const table of TABLES) work.exec(`DELETE FROM shadow_${table} WHERE mandate_id = ?`, id);
}

const logStop = (work: Work, id: string, why: string): void => {
  work.log("mandate.shadow_stopped", id, { mandate_id: id, why });
};

/**
 * Puts a draft in force in place of the agent's mandate, in the caller's one transaction: if the draft cannot be put in
 * force, the other one stays. What the current period has used is carried over as at every activation.
 *
 * @param basedOn The draft's version that the caller saw (`If-Match`).
 * @throws Problem `not_found`, `wrong_status`, `version_mismatch`, and whatever an activation refuses.
 */
export function promoteMandate(work: Work, cache: MandateCache, id: string, basedOn: number): MandateRow {
  const row = requireMandate(work, id);
  if (row.status !== "draft") {
    throw conflict("wrong_status", `Only a draft can be promoted; this mandate is ${row.status}.`, {
      status_now: row.status,
    });
  }
  if (row.version !== basedOn) {
    throw new Problem(412, "version_mismatch", "The draft was changed meanwhile. Read it again and repeat.", {
      version_now: row.version,
    });
  }
  const inForce = first<{ id: string }>(
    work.sql,
    "SELECT id FROM mandates WHERE agent_id = ? AND status IN ('active', 'paused')",
    row.agent_id,
  );
  if (inForce !== undefined) revokeMandate(work, inForce.id, `Replaced by ${id}.`);
  const active = activateMandate(work, cache, id);
  stopShadow(work, id, "promoted");
  return active;
}

/** For the follower: counts what a shadow has entered, and ends one that has grown too large. */
export function countPurchase(work: Work, shadow: ShadowRow): boolean {
  changeOne(work.sql, "UPDATE shadows SET purchases = purchases + 1 WHERE mandate_id = ?", shadow.mandate_id);
  if (shadow.purchases + 1 <= LIMITS.shadowPurchases) return true;
  stopShadow(work, shadow.mandate_id, "limit_reached");
  return false;
}

export function shadowView(work: Work, row: MandateRow) {
  const shadow = findShadow(work, row.id);
  const sink = new ShadowSink(work.sql, row.id);
  const cursor = first<{ seq: number }>(work.sql, "SELECT seq FROM cursors WHERE name = 'shadow'")?.seq ?? 0;
  const firstDifference = shadow?.first_difference ?? null;
  return {
    mandate_id: row.id,
    agent_id: row.agent_id,
    on: shadow !== undefined,
    version: shadow?.version ?? null,
    started_at: shadow === undefined ? null : iso(shadow.started_at),
    since: shadow === undefined ? null : iso(shadow.since),
    events_behind:
      shadow === undefined ? null : work.head.seq - Math.max(cursor, Math.min(shadow.from_seq, work.head.seq)),
    ...countsView(sink.cells(), (name) => sink.noted(name)),
    differences: {
      count: sink.noted("differences"),
      newest: sink.newest(LIMITS.rehearsalDifferences).map(differenceView),
    },
    first_difference: firstDifference === null ? null : differenceView(JSON.parse(firstDifference) as Difference),
  };
}
