import { newId } from "../../keys/ids.ts";
import { LIMITS } from "../../limits.ts";
import { type GuardPolicy, guardUrl } from "../../payments/guard.ts";
import { badInput, conflict } from "../problem.ts";
import { all, changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";
import { arm, type DisabledReason, type EndpointRow, findEndpoint, requireEndpoint } from "./store.ts";

export interface EndpointInput {
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly approval_links: boolean;
}

export interface NewEndpoint extends EndpointInput {
  /** From Rails, by way of the edge: the object never meets the secret itself. */
  readonly sealed_secret: string;
}

/** What may be told of a URL outside of this object: the rest can hold a secret of the customer's. */
export const hostOf = (endpoint: Pick<EndpointRow, "url">): string => new URL(endpoint.url).host;

export const listEndpoints = (work: Work): EndpointRow[] =>
  all<EndpointRow>(work.sql, "SELECT * FROM webhook_endpoints ORDER BY seq");

export function createEndpoint(work: Work, policy: GuardPolicy, input: NewEndpoint): EndpointRow {
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM webhook_endpoints");
  if ((count?.n ?? 0) >= LIMITS.webhookEndpoints) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.webhookEndpoints} webhooks.`);
  }
  const id = newId("whk");
  const url = judged(policy, input.url);
  work.exec(
    `INSERT INTO webhook_endpoints (id, url, description, events, approval_links, links_since, status, from_seq,
       sealed_secret, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 'enabled', ?, ?, ?, ?)`,
    id,
    url,
    input.description,
    JSON.stringify(input.events),
    input.approval_links ? 1 : 0,
    // What is asked for in this very millisecond may have its link: none can have gone anywhere before.
    work.now - 1,
    work.head.seq,
    input.sealed_secret,
    work.now,
    work.now,
  );
  const row = requireEndpoint(work, id);
  note(work, row, "created", { events: input.events, approval_links: input.approval_links });
  return row;
}

/** Judged again at every send: what the deployment lets out may have changed by then. */
function judged(policy: GuardPolicy, url: string): string {
  const result = guardUrl(url, policy);
  if (!result.ok)
    throw badInput("The webhook cannot be sent to this URL.", [{ path: "/url", message: result.error.message }]);
  return result.value.href;
}

/**
 * A new address starts with a clean record: what the old one failed says nothing about it. Links that went to the old one
 * decide nothing any more, and neither do those from before links were switched on again.
 */
export function updateEndpoint(
  work: Work,
  policy: GuardPolicy,
  id: string,
  change: { readonly [K in keyof EndpointInput]?: EndpointInput[K] | undefined },
): EndpointRow {
  const before = requireEndpoint(work, id);
  const url = change.url === undefined ? before.url : judged(policy, change.url);
  const moved = url !== before.url;
  const approvalLinks = change.approval_links === undefined ? before.approval_links : Number(change.approval_links);
  changeOne(
    work.sql,
    `UPDATE webhook_endpoints SET url = ?, url_version = ?, description = ?, events = ?, approval_links = ?, links_since = ?,
       failures = ?, failing_since = ?, last_failure_at = ?, updated_at = ? WHERE id = ?`,
    url,
    before.url_version + Number(moved),
    change.description ?? before.description,
    change.events === undefined ? before.events : JSON.stringify(change.events),
    approvalLinks,
    moved || approvalLinks !== before.approval_links ? work.now : before.links_since,
    moved ? 0 : before.failures,
    moved ? null : before.failing_since,
    moved ? null : before.last_failure_at,
    work.now,
    id,
  );
  if (moved) arm(work, id);
  const row = requireEndpoint(work, id);
  const { events, approval_links } = change;
  note(work, row, "updated", {
    changed: Object.keys(change).filter((name) => change[name as keyof EndpointInput] !== undefined),
    ...(events === undefined ? {} : { events }),
    ...(approval_links === undefined ? {} : { approval_links }),
  });
  return row;
}

/** From this transaction on nothing is sent to it. Its deliveries go step by step, by a timer that finds it gone. */
export function deleteEndpoint(work: Work, id: string): EndpointRow {
  const row = requireEndpoint(work, id);
  if (row.timer_at !== null) work.clearTimer(row.timer_at, "webhook", id);
  changeOne(work.sql, "DELETE FROM webhook_endpoints WHERE id = ?", id);
  if (row.open + row.done > 0) work.setTimer(work.now, "webhook", id);
  note(work, row, "deleted", {});
  return row;
}

export interface Rotation {
  readonly sealed_secret: string;
  readonly overlap_hours: number;
  readonly force: boolean;
}

/** A new secret signs from now on, and the old one beside it until the overlap ends. */
export function rotateSecret(work: Work, id: string, rotation: Rotation): EndpointRow {
  const before = requireEndpoint(work, id);
  if (before.previous_until !== null && before.previous_until > work.now && !rotation.force) {
    throw conflict(
      "rotation_in_progress",
      "The last rotation's overlap has not ended: rotating again now would retire a secret that receivers may still rely on. Wait, or send force: true.",
    );
  }
  const overlap = Math.round(rotation.overlap_hours * 3_600_000);
  changeOne(
    work.sql,
    "UPDATE webhook_endpoints SET sealed_secret = ?, previous_secret = ?, previous_until = ?, updated_at = ? WHERE id = ?",
    rotation.sealed_secret,
    overlap === 0 ? null : before.sealed_secret,
    overlap === 0 ? null : work.now + overlap,
    work.now,
    id,
  );
  const row = requireEndpoint(work, id);
  note(work, row, "rotated", { old_signs_until: row.previous_until });
  return row;
}

/**
 * What waited goes out at once, on a schedule that starts anew: an attempt is not spent because somebody looks whether the
 * receiver is back. The record starts clean too. Links from before stay as void as disabling made them, so whoever disabled
 * an endpoint because links leaked has ended them for good. Enabling an enabled endpoint changes nothing.
 */
export function enableEndpoint(work: Work, id: string): EndpointRow {
  const before = requireEndpoint(work, id);
  if (before.status === "enabled") return before;
  changeOne(
    work.sql,
    `UPDATE webhook_endpoints SET status = 'enabled', disabled_reason = NULL, failures = 0, failing_since = NULL,
       last_failure_at = NULL, open_at_enable = open, links_since = ?, from_seq = ?, updated_at = ? WHERE id = ?`,
    work.now,
    work.head.seq,
    work.now,
    id,
  );
  work.exec(
    `UPDATE webhook_deliveries SET due_at = MIN(due_at, ?), attempts_before = attempts
     WHERE endpoint_id = ? AND status = 'pending' AND (due_at > ? OR attempts > attempts_before)`,
    work.now,
    id,
    work.now,
  );
  arm(work, id);
  const row = requireEndpoint(work, id);
  note(work, row, "enabled", {});
  return row;
}

/** What is pending stays so. The others are told. Disabling a disabled endpoint changes nothing. */
export function disableEndpoint(work: Work, id: string, reason: DisabledReason): void {
  const before = findEndpoint(work.sql, id);
  if (before === undefined || before.status === "disabled") return;
  changeOne(
    work.sql,
    "UPDATE webhook_endpoints SET status = 'disabled', disabled_reason = ?, updated_at = ? WHERE id = ?",
    reason,
    work.now,
    id,
  );
  arm(work, id);
  note(work, before, "disabled", { reason });
}

/** Events name an endpoint by its id and host. */
function note(work: Work, row: EndpointRow, what: string, facts: object): void {
  work.log(`webhook.endpoint.${what}`, row.id, { endpoint_id: row.id, host: hostOf(row), ...facts });
}
