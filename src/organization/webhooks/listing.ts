import { SCAN_PER_PAGE } from "../listing.ts";
import type { Work } from "../work.ts";
import type { DeliveryRow } from "./store.ts";

export interface DeliveryView extends DeliveryRow {
  readonly event_type: string;
}

export interface DeliveryPage {
  readonly rows: readonly DeliveryView[];
  /** Seq to go on below; null = the end. */
  readonly next: number | null;
}

/** Deliveries of one endpoint, newest first. Looks at so many rows per page, so a rare filter answers in steps. */
export function listDeliveries(
  work: Work,
  endpointId: string,
  filter: {
    readonly limit: number;
    readonly before: number | null;
    readonly status?: "pending" | "delivered" | "failed" | undefined;
  },
): DeliveryPage {
  const cursor = work.sql.exec(
    `SELECT d.*, m.type AS event_type FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id
     WHERE d.endpoint_id = ? AND d.seq < ? ORDER BY d.seq DESC LIMIT ?`,
    endpointId,
    filter.before ?? Number.MAX_SAFE_INTEGER,
    SCAN_PER_PAGE,
  );
  const rows: DeliveryView[] = [];
  let scanned = 0;
  let last: number | null = null;
  for (const raw of cursor) {
    const row = raw as unknown as DeliveryView;
    scanned += 1;
    const status = row.due_at === null ? row.status : "pending";
    const wanted = filter.status === undefined || filter.status === status;
    if (wanted && rows.length === filter.limit) return { rows, next: last };
    last = row.seq;
    if (wanted) rows.push(row);
  }
  return { rows, next: scanned === SCAN_PER_PAGE ? last : null };
}
