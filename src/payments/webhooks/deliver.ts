import { makeApprovalToken } from "../../approvals/link-token.ts";
import { log } from "../../edge/log.ts";
import type { Env } from "../../env.ts";
import { LIMITS } from "../../limits.ts";
import { publicUrl } from "../../public-url.ts";
import { readRetryAfter } from "../../webhooks/schedule.ts";
import { signatureHeaders } from "../../webhooks/sign.ts";
import { deadline } from "../guard.ts";
import type { WebhookOrder, WebhookOutcome } from "../rails-api.ts";
import { type Outbound, prepare, type Received, send } from "../send.ts";
import { openWebhookSecrets } from "./secret.ts";

export interface DeliverContext {
  readonly env: Env;
  readonly outbound: Outbound;
  /** ms. */
  readonly now: () => number;
}

/**
 * Signs one message and sends it once. Redirects are answers, never followed: the receiver that was configured is the one
 * that gets it. Never throws for what a receiver does.
 */
export async function deliver(order: WebhookOrder, context: DeliverContext): Promise<WebhookOutcome> {
  const { env, outbound, now } = context;
  const began = now();
  const failed = (error: string): WebhookOutcome => ({ ...NOTHING, ms: now() - began, error });
  const opened = await openWebhookSecrets(env, order.organization_id, order.sealed_secrets);
  if (!opened.ok) {
    log("error", "webhook_secret_unreadable", { reason: opened.error.reason, hint: opened.error.message });
    return failed("secret_unreadable");
  }
  const { secrets, resealed } = opened.value;
  const body = await withLink(env, order);
  const prepared = prepare({ url: order.url, method: "POST", headers: {}, body }, outbound.policy);
  if (!prepared.ok) return failed(prepared.error.code);
  const timestamp = Math.floor(now() / 1000);
  const signed = await signatureHeaders(secrets, { id: order.message_id, timestamp, body });
  const request = { ...prepared.value, headers: { "content-type": "application/json", ...signed } };
  const signal = deadline(LIMITS.webhookTimeoutMs);
  const sent = await send(outbound, request, signal);
  if (!sent.ok) return { ...failed(sent.error.code), resealed };
  const { status, headers } = sent.value;
  return {
    status,
    excerpt: await excerptOf(order, sent.value),
    ms: now() - began,
    error: status >= 300 && status < 400 ? "redirect" : null,
    retry_after_ms: readRetryAfter(headers.get("retry-after"), now()),
    resealed,
  };
}

const NOTHING = { status: null, excerpt: null, retry_after_ms: null, resealed: [] } as const;

/** The link is made here and now, so that no table, log or queue ever holds what decides an approval. */
async function withLink(env: Env, { body, approval_link }: WebhookOrder): Promise<string> {
  if (approval_link === null) return body;
  const token = await makeApprovalToken(env.SEALING_SECRETS, approval_link);
  if (!token.ok) {
    log("error", "approval_link_left_out", { reason: token.error });
    return body;
  }
  const parsed = JSON.parse(body) as { readonly data: object };
  const link = `${publicUrl(env)}/approve/${token.value}`;
  return JSON.stringify({ ...parsed, data: { ...parsed.data, approval_link: link } });
}

/** The beginning of the answer, for people who look for a mistake. Not where the receiver could say a link back to us. */
async function excerptOf(order: WebhookOrder, received: Received): Promise<string | null> {
  if (order.approval_link !== null) {
    received.drop();
    return null;
  }
  const { bytes } = await received.read(LIMITS.webhookExcerptBytes);
  if (bytes.length === 0) return null;
  const text = new TextDecoder().decode(bytes, { stream: true });
  return cut(text.replace(CONTROL, "\uFFFD"), LIMITS.webhookExcerptBytes);
}

/** As many whole characters as fit so many bytes of UTF-8: what was replaced takes more than the byte that it was. */
const cut = (text: string, bytes: number): string =>
  text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(bytes)).read);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out.
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
