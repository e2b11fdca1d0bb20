import { admit, type CooldownState, cooldownMs } from "../../alerts/cooldown.ts";
import { BURST, type Finding } from "../../alerts/kinds.ts";
import type { AlertSettings } from "../../alerts/settings.ts";
import { newId } from "../../keys/ids.ts";
import { LIMITS } from "../../limits.ts";
import { readAgent } from "../judge.ts";
import { pauseMandate } from "../mandates.ts";
import { first } from "../sql.ts";
import type { Work } from "../work.ts";

/** When a finding was so: the instant of the event that showed it, and the event; without one, a timer found it. */
export interface Seen {
  readonly at: number;
  readonly seq: number | null;
}

/**
 * Raises an alert, or counts it on the one that its cooldown began with. A kind that is switched off leaves no trace.
 * The cooldown bounds what is said, not what is done: a mandate is paused either way.
 */
export function raise(work: Work, settings: AlertSettings, finding: Finding, seen: Seen): void {
  const own = settings[finding.kind];
  if (!own.enabled) return;
  const state = first<CooldownState & { alert_id: string }>(
    work.sql,
    "SELECT since, raised, level, alert_id FROM alert_state WHERE kind = ? AND about = ?",
    finding.kind,
    finding.about,
  );
  const cooldown = cooldownMs(finding.severity, own.cooldown_minutes);
  const next = admit(state ?? null, { at: seen.at, level: finding.level }, cooldown, BURST[finding.kind]);
  const alertId = next === null && state !== undefined ? state.alert_id : newId("alr");
  if (next === null) suppress(work, alertId, seen.at);
  else {
    write(work, alertId, finding, seen);
    work.exec(
      "INSERT OR REPLACE INTO alert_state (kind, about, since, raised, level, alert_id) VALUES (?, ?, ?, ?, ?, ?)",
      finding.kind,
      finding.about,
      next.since,
      next.raised,
      next.level,
      alertId,
    );
    forgetOld(work, seen.at);
  }
  if (finding.severity === "critical" && "pause_mandate" in own && own.pause_mandate) pause(work, finding, alertId);
}

/** The alert may be gone already; then there is nothing to count on. */
function suppress(work: Work, alertId: string, at: number): void {
  work.exec("UPDATE alerts SET suppressed = suppressed + 1, last_suppressed_at = ? WHERE id = ?", at, alertId);
}

function write(work: Work, id: string, finding: Finding, { at, seq }: Seen): void {
  const { kind, severity, agent_id, mandate_id, transaction_id, message, figures } = finding;
  work.exec(
    `INSERT INTO alerts (id, kind, severity, agent_id, mandate_id, transaction_id, message, figures, event_seq, at, raised_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    kind,
    severity,
    agent_id,
    mandate_id,
    transaction_id,
    message,
    JSON.stringify(figures),
    seq,
    at,
    work.now,
  );
  work.log("alert.raised", subjectOf(work, finding), {
    alert_id: id,
    kind,
    severity,
    message,
    ...(agent_id === null ? {} : { agent_id }),
    ...(mandate_id === null ? {} : { mandate_id }),
    ...(transaction_id === null ? {} : { transaction_id }),
    figures,
    observed_at: at,
  });
}

/** Never the transaction: an alert changes nothing about it, and a subject `txn_…` has it projected again. */
export const subjectOf = (work: Work, of: Pick<Finding, "kind" | "agent_id" | "mandate_id">): string =>
  (of.kind === "budget_threshold" ? of.mandate_id : of.agent_id) ?? work.organization.id;

/** The oldest alerts beyond the limit go, and cooldowns that are over for every possible setting; a few at a time. */
function forgetOld(work: Work, at: number): void {
  work.exec(
    `DELETE FROM alerts WHERE seq IN (SELECT seq FROM alerts WHERE seq <= (SELECT MAX(seq) FROM alerts) - ?
       ORDER BY seq LIMIT 10)`,
    LIMITS.alertsKept,
  );
  work.exec(
    `DELETE FROM alert_state WHERE (kind, about) IN (SELECT kind, about FROM alert_state WHERE since < ?
       ORDER BY since LIMIT 10)`,
    at - LIMITS.alertCooldownMinutesMax * 60_000,
  );
}

/** Stops the agent by its mandate, in the name of the system. A person resumes it. */
function pause(work: Work, finding: Finding, alertId: string): void {
  const agent = finding.agent_id === null ? null : readAgent(work, finding.agent_id, true);
  if (agent?.mandate_status !== "active" || agent.mandate_id === null) return;
  pauseMandate(work, agent.mandate_id, `Paused by the alert ${alertId} (${finding.kind}).`);
  work.exec("UPDATE alerts SET paused_mandate_id = ? WHERE id = ?", agent.mandate_id, alertId);
}
