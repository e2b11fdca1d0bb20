import { LIMITS } from "../../limits.ts";
import { readFact } from "../../rehearsal/facts.ts";
import type { ErrandDesk } from "../errands.ts";
import { readEvents } from "../event-log.ts";
import { all, first } from "../sql.ts";
import type { Stretch } from "./plan.ts";

/** Which vendors were known when a stretch of the log begins. */
export interface KnownVendors {
  /** The purchase that had made the vendor known by then, or null. */
  readonly madeKnownBy: (vendor: string) => string | null;
  /** Was every answer so far certain? */
  readonly certain: () => boolean;
}

interface Owner {
  readonly id: string;
  readonly protocol: string;
  readonly created_at: number;
  readonly updated_at: number;
}

/**
 * Today's list says who is known today. What the purchases before the stretch did within it is taken back: one that was
 * completed only then had not made its vendor known yet, one that was called off only then had.
 */
export async function knownVendors(desk: ErrandDesk, agentId: string, stretch: Stretch): Promise<KnownVendors> {
  const { learned, voided } = await changesWithin(desk, agentId, stretch);
  const later = voidedLater(desk, agentId, stretch);
  let certain = true;
  return {
    certain: () => certain,
    madeKnownBy(vendor) {
      const owner = ownerOf(desk, agentId, vendor);
      const how = owner === undefined ? undefined : learned.get(owner.id);
      // Only an outside purchase can have been presumed before.
      const before = how === undefined || (how === "confirmed" && owner?.protocol !== "external");
      if (owner !== undefined && owner.created_at < stretch.warm_at && before) {
        // What was done to it after the stretch may have been its completion.
        if (how === undefined && owner.updated_at >= stretch.read_until) certain = false;
        return owner.id;
      }
      const [one, ...others] = voided.get(vendor) ?? [];
      if (others.length > 0 || later.has(vendor)) certain = false;
      return one ?? null;
    },
  };
}

const ownerOf = ({ sql }: ErrandDesk, agentId: string, vendor: string): Owner | undefined =>
  first<Owner>(
    sql,
    `SELECT t.id, t.protocol, t.created_at, t.updated_at FROM known_vendors k JOIN transactions t ON t.id = k.transaction_id
     WHERE k.agent_id = ? AND k.vendor = ?`,
    agentId,
    vendor,
  );

async function changesWithin(desk: ErrandDesk, agentId: string, { warm_seq, last_seq }: Stretch) {
  const learned = new Map<string, "completed" | "confirmed">();
  const voided = new Map<string, string[]>();
  for (let next = warm_seq; next <= last_seq; next += LIMITS.rehearsalPage) {
    for (const event of readEvents(desk.sql, next - 1, Math.min(LIMITS.rehearsalPage, last_seq - next + 1))) {
      if (event.type !== "transaction.completed" && event.type !== "transaction.voided") continue;
      const fact = readFact(event, agentId);
      if (fact === "erased" || fact?.kind !== "step") continue;
      const { transaction_id: id, vendor, from, to } = fact;
      if (to === "completed" && !fact.presumed && (from !== "completed" || fact.confirms)) {
        if (!learned.has(id)) learned.set(id, from === "completed" ? "confirmed" : "completed");
      } else if (to === "voided" && from === "completed" && fact.claimed && !learned.has(id)) {
        voided.set(vendor, [...(voided.get(vendor) ?? []), id]);
      }
    }
    await scheduler.wait(0);
  }
  return { learned, voided };
}

/** Vendors of completed purchases that were called off after the stretch; of the newest before it, because nobody waits years. */
function voidedLater({ sql }: ErrandDesk, agentId: string, { warm_at, read_until }: Stretch): ReadonlySet<string> {
  const rows = all<{ vendor: string }>(
    sql,
    `SELECT vendor FROM (SELECT vendor, status, claimed, updated_at FROM transactions
       WHERE agent_id = ? AND created_at < ? ORDER BY created_at DESC LIMIT ${LIMITS.rehearsalEvents / 2})
     WHERE status = 'voided' AND claimed > 0 AND updated_at >= ?`,
    agentId,
    warm_at,
    read_until,
  );
  return new Set(rows.map(({ vendor }) => vendor));
}
