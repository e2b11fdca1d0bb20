import type { Env } from "../env.ts";
import { regionOf } from "../keys/format.ts";
import { LIMITS } from "../limits.ts";
import { errorFields, log } from "./log.ts";
import type { GetStub } from "./scope.ts";

/**
 * Pokes the organizations that were left alone the longest: an object whose alarm was lost and that has no traffic would
 * sleep for ever. `swept_at` moves first, so that one that always fails cannot keep the others from their turn.
 */
export async function sweepOrganizations(
  env: Env,
  getStub: GetStub,
  now: number,
): Promise<{ readonly swept: number; readonly failed: number }> {
  const { results } = await env.DB.prepare("SELECT id, region FROM organizations ORDER BY swept_at, id LIMIT ?")
    .bind(LIMITS.sweepOrganizations)
    .all<{ id: string; region: string }>();
  if (results.length === 0) return { swept: 0, failed: 0 };
  const ids = results.map(({ id }) => id);
  await env.DB.prepare(`UPDATE organizations SET swept_at = ? WHERE id IN (${ids.map(() => "?").join(", ")})`)
    .bind(now, ...ids)
    .run();

  const outcomes = await Promise.allSettled(results.map(({ id, region }) => sweepOne(env, getStub, id, region)));
  let failed = 0;
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "fulfilled") continue;
    failed += 1;
    log("error", "sweep_failed", { organization_id: ids[index], ...errorFields(outcome.reason) });
  }
  return { swept: ids.length - failed, failed };
}

async function sweepOne(env: Env, getStub: GetStub, id: string, regionName: string): Promise<void> {
  const region = regionOf(regionName);
  if (region === null) throw new Error("the organization's row names an unknown region");
  await getStub(env, id, region).sweep();
}
