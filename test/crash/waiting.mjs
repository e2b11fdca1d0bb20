/** What a run waits for. */
import { arrivedSeq, eventsOf } from "./ledger.mjs";

const RECOVERY_LIMIT_MS = 45_000;
/** A third of the batches fails, and each failure in a row doubles the pause. */
const D1_LIMIT_MS = 240_000;
/** A message that died with the runtime is sent again when its lease ends; what then fails comes back seconds later. */
const DELIVERY_LIMIT_MS = 120_000;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds until another process than the killed one answers from the same data; null when none does. */
export async function recovered(service, adminKey, pid) {
  const start = performance.now();
  while (performance.now() - start < RECOVERY_LIMIT_MS) {
    try {
      const response = await fetch(`${service.origin}/api/v1/audit/head`, {
        headers: { authorization: `Bearer ${adminKey}` },
        signal: AbortSignal.timeout(1_000),
      });
      await response.text();
      const now = service.runtime();
      if (response.status === 200 && now !== null && now !== pid) return performance.now() - start;
    } catch {
      // Not yet.
    }
    await sleep(10);
  }
  return null;
}

export async function untilD1HasAll(state, organizationId, seq) {
  const start = Date.now();
  while (Date.now() - start < D1_LIMIT_MS) {
    if (arrivedSeq(state, organizationId) >= seq) break;
    await sleep(200);
  }
  return Date.now() - start;
}

/** Waits until the receiver has every event that it is subscribed to. The service may be running. */
export async function untilDelivered(receiver, { state, organization, types, since }) {
  const start = Date.now();
  while (Date.now() - start < DELIVERY_LIMIT_MS) {
    const wanted = eventsOf(state, organization).filter(({ seq, type }) => seq > since && types.includes(type));
    if (wanted.every(({ id }) => receiver.seen.has(id))) break;
    await sleep(500);
  }
  const again = [...receiver.seen.values()].filter(({ times }) => times > 1).length;
  return { ms: Date.now() - start, again };
}
