/** A receiver of webhooks beside the local service, and the demo's endpoint that leads to it. */
import { startBeside } from "./beside.mjs";
import { call, choosePort } from "./service.mjs";

const PORT = 8404;

/** The port of the last run where it is free: the endpoint's URL names it. */
export const chooseReceiverPort = (before) => choosePort([...(before === undefined ? [] : [before.port]), PORT]);

/**
 * Sees to it that the demo organization has an endpoint that leads to the port.
 *
 * @param before What `writeDemo` kept of the last run.
 * @returns {Promise<{ id: string, secret: string, port: number }>} The secret was shown once, and is kept with the keys.
 */
export async function ensureEndpoint({ origin, admin, before, port }) {
  const url = `http://127.0.0.1:${port}/hook`;
  if (before?.id !== undefined) {
    if (before.port !== port) await call(origin, admin, "PATCH", `/api/v1/webhooks/${before.id}`, { url });
    return { ...before, port };
  }
  const made = await call(origin, admin, "POST", "/api/v1/webhooks", {
    url,
    description: "Receiver on this machine",
    events: ["*"],
    approval_links: true,
  });
  return { id: made.id, secret: made.secret, port };
}

/** @returns {Promise<{ url: string, stopped: Promise<{ words: string }> }>} `url`: a page that shows what came. */
export async function startReceiver({ port, secret }) {
  const args = ["sandbox/webhook-receiver.mjs", "--port", String(port)];
  const { ready, stopped } = await startBeside("The receiver of webhooks", args, { WEBHOOK_SECRET: secret });
  return { url: ready.url, stopped };
}
