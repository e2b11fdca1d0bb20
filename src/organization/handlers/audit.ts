import { GENESIS_HASH, readEvents, verifyChain } from "../event-log.ts";
import { checkLedger } from "../self-check.ts";
import { first } from "../sql.ts";
import { iso } from "../views.ts";
import { type Handler, queryOf } from "./desk.ts";

interface Run {
  readonly after_seq: number;
  readonly limit: number;
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
  getChainHead: ({ work }) => ({
    organization_id: work.organization.id,
    seq: work.head.seq,
    hash: work.head.hash,
    at: iso(work.head.at),
  }),
  verifyAudit: ({ work }, call) => {
    const { after_seq, limit } = queryOf<Run>(call);
    const rows = readEvents(work.sql, after_seq, limit + 1);
    const page = rows.slice(0, limit);
    const before = first<{ hash: string }>(work.sql, "SELECT hash FROM events WHERE seq = ?", after_seq);
    return {
      chain: verifyChain(page, before?.hash ?? GENESIS_HASH),
      ledger: checkLedger(work.sql),
      next_after_seq: rows.length > limit ? (page.at(-1)?.seq ?? null) : null,
    };
  },
} satisfies Record<string, Handler>;
