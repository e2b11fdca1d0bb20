import { log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import { readRetryAfter } from "../../webhooks/schedule.ts";
import { deadline } from "../guard.ts";
import { type Prepared, prepare, type Received, send } from "../send.ts";
import { codeOf, type Fields, isFields } from "./fields.ts";
import { encodeForm } from "./form.ts";
import { type KeyOwner, openKey } from "./key.ts";
import { stripeOrigin } from "./origin.ts";
import type { RailContext } from "./rails.ts";

/** Whose key a call is made with. */
export interface Account extends KeyOwner {
  readonly sealed_key: string;
}

export interface StripeRequest {
  readonly method: "GET" | "POST";
  /** From `/v1/` on; ids in it were checked by `isStripeId`. */
  readonly path: string;
  readonly parameters: object;
  /** Of every POST. Deterministic where a second execution would move money again. */
  readonly idempotencyKey: string | null;
  /** Shared Payment Tokens exist in the preview version only. */
  readonly preview?: boolean;
}

/** What Stripe's error says, as far as it is machine words. */
export interface StripeError {
  readonly status: number;
  readonly type: string | null;
  readonly code: string | null;
  readonly decline_code: string | null;
  readonly advice_code: string | null;
  /** The PaymentIntent that the error is about, as it came. */
  readonly payment_intent: unknown;
}

export type StripeAnswer =
  | { readonly kind: "ok"; readonly body: Fields }
  /** 400, 401, 402, 403 or 404 with an error of Stripe's: this request was judged, and this is the judgement. */
  | { readonly kind: "error"; readonly error: StripeError }
  | { readonly kind: "busy"; readonly retry_after_ms: number | null }
  | { readonly kind: "unclear"; readonly why: string };

/** The versions whose shapes are read here: that of the `stripe` package, and that of its preview. */
export const STRIPE_VERSION = "2026-10-28.endive";
export const STRIPE_PREVIEW_VERSION = "2026-08-26.preview";

/** Opens the key and makes one call. */
export async function callStripe(
  context: RailContext,
  account: Account,
  request: StripeRequest,
): Promise<StripeAnswer> {
  const key = await openKey(context.env, account);
  return key === null ? unclear("key_unreadable") : callWithKey(context, key, account.mode, request);
}

/**
 * One request, never repeated here, and what is known afterwards. It never throws for what Stripe or the network does.
 * Whatever is not certain is `unclear`: no answer, a 5xx (Stripe may have carried it out), a body that is cut, too large
 * or no JSON, a status that is not one of Stripe's.
 */
export async function callWithKey(
  context: RailContext,
  key: string,
  mode: "test" | "live",
  request: StripeRequest,
): Promise<StripeAnswer> {
  const { env, outbound, now } = context;
  const origin = stripeOrigin(env, mode, outbound.policy);
  if (origin === null) {
    log("error", "stripe_not_asked", { hint: "STRIPE_API_URL is no loopback origin with a port of SANDBOX_PORTS." });
    return unclear("not_configured");
  }
  const form = encodeForm(request.parameters);
  const isPost = request.method === "POST";
  const url = `${origin}${request.path}${isPost || form === "" ? "" : `?${form}`}`;
  const prepared = prepare({ url, method: request.method, headers: {}, body: isPost ? form : null }, outbound.policy);
  if (!prepared.ok) return unclear(prepared.error.code);
  const sent = await send(outbound, withHeaders(prepared.value, key, request), deadline(LIMITS.providerCallMs));
  if (!sent.ok) return unclear(sent.error.code);
  return judge(sent.value, now(), request.idempotencyKey);
}

function withHeaders(prepared: Prepared, key: string, request: StripeRequest): Prepared {
  const { idempotencyKey } = request;
  return {
    ...prepared,
    headers: {
      accept: "application/json",
      authorization: `Bearer ${key}`,
      "stripe-version": request.preview === true ? STRIPE_PREVIEW_VERSION : STRIPE_VERSION,
      ...(request.method === "POST" ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      ...(idempotencyKey === null ? {} : { "idempotency-key": idempotencyKey }),
    },
  };
}

/** 409: the first request with this key still runs, or an object is locked. 429: refused before anything was begun. */
const BUSY: readonly number[] = [409, 429];
const JUDGED: readonly number[] = [400, 401, 402, 403, 404];

/** @see https://docs.stripe.com/api/errors */
async function judge(received: Received, now: number, idempotencyKey: string | null): Promise<StripeAnswer> {
  const { status, headers } = received;
  const busy: StripeAnswer = { kind: "busy", retry_after_ms: readRetryAfter(headers.get("retry-after"), now) };
  const isOk = status >= 200 && status < 300;
  if (!isOk && !JUDGED.includes(status)) {
    received.drop();
    return BUSY.includes(status) ? busy : unclear(`status_${status}`);
  }
  const body = await readJson(received);
  if (typeof body === "string") return unclear(body);
  if (isOk) return { kind: "ok", body };
  const error = errorOf(status, body);
  // An error of Stripe's own machinery says nothing of the request, whatever its status.
  if (error === null || error.type === "api_error") return unclear(`status_${status}`);
  if (error.type === "idempotency_error") {
    // Our own mistake: one id was used for two requests. The key holds nothing but that id.
    log("error", "stripe_idempotency_mismatch", { key: idempotencyKey });
    return unclear("idempotency_mismatch");
  }
  return error.code === "rate_limit" ? busy : { kind: "error", error };
}

/** The body, or why it cannot be used. */
async function readJson(received: Received): Promise<Fields | string> {
  const { bytes, ended } = await received.read(LIMITS.providerBodyBytes);
  if (ended !== "complete") return `body_${ended}`;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
    return isFields(parsed) ? parsed : "body_malformed";
  } catch {
    return "body_malformed";
  }
}

/** Null for a body that Stripe does not write: then something in between has answered, and nobody knows for whom. */
function errorOf(status: number, { error }: Fields): StripeError | null {
  if (!isFields(error) || typeof error.type !== "string") return null;
  return {
    status,
    type: codeOf(error.type),
    code: codeOf(error.code),
    decline_code: codeOf(error.decline_code),
    advice_code: codeOf(error.advice_code),
    payment_intent: error.payment_intent ?? null,
  };
}

/**
 * Why a request was refused: `key_refused` and `key_rights` in our words, because Stripe has no code for them; else
 * Stripe's own code, or its kind of error.
 */
export function refusalCode({ status, type, code, decline_code }: StripeError): string {
  if (status === 401) return "key_refused";
  if (status === 403) return "key_rights";
  return decline_code ?? code ?? type ?? `status_${status}`;
}

export const unclear = (why: string): { readonly kind: "unclear"; readonly why: string } => ({ kind: "unclear", why });
