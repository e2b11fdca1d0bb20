/** Everything that the shop knows, in memory. */
import { randomBytes } from "node:crypto";
import { shelf } from "./catalogue.mjs";
import { idempotencyTable } from "./idempotency.mjs";

const KEPT = 5_000;
export const newId = (prefix) => `${prefix}_${randomBytes(12).toString("hex")}`;

/**
 * @param {object} options Of `startMerchant`.
 */
export function createWorld(options) {
  let advanced = 0;
  const now = () => options.now() + advanced;
  return {
    ...options,
    now,
    advance(ms) {
      advanced += ms;
    },
    shelf: shelf(),
    sessions: new Map(),
    orders: new Map(),
    /** Modes that wait for the next session. */
    pending: [],
    deviations: new Set(),
    idempotency: idempotencyTable(now),
    /** What came, and which of it was not as the contract says: for tests that judge a client. */
    requests: [],
    violations: [],
    /** Own answers that are not as the contract says. Never any. */
    faults: [],
  };
}

/** Old entries make room, because a sandbox may run for days. */
export function keep(list, entry) {
  list.push(entry);
  if (list.length > KEPT) list.shift();
}

export function remember(map, key, value) {
  map.set(key, value);
  if (map.size > KEPT) map.delete(map.keys().next().value);
}
