import { errorFields, log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { withDeadline } from "./deadline.ts";
import { backOff, moveCursor, nextBatch } from "./projection.ts";

const BATCH_DEADLINE_MS = 5_000;
const TURN_MS = 5_000;

/**
 * Writes batches until D1 has everything or the turn is over. Spending goes on meanwhile: nothing here holds the object.
 *
 * @param now The object's clock, ms.
 * @returns When to go on, or null when D1 has everything.
 */
export async function followLog(sql: SqlStorage, env: Env, now: () => number): Promise<number | null> {
  const until = Date.now() + TURN_MS;
  for (;;) {
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
    if (Date.now() > until) return Date.now();
  }
}
