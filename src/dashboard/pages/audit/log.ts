import { LIMITS } from "../../../limits.ts";
import type { EventBody } from "../../../organization/event-log.ts";
import type { OrganizationVisit } from "../../route.ts";

/**
 * The event log as D1 has it: newest first, by subject or type. It follows the object's own log by a second or so;
 * `asOf` says how far it has come. What is proven is proven by the object (`verifyAudit`), never from here.
 */
export interface PastEvent {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  /** ms */
  readonly at: number;
  readonly subject: string | null;
  /** As it was sealed; null once it was erased. */
  readonly text: string | null;
}

type Place = Pick<OrganizationVisit, "scope" | "organization">;

const COLUMNS = "seq, id, type, at, subject, body AS text";

/** Everything about one subject, oldest first; of very many the newest. */
export async function eventsAbout(place: Place, subject: string): Promise<readonly PastEvent[]> {
  const { results } = await place.scope.env.DB.prepare(
    `SELECT ${COLUMNS} FROM events WHERE organization_id = ?1 AND subject = ?2 ORDER BY seq DESC LIMIT ?3`,
  )
    .bind(place.organization.organization_id, subject, 2 * LIMITS.dashboardEvents)
    .all<PastEvent>();
  return results.reverse();
}

/** One type of events about one subject, newest first. */
export async function eventsOfType(place: Place, subject: string, type: string): Promise<readonly PastEvent[]> {
  const { results } = await place.scope.env.DB.prepare(
    `SELECT ${COLUMNS} FROM events WHERE organization_id = ?1 AND subject = ?2 AND type = ?3 ORDER BY seq DESC LIMIT ?4`,
  )
    .bind(place.organization.organization_id, subject, type, LIMITS.dashboardEvents)
    .all<PastEvent>();
  return results;
}

export interface LogFilter {
  /** A whole type, or the beginning of one with its dot (`transaction.`); "" = all. */
  readonly type: string;
  readonly subject: string;
  /** Only events with a lower seq; null = from the newest on. */
  readonly before: number | null;
}

export interface LogPage {
  readonly events: readonly PastEvent[];
  /** `before` of the next page; null = nothing is older. */
  readonly next: number | null;
}

/**
 * One page of the log. Types have no index, so a rare one is looked for in a stretch of the log at a time: such a page can
 * be short, even empty, and still lead on.
 */
export async function readLog(
  place: Place,
  filter: LogFilter,
  scan: number = LIMITS.dashboardSearchRows,
): Promise<LogPage> {
  const { seq } = await asOf(place);
  const before = Math.min(filter.before ?? Number.MAX_SAFE_INTEGER, seq + 1);
  const from = filter.subject === "" ? Math.max(1, before - scan) : 1;
  const limit = LIMITS.dashboardEvents;
  // Each condition only where it is asked for: an index is not used behind an OR.
  const more: readonly (readonly [clause: string, value: string])[] = [
    ["subject = ?", filter.subject],
    [filter.type.endsWith(".") ? TYPES_BELOW : "type = ?", filter.type],
  ];
  const asked = more.filter(([, value]) => value !== "");
  const where = ["organization_id = ?", "seq >= ?", "seq < ?", ...asked.map(([clause]) => clause)].join(" AND ");
  const values = [place.organization.organization_id, from, before, ...asked.map(([, value]) => value), limit + 1];
  const { results } = await place.scope.env.DB.prepare(
    `SELECT ${COLUMNS} FROM events WHERE ${where} ORDER BY seq DESC LIMIT ?`,
  )
    .bind(...values)
    .all<PastEvent>();
  const events = results.slice(0, limit);
  if (results.length > limit) return { events, next: events.at(-1)?.seq ?? null };
  return { events, next: from > 1 ? from : null };
}

/** `transaction.` → everything that begins so: `/` is the character behind the dot. */
const TYPES_BELOW = "type GLOB ? || '*'";

/** How far D1 has come, and the public keys of the organization as they are published. */
export async function asOf({
  scope,
  organization,
}: Place): Promise<{ readonly seq: number; readonly keys: readonly PublishedKey[] }> {
  const row = await scope.env.DB.prepare("SELECT as_of_seq, jwks FROM organizations WHERE id = ?")
    .bind(organization.organization_id)
    .first<{ as_of_seq: number; jwks: string | null }>();
  const { keys = [] } = JSON.parse(row?.jwks ?? "{}") as { keys?: readonly PublishedKey[] };
  return { seq: row?.as_of_seq ?? 0, keys };
}

export interface PublishedKey {
  readonly kid: string;
  readonly created_at?: string;
  readonly retired_at?: string;
}

/** What an event says besides its place; null when it was erased. */
export const bodyOf = ({ text }: Pick<PastEvent, "text">): EventBody | null =>
  text === null ? null : (JSON.parse(text) as EventBody);
