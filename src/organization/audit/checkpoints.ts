import { canonicalJson } from "../../canonical-json.ts";
import { LIMITS } from "../../limits.ts";
import type { Statement } from "../../payments/rails-api.ts";
import { type ChainHead, readHead } from "../event-log.ts";
import { all, first } from "../sql.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";
import { activeKey } from "./keys.ts";

/** A link of the chain under the organization's signature. */
export interface CheckpointRow {
  readonly seq: number;
  readonly hash: string;
  readonly jws: string;
  readonly kid: string;
  readonly at: number;
}

export const newestCheckpoint = (sql: SqlStorage, upTo = Number.MAX_SAFE_INTEGER): CheckpointRow | undefined =>
  first<CheckpointRow>(sql, "SELECT * FROM checkpoints WHERE seq <= ? ORDER BY seq DESC LIMIT 1", upTo);

export const listCheckpoints = (sql: SqlStorage, before: number, limit: number): CheckpointRow[] =>
  all<CheckpointRow>(sql, "SELECT * FROM checkpoints WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, limit);

export const checkpointView = (row: CheckpointRow) => ({ ...row, at: iso(row.at) });

/** When the head is to be signed next (ms), or null where it is signed. */
export function checkpointDueAt(sql: SqlStorage): number | null {
  const head = readHead(sql);
  const newest = newestCheckpoint(sql);
  if (head.seq === 0 || newest?.seq === head.seq) return null;
  if (newest === undefined || head.seq - newest.seq >= LIMITS.checkpointEvents) return 0;
  // After a rotation the new key vouches for the log at once.
  if (activeKey(sql)?.kid !== newest.kid) return 0;
  return newest.at + LIMITS.checkpointMs;
}

/** A head to be signed, with the instant that the signature says. */
export interface Candidate extends ChainHead {
  readonly prev: number | null;
}

/** The head as it stands, or null where it is signed already. */
export function candidate(sql: SqlStorage, now: number): Candidate | null {
  const { seq, hash } = readHead(sql);
  const newest = newestCheckpoint(sql);
  return seq === 0 || newest?.seq === seq ? null : { seq, hash, at: now, prev: newest?.seq ?? null };
}

export const checkpointStatement = (iss: string, { seq, hash, at, prev }: Candidate): Statement => ({
  typ: "quetra-checkpoint+jwt",
  payload: canonicalJson({ iss, seq, hash, at: iso(at), prev }),
});

/** Keeps a signed head. Refuses one that is no link of the log. Logs no event: a checkpoint would make the next one due. */
export function keepCheckpoint(work: Work, { seq, hash, at }: Candidate, kid: string, jws: string): void {
  const link = first<{ hash: string }>(work.sql, "SELECT hash FROM events WHERE seq = ?", seq);
  if (link?.hash !== hash) throw new Error("what was signed is not in the log");
  work.exec(
    "INSERT OR IGNORE INTO checkpoints (seq, hash, jws, kid, at) VALUES (?, ?, ?, ?, ?)",
    seq,
    hash,
    jws,
    kid,
    at,
  );
}
