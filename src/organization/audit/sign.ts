import { errorFields, log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import type { AlarmDesk } from "../alarm.ts";
import { changeOne, first } from "../sql.ts";
import type { TimerRow } from "../timers.ts";
import type { Work } from "../work.ts";
import { candidate, checkpointDueAt, checkpointStatement, keepCheckpoint } from "./checkpoints.ts";
import { keepSignature, mandateStatement, unsignedMandates } from "./mandate-signatures.ts";
import { organizationId, signingKey, signWith } from "./signer.ts";

/** Of one organization there is one timer of this kind at most: `signing.timer_at` says when. */
interface Schedule {
  readonly timer_at: number | null;
  /** After a failure: not earlier than this, ms. */
  readonly not_before: number;
}

const RETRY_MS = 60_000;

/**
 * Sets the timer for whatever waits for a signature. Called in every alarm, because there the log's growth is seen without
 * a row more in the transaction of a purchase.
 */
export function planSigning(desk: Pick<AlarmDesk, "sql" | "now" | "transact">): void {
  const due = nextSigning(desk.sql);
  const { timer_at, not_before } = scheduleOf(desk.sql);
  if (due === null || !isProvisioned(desk.sql)) return;
  const at = Math.max(due, not_before);
  if (timer_at !== null && timer_at <= at) return;
  desk.transact((work) => reschedule(work, at, not_before));
}

/**
 * Signs the head where it is due, and mandates that have come into force. Never throws: what fails comes back in a minute,
 * and in an hour where the operator has set nothing up.
 */
export async function signDue(due: readonly TimerRow[], desk: AlarmDesk): Promise<void> {
  try {
    const fault = await signTurn(desk);
    if (fault !== null) log("error", "signing_unavailable", { reason: fault });
    settle(desk, due, fault === null ? 0 : desk.now() + LIMITS.signRetryMs);
  } catch (error) {
    log("error", "signing_failed", errorFields(error));
    settle(desk, due, desk.now() + RETRY_MS);
  }
}

/** @returns What is not set up, for the operator; null = signed. */
async function signTurn(desk: AlarmDesk): Promise<string | null> {
  if (!isProvisioned(desk.sql)) return null;
  const key = await signingKey(desk);
  if (!key.ok) return key.error.message;
  // Only now: making the key has logged an event, which this checkpoint shall cover.
  const iss = organizationId(desk.sql);
  const mandates = unsignedMandates(desk.sql, LIMITS.signaturesPerTurn);
  const dueAt = checkpointDueAt(desk.sql);
  const head = dueAt !== null && dueAt <= desk.now() ? candidate(desk.sql, desk.now()) : null;
  const outcome = await signWith(desk, key.value, [
    ...mandates.map((mandate) => mandateStatement(iss, mandate)),
    ...(head === null ? [] : [checkpointStatement(iss, head)]),
  ]);
  if (!outcome.ok) return outcome.error.message;
  const { kid } = key.value;
  desk.transact((work) => {
    for (const [index, mandate] of mandates.entries()) keepSignature(work, mandate, kid, outcome.value[index]!);
    if (head !== null) keepCheckpoint(work, head, kid, outcome.value[mandates.length]!);
  });
  return null;
}

/** The turn is over: its timers go, and the next one is set. */
function settle(desk: AlarmDesk, due: readonly TimerRow[], notBefore: number): void {
  desk.transact((work) => {
    for (const timer of due) work.clearTimer(timer.due_at, timer.kind, timer.ref);
    const next = isProvisioned(work.sql) ? nextSigning(work.sql) : null;
    reschedule(work, next === null ? null : Math.max(next, notBefore), notBefore);
  });
}

function reschedule(work: Work, at: number | null, notBefore: number): void {
  const { timer_at } = scheduleOf(work.sql);
  const timer = at === null ? null : Math.max(at, work.now);
  if (timer_at !== null) work.clearTimer(timer_at, "sign", "head");
  changeOne(work.sql, "UPDATE signing SET timer_at = ?, not_before = ? WHERE one = 1", timer, notBefore);
  if (timer !== null) work.setTimer(timer, "sign", "head");
}

/** When something is to be signed next, ms; null = nothing waits. */
function nextSigning(sql: SqlStorage): number | null {
  return unsignedMandates(sql, 1).length > 0 ? 0 : checkpointDueAt(sql);
}

const scheduleOf = (sql: SqlStorage): Schedule =>
  first<Schedule>(sql, "SELECT timer_at, not_before FROM signing WHERE one = 1") ?? { timer_at: null, not_before: 0 };

const isProvisioned = (sql: SqlStorage): boolean => first(sql, "SELECT 1 AS yes FROM organization") !== undefined;
