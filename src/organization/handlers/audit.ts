import type { SealedSigningKey } from "../../payments/rails-api.ts";
import { checkpointView, listCheckpoints, newestCheckpoint } from "../audit/checkpoints.ts";
import { type ErasureInput, eraseEvents, explain } from "../audit/erasures.ts";
import { readExport } from "../audit/export.ts";
import { keyView, rotateKey } from "../audit/keys.ts";
import { receiptPayload } from "../audit/receipt.ts";
import { type ChainReport, GENESIS_HASH, readEvents, verifyChain } from "../event-log.ts";
import { decodeCursor, encodeCursor } from "../listing.ts";
import { notFound } from "../problem.ts";
import { checkLedger } from "../self-check.ts";
import { first } from "../sql.ts";
import { findTransaction } from "../transactions.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";
import { bodyOf, type Handler, param, queryOf, WithHeaders } from "./desk.ts";

interface Run {
  readonly after_seq: number;
  readonly limit: number;
}

/** The newest link, and the newest one that is signed: two different ones while the head is younger. */
function headView({ organization, head, sql }: Work) {
  const checkpoint = newestCheckpoint(sql);
  return {
    organization_id: organization.id,
    seq: head.seq,
    hash: head.hash,
    at: iso(head.at),
    checkpoint: checkpoint === undefined ? null : checkpointView(checkpoint),
  };
}

/** A body that is gone although no event says so is a finding, as a changed one is. */
function withErasures(chain: ChainReport, erasures: ReturnType<typeof explain>): ChainReport {
  const unexplained = erasures.find(({ erased_by }) => erased_by === null);
  if (unexplained === undefined || !chain.valid) return chain;
  return { ...chain, valid: false, head_hash: null, broken_at: unexplained.seq, problem: "erased_without_event" };
}

export const auditHandlers = {
  listEvents: ({ work }, call) => {
    const { after_seq, limit } = queryOf<Run>(call);
    const rows = readEvents(work.sql, after_seq, limit + 1);
    const page = rows.slice(0, limit);
    return {
      data: page.map((row) => ({
        ...row,
        at: iso(row.at),
        body: row.body === null ? null : (JSON.parse(row.body) as unknown),
      })),
      next_after_seq: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
    };
  },
  getChainHead: ({ work }) => headView(work),
  signChainHead: ({ work }) => headView(work),
  listCheckpoints: ({ work }, call) => {
    const { limit, cursor } = queryOf<{ limit: number; cursor?: string }>(call);
    const rows = listCheckpoints(work.sql, decodeCursor(cursor) ?? Number.MAX_SAFE_INTEGER, limit + 1);
    const page = rows.slice(0, limit);
    return {
      data: page.map(checkpointView),
      next_cursor: rows.length > limit ? encodeCursor(page.at(-1)?.seq ?? null) : null,
    };
  },
  verifyAudit: ({ work }, call) => {
    const { after_seq, limit } = queryOf<Run>(call);
    const rows = readEvents(work.sql, after_seq, limit + 1);
    const page = rows.slice(0, limit);
    const before = first<{ hash: string }>(work.sql, "SELECT hash FROM events WHERE seq = ?", after_seq);
    const erasures = explain(work.sql, page);
    return {
      chain: withErasures(verifyChain(page, before?.hash ?? GENESIS_HASH), erasures),
      erasures,
      ledger: checkLedger(work.sql),
      next_after_seq: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
    };
  },
  /** The last line, which is signed, is the errand's. */
  exportAudit: ({ work }, call) => {
    const page = readExport(work.sql, work.organization.id, queryOf<Run>(call), work.now);
    return new WithHeaders(page, {
      "content-type": "application/jsonl; charset=utf-8",
      ...(page.seq < page.head.seq ? { "x-next-after-seq": String(page.seq) } : {}),
    });
  },
  /** The payload; the errand signs it. */
  getReceipt: ({ work }, call) => {
    const row = findTransaction(work, param(call, "transaction_id"));
    if (row === undefined) throw notFound("transaction");
    return receiptPayload(work, row);
  },
  /** The edge has had the key made: see `prepare` of the route. */
  rotateSigningKey: ({ work }, call) => keyView(rotateKey(work, bodyOf<SealedSigningKey>(call))),
  eraseEvents: ({ work }, call) => eraseEvents(work, bodyOf<ErasureInput>(call)),
} satisfies Record<string, Handler>;
