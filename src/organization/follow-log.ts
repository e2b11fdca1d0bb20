import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { withDeadline } from "./deadline.ts";
import { backOff, moveCursor, nextBatch } from "./projection.ts";

const BATCH_DEADLINE_MS = 5_000;

/**
 * Writes one batch. The alarm has other work as well, and under steady traffic D1 would never be done: what is left, or has
 * come meanwhile, is for the next turn.
 *
 * @param now The object's clock, ms.
 * @returns When to go on at the earliest, or null where the next turn of the alarm is soon enough.
 */
export async function followLog(sql: SqlStorage, env: Env, now: () => number): Promise<number | null> {
  const batch = nextBatch(sql, env.DB, LIMITS.projectionBatch, now());
  if (batch === null) return null;
  try {
    if (Math.random() < Number(env.TEST_D1_FAILURE_RATE ?? 0)) throw new Error("test: this batch fails");
    // A batch that arrives later is repeated without effect.
    await withDeadline(env.DB.batch(batch.statements), BATCH_DEADLINE_MS);
  } catch (error) {
    log("error", "projection_batch_failed", errorFields(error));
    return Date.now() + backOff(sql);
  }
  moveCursor(sql, batch.last);
  return batch.more ? Date.now() : null;
}
