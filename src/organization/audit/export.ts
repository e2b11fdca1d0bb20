import { canonicalJson } from "../../canonical-json.ts";
import { LIMITS } from "../../limits.ts";
import type { Statement } from "../../payments/rails-api.ts";
import { type EventRow, GENESIS_HASH, readEvents, readHead } from "../event-log.ts";
import { badInput } from "../problem.ts";
import { first } from "../sql.ts";
import { iso } from "../views.ts";
import { exportedKeys } from "./keys.ts";

export const EXPORT_FORMAT = "quetra-audit-export";
const READ_AT_ONCE = 500;

/** One page of the log, and everything that its last line needs. */
export interface ExportPage {
  /** The header and one line per event, each with its line feed. */
  readonly lines: readonly string[];
  readonly after_seq: number;
  readonly prev_hash: string;
  /** The last event of the page; where there is none, what the next one would follow. */
  readonly seq: number;
  readonly hash: string;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly exported_at: string;
}

/**
 * Reads one page. At least one event, however large; otherwise bounded in rows and bytes. Nothing here is outside of what
 * the hash chain or the signature of the last line covers, which is why `subject` is left out: it stands in the body.
 */
export function readExport(
  sql: SqlStorage,
  organizationId: string,
  { after_seq, limit }: { readonly after_seq: number; readonly limit: number },
  now: number,
): ExportPage {
  const head = readHead(sql);
  if (after_seq > head.seq) {
    throw badInput("after_seq lies beyond the newest event.", [
      { path: "/after_seq", message: `At most ${head.seq} now.` },
    ]);
  }
  const prev_hash =
    first<{ hash: string }>(sql, "SELECT hash FROM events WHERE seq = ?", after_seq)?.hash ?? GENESIS_HASH;
  const exported_at = iso(now);
  const lines = [
    line({ format: EXPORT_FORMAT, version: 1, organization_id: organizationId, after_seq, prev_hash, exported_at }),
  ];
  let last = { seq: after_seq, hash: prev_hash };
  for (let bytes = 0, count = 0; count < limit; ) {
    const rows = readEvents(sql, last.seq, Math.min(READ_AT_ONCE, limit - count));
    for (const row of rows) {
      const text = eventLine(row);
      bytes += Buffer.byteLength(text);
      if (count > 0 && bytes > LIMITS.exportBytes) return page();
      lines.push(text);
      last = row;
      count += 1;
    }
    if (rows.length === 0) break;
  }
  return page();

  function page(): ExportPage {
    const { seq, hash } = last;
    return { lines, after_seq, prev_hash, seq, hash, head: { seq: head.seq, hash: head.hash }, exported_at };
  }
}

const line = (value: object): string => `${JSON.stringify(value)}\n`;

const eventLine = ({ seq, id, type, at, salt, body, digest, hash }: EventRow): string =>
  line({ seq, id, type, at, salt, body, digest, hash });

/** What the organization says of the whole page: whose it is, from where to where, and how long the log was. */
export const exportStatement = (iss: string, page: ExportPage): Statement => ({
  typ: "quetra-export+jwt",
  payload: canonicalJson({
    iss,
    after_seq: page.after_seq,
    prev_hash: page.prev_hash,
    seq: page.seq,
    hash: page.hash,
    head_seq: page.head.seq,
    head_hash: page.head.hash,
    exported_at: page.exported_at,
  }),
});

/** The page as it goes out. Without a signature (`null`) it proves nothing about where it comes from. */
export const finishExport = (
  sql: SqlStorage,
  { lines }: ExportPage,
  statement: string | null,
  checkpoint: string | null,
): string => `${lines.join("")}${line({ checkpoint, export: statement, jwks: exportedKeys(sql) })}`;
