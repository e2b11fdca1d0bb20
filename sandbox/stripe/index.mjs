/**
 * A stand-in for Stripe on this machine, in memory: the part of the API that Quetra and the sandbox merchant use. It
 * refuses what Stripe refuses (parameters that are unknown, missing or of the wrong type, keys without the right, tokens
 * without a preview version), keeps idempotency keys as v1 does, and fails on demand.
 *
 * Accounts: the organization (`sk_test_org_sandbox`, restricted `rk_test_org_sandbox`, without refunds
 * `rk_test_norefund_sandbox`) with the customer `cus_sandbox_acme`, to whom every card of cards.mjs is attached under its
 * own name; another organization (`sk_test_other_sandbox`, `cus_sandbox_other`, `pm_other_…`); two sellers
 * (`sk_test_seller_sandbox` with `profile_test_sandbox_merchant`, `sk_test_seller2_sandbox`).
 *
 * | Control (JSON)            | What it does |
 * | ------------------------- | ------------ |
 * | POST /_control/fault      | `{ match: { method, path, nth }, kind, times, delay_ms }`. `path` may hold `*`. Nothing done: `reset`, `hang`, `500_before`, `429`, `409`. Done, and kept under its key: `reset_after`, `hang_after`, `cut_body`, `slow`, `500_after` (the 500 is what a replay gets). `500_stored`: nothing done, and the 500 is kept. `late`: the connection ends, and it is done after `delay_ms` |
 * | POST /_control/reset_faults | forgets the faults that have not struck |
 * | POST /_control/clock      | `{ advance_ms }` |
 * | POST /_control/settings   | `{ latency_ms, search_delay_ms, async: { after_ms, outcome }, refund: { after_ms } }`; `after_ms: null` = when told |
 * | POST /_control/finish     | `{ payment_intent, outcome: succeeded, failed or disputed }`, `{ refund, outcome: succeeded, failed or canceled }`, `{ dispute, outcome: won or lost }`; 409 where it is over already |
 * | POST /_control/refund     | `{ payment_intent, amount }`: somebody refunds in the dashboard |
 * | POST /_control/cancel     | `{ payment_intent }`: somebody cancels in the dashboard |
 * | POST /_control/revoke     | `{ token }` or `{ key }` |
 * | POST /_control/webhook    | `{ url, secret, account, mode, delay_ms, events }`; `mode`: normal, duplicate, reorder, tamper, drop, delayed. The same URL again replaces it |
 * | POST /_control/resend     | `{ event }`: once more to the endpoints of its account |
 * | POST /_control/settled    | answers once every request that is late and every webhook on its way has arrived |
 * | GET /_control/state       | all objects, tokens, deliveries and requests; no keys |
 */
import { Hono } from "hono";
import { listen } from "../listen.mjs";
import { createApi } from "./api.mjs";
import { createClock } from "./clock.mjs";
import { createControl } from "./control.mjs";
import { createFaults } from "./faults.mjs";
import { createIdempotency } from "./idempotency.mjs";
import { createWebhooks } from "./webhooks.mjs";
import { createWorld } from "./world.mjs";

/** `latency_ms`: how long an operation is under way; who uses its key meanwhile is told that it is in use. */
const SETTINGS = {
  latency_ms: 5,
  search_delay_ms: 60_000,
  async: { after_ms: null, outcome: "succeeded" },
  refund: { after_ms: null },
};

/**
 * @param {{ port?: number, now?: () => number, settings?: Partial<typeof SETTINGS> }} [options] `now` in ms.
 * @returns {Promise<{ url: string, port: number, stop: () => Promise<void>,
 *   control: (name: string, body?: unknown) => Promise<any> }>} `control("state")` reads; with a body it posts.
 */
export async function startStripe({ port, now = Date.now, settings = {} } = {}) {
  const clock = createClock(now);
  const world = createWorld({ clock, settings: structuredClone({ ...SETTINGS, ...settings }) });
  const webhooks = createWebhooks(world);
  world.emit = webhooks.emit;
  const faults = createFaults();
  const log = [];

  const app = new Hono();
  app.route("/_control", createControl({ world, faults, webhooks, log }));
  app.all("*", createApi({ world, faults, idempotency: createIdempotency(clock), log }));
  const server = await listen(app, port);

  const control = async (name, body) => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${server.url}/_control/${name}`, init);
    const json = await answer.json();
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(json)}`);
    return json;
  };
  const stop = async () => {
    clock.stop();
    await server.stop();
  };
  return { ...server, stop, control };
}
