import { createHash, randomBytes } from "node:crypto";
import { newId } from "../keys/ids.ts";
import { all, first } from "./sql.ts";

/** Who caused an event. `system` = a timer; `link` = a one-time link, by its endpoint; `person` = signed in to the dashboard. Never a key: only its id. */
export interface Actor {
  readonly type: "agent" | "key" | "link" | "operator" | "person" | "system";
  readonly id: string;
}

/** What an event seals besides its place and time. `schema` is the version of `data`'s shape. */
export interface EventBody {
  readonly schema: 1;
  readonly actor: Actor;
  readonly key_id: string | null;
  readonly request_id: string | null;
  readonly data: unknown;
}

export interface EventRow {
  readonly seq: number;
  readonly id: string;
  readonly type: string;
  readonly at: number;
  readonly subject: string | null;
  /** Null together with `body` once the body has been erased; `digest` and the chain stay. */
  readonly salt: string | null;
  readonly body: string | null;
  readonly digest: string;
  readonly hash: string;
}

/** The newest link: where the next event attaches, and the instant before which the clock never goes. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
  readonly at: number;
}

/** What the first event of an organization attaches to. */
export const GENESIS_HASH = "0".repeat(64);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Digest of a body under its salt: hex SHA-256 of `salt ‖ body`. The salt keeps short bodies from being guessed after erasure. */
export const bodyDigest = (salt: string, body: string): string => sha256(`${salt}${body}`);

/** Link of the chain: hex SHA-256 of `prev ‖ seq ‖ id ‖ type ‖ at ‖ digest`, one per line so that no two rows read alike. */
export function linkHash(
  prev: string,
  row: {
    readonly seq: number;
    readonly id: string;
    readonly type: string;
    readonly at: number;
    readonly digest: string;
  },
): string {
  return sha256(`${prev}\n${row.seq}\n${row.id}\n${row.type}\n${row.at}\n${row.digest}`);
}

/** Reads the newest link; an empty log starts at genesis. */
export function readHead(sql: SqlStorage): ChainHead {
  return (
    first<ChainHead>(sql, "SELECT seq, hash, at FROM events ORDER BY seq DESC LIMIT 1") ?? {
      seq: 0,
      hash: GENESIS_HASH,
      at: 0,
    }
  );
}

/** Appends one event to the chain and returns the new head. Must run inside the transaction that made the change. */
export function appendEvent(
  sql: SqlStorage,
  head: ChainHead,
  event: { readonly type: string; readonly at: number; readonly subject: string | null; readonly body: EventBody },
): ChainHead {
  const seq = head.seq + 1;
  const id = newId("evt");
  const salt = randomBytes(16).toString("hex");
  const body = JSON.stringify(event.body);
  const digest = bodyDigest(salt, body);
  const hash = linkHash(head.hash, { seq, id, type: event.type, at: event.at, digest });
  sql.exec(
    "INSERT INTO events (seq, id, type, at, subject, salt, body, digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    seq,
    id,
    event.type,
    event.at,
    event.subject,
    salt,
    body,
    digest,
    hash,
  );
  return { seq, hash, at: event.at };
}

/** Events with a seq above `after`, oldest first. */
export function readEvents(sql: SqlStorage, after: number, limit: number): EventRow[] {
  return all<EventRow>(
    sql,
    "SELECT seq, id, type, at, subject, salt, body, digest, hash FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
    after,
    limit,
  );
}

export interface ChainReport {
  readonly valid: boolean;
  readonly checked: number;
  readonly first_seq: number | null;
  readonly last_seq: number | null;
  readonly head_hash: string | null;
  /** Events whose body was erased: their place in the chain is proven, their content is gone. */
  readonly erased: number;
  /** The first row that does not verify, and why. */
  readonly broken_at?: number;
  readonly problem?: "gap" | "body_changed" | "link_broken" | "erased_without_event";
}

/**
 * Verifies a run of rows against the hash that precedes them.
 *
 * @param prev Hash of the row before the first one (`GENESIS_HASH` at the start of the log).
 */
export function verifyChain(rows: readonly EventRow[], prev: string): ChainReport {
  let hash = prev;
  let expected = rows[0]?.seq ?? 0;
  let erased = 0;
  const report = (checked: number, extra: Pick<ChainReport, "broken_at" | "problem">): ChainReport => ({
    valid: extra.problem === undefined,
    checked,
    first_seq: rows[0]?.seq ?? null,
    last_seq: rows.at(-1)?.seq ?? null,
    head_hash: extra.problem === undefined ? hash : null,
    erased,
    ...extra,
  });
  for (const [index, row] of rows.entries()) {
    if (row.seq !== expected) return report(index, { broken_at: row.seq, problem: "gap" });
    if (row.body === null || row.salt === null) erased += 1;
    else if (bodyDigest(row.salt, row.body) !== row.digest) {
      return report(index, { broken_at: row.seq, problem: "body_changed" });
    }
    hash = linkHash(hash, row);
    if (hash !== row.hash) return report(index, { broken_at: row.seq, problem: "link_broken" });
    expected += 1;
  }
  return report(rows.length, {});
}
