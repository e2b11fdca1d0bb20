/** Events, and the webhook endpoints that are told of them: signed, at least once, in no promised order. */
import { createHmac } from "node:crypto";
import { newId } from "./world.mjs";

export const API_VERSION = "2026-10-28.endive";
export const MODES = ["normal", "duplicate", "reorder", "tamper", "drop", "delayed"];
/** A delivery that is not answered with 2xx comes again, so long after the last one. */
const RETRY_MS = [1_000, 60_000, 3_600_000, 24 * 3_600_000];
/** `reorder` waits so long for what it can turn round. */
const REORDER_MS = 100;

/** `Stripe-Signature` over `t.body` with HMAC-SHA256. */
export const sign = (secret, seconds, body) =>
  `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;

/** Every amount ten times as large, as somebody on the way would like it. */
const tamper = (text) => text.replace(/("amount\w*": [1-9]\d*)/g, (amount) => `${amount}0`);

/** Sends, writes down what came of it, and tries again what was not taken. */
function createSender(clock) {
  const deliveries = [];
  const underWay = new Set();

  const send = async (endpoint, event, attempt, tampered) => {
    const text = JSON.stringify(event, null, 2);
    // The wire has the time of the machine: whoever verifies has not been advanced.
    const signature = sign(endpoint.secret, Math.floor(clock.machine() / 1000), text);
    const body = tampered ? tamper(text) : text;
    const row = { event: event.id, type: event.type, url: endpoint.url, attempt, status: null };
    deliveries.push(row);
    if (deliveries.length > 10_000) deliveries.shift();
    try {
      const headers = { "content-type": "application/json; charset=utf-8", "stripe-signature": signature };
      const signal = AbortSignal.timeout(10_000);
      row.status = (await fetch(endpoint.url, { method: "POST", headers, body, signal, redirect: "manual" })).status;
    } catch {
      row.status = 0;
    }
    const again = RETRY_MS[attempt - 1];
    const taken = row.status >= 200 && row.status < 300;
    // Somebody who tampers on the way does not try again; Stripe, which hears of no success, does.
    if (!taken && again !== undefined) clock.after(again, () => post(endpoint, event, attempt + 1, false));
  };
  const post = (endpoint, event, attempt = 1, tampered = false) => {
    const sending = send(endpoint, event, attempt, tampered).finally(() => underWay.delete(sending));
    underWay.add(sending);
  };

  return { post, deliveries, underWay };
}

export function createWebhooks(world) {
  const { clock } = world;
  const endpoints = new Map();
  const { post, deliveries, underWay } = createSender(clock);
  const flush = (endpoint) => {
    for (const event of endpoint.held.splice(0).reverse()) post(endpoint, event);
  };
  const ways = {
    normal: post,
    duplicate: (endpoint, event) => {
      post(endpoint, event);
      post(endpoint, event);
    },
    reorder: (endpoint, event) => {
      if (endpoint.held.push(event) === 1) setTimeout(() => flush(endpoint), REORDER_MS).unref();
    },
    tamper: (endpoint, event) => post(endpoint, event, 1, true),
    drop: () => {},
    delayed: (endpoint, event) => clock.after(endpoint.delay_ms, () => post(endpoint, event)),
  };

  return {
    /** @param {{ url: string, secret: string, account?: string, mode?: string, delay_ms?: number, events?: string[] }} endpoint */
    register({ url, secret, account = "acct_org_sandbox", mode = "normal", delay_ms = 60_000, events = ["*"] }) {
      if (!MODES.includes(mode)) throw new Error(`There is no mode '${mode}'. There are ${MODES.join(", ")}.`);
      if (!world.accounts.has(account)) throw new Error(`There is no account '${account}'.`);
      endpoints.set(url, { url, secret, account, mode, delay_ms, events, held: [] });
    },
    /** Writes the event down and sends it on its way. The object in it is as it is now. */
    emit(account, type, object) {
      const event = {
        id: newId("evt"),
        object: "event",
        api_version: API_VERSION,
        created: clock.seconds(),
        data: { object: structuredClone(object) },
        livemode: false,
        pending_webhooks: 0,
        request: { id: world.request?.id ?? null, idempotency_key: world.request?.key ?? null },
        type,
      };
      account.events.set(event.id, event);
      for (const endpoint of endpoints.values()) {
        const wanted = endpoint.events.includes("*") || endpoint.events.includes(type);
        if (endpoint.account === account.id && wanted) ways[endpoint.mode](endpoint, event);
      }
    },
    /** Sends one event again, as the button in the dashboard does. */
    resend(id) {
      for (const endpoint of endpoints.values()) {
        const event = world.accounts.get(endpoint.account).events.get(id);
        if (event !== undefined) post(endpoint, event);
      }
    },
    deliveries,
    /** Once everything that is on its way has been answered. */
    async settled() {
      for (const endpoint of endpoints.values()) flush(endpoint);
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
