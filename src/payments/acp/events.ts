import { log } from "../../edge/log.ts";
import { open } from "../seal.ts";
import type { HookMessage } from "../stripe/api.ts";
import type { RailContext } from "../stripe/rails.ts";
import type { MerchantEvent } from "./api.ts";
import { type Foreign, field, idOf, isObject, parseObject, textOf } from "./json.ts";
import { ACP_LIMITS } from "./limits.ts";
import { refundsOf } from "./refunds.ts";

/** As the published webhook specification writes it, and in no other order or spelling. */
const SIGNATURE = /^t=(\d{1,12}),v1=([0-9a-fA-F]{64})$/;
const encoder = new TextEncoder();

/**
 * Verifies `Merchant-Signature` (HMAC-SHA256 over `t + "." + body`) and reads what the message is about. Null: not signed
 * by one of these secrets, or its time is too far from ours. What is signed and not understood is an event about nothing.
 */
export async function openMerchantEvent(order: HookMessage, { env, now }: RailContext): Promise<MerchantEvent | null> {
  const [, t = "", v1 = ""] = SIGNATURE.exec(order.signature) ?? [];
  const isFresh = Math.abs(Math.floor(now() / 1000) - Number(t)) <= ACP_LIMITS.signatureSeconds;
  if (t === "" || !isFresh) return null;
  const signed = encoder.encode(`${t}.${order.body}`);
  const mac = new Uint8Array(Buffer.from(v1, "hex"));
  let isGenuine = false;
  // All of them, whichever fits, so that the time tells nothing.
  for (const sealed of order.sealed_secrets.slice(0, ACP_LIMITS.hookSecrets)) {
    const opened = await open(env.SEALING_SECRETS, order.organization_id, "hook_secret", sealed);
    if (!opened.ok) {
      log("error", "hook_secret_unreadable", { reason: opened.error.reason, hint: opened.error.message });
      continue;
    }
    isGenuine = (await verify(opened.value.plaintext, mac, signed)) || isGenuine;
  }
  return isGenuine ? eventOf(order.body) : null;
}

/** WebCrypto compares in constant time. An empty secret is nobody's. */
async function verify(secret: string, mac: Uint8Array, signed: Uint8Array): Promise<boolean> {
  if (secret === "") return false;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  return crypto.subtle.verify("HMAC", key, mac, signed);
}

/**
 * No version gives a message an id, so its id is the hash of its bytes: a repetition has the same one, and whatever differs
 * is another message. Refunds have ids of their own.
 */
async function eventOf(body: string): Promise<MerchantEvent> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(body));
  const id = `sha256:${Buffer.from(digest).toString("hex")}`;
  const order = orderIn(body);
  if (order === null) return { id, session_id: null, order_id: null, status: null, refunds: [] };
  const status = textOf(order, "status");
  return {
    id,
    session_id: idOf(order, "checkout_session_id"),
    order_id: idOf(order, "id"),
    status: status !== null && ORDER_STATUS.has(status) ? status : null,
    refunds: refundsOf(order, null),
  };
}

function orderIn(body: string): Foreign | null {
  const message = parseObject(encoder.encode(body), null);
  if (!message.ok) return null;
  const type = textOf(message.value, "type");
  const order = field(message.value, "data");
  return (type === "order_create" || type === "order_update") && isObject(order) ? order : null;
}

/** Of all versions. The list is open since 2026-04-30; another word says nothing here, and is not handed on. */
const ORDER_STATUS: ReadonlySet<string> = new Set(
  "created confirmed manual_review processing shipped delivered fulfilled completed canceled".split(" "),
);
