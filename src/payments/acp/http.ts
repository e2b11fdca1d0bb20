import { LIMITS } from "../../limits.ts";
import { deadline } from "../guard.ts";
import { type Outbound, prepare, send } from "../send.ts";
import type { Body } from "./bodies.ts";
import { errorCode } from "./codes.ts";
import { type Foreign, parseObject, textOf } from "./json.ts";
import type { Call } from "./protocol.ts";

/** What came back of one request. A text of the merchant is in `value` only. */
export type Answered =
  | { readonly kind: "object"; readonly value: Foreign }
  | { readonly kind: "refused"; readonly status: number; readonly code: string }
  | { readonly kind: "unclear"; readonly why: string };

/**
 * One request, once. Nothing is followed: the merchant's bearer and the payment token are for the address that was judged.
 * Only a whole JSON object with a 2xx is an answer, and only a 4xx that cannot mean "still running" is a refusal; whatever
 * else happens is unclear, because the merchant may have acted on it.
 */
export async function ask(call: Call, method: "GET" | "POST", path: string, body: Body | null): Promise<Answered> {
  const { desk, place, key } = call;
  const prepared = prepare(
    {
      url: `${place.api_base_url}${path}`,
      method,
      headers: {
        authorization: `Bearer ${call.bearer}`,
        "api-version": place.version,
        accept: "application/json",
        "accept-language": "en",
        "user-agent": USER_AGENT,
        "request-id": crypto.randomUUID(),
        timestamp: new Date(desk.now()).toISOString(),
        ...(key === null ? {} : { "idempotency-key": key }),
        ...(body === null ? {} : { "content-type": "application/json" }),
      },
      body: body === null ? null : JSON.stringify(body),
    },
    desk.outbound.policy,
  );
  if (!prepared.ok) return unclear(`not_sent_${prepared.error.code}`);
  const signal = AbortSignal.any([call.signal, deadline(LIMITS.providerCallMs)]);
  const sent = await send(desk.outbound, prepared.value, signal);
  if (!sent.ok) return unclear(sent.error.code);
  const { status } = sent.value;
  if (status < 200 || (status >= 300 && status < 400) || status >= 500) {
    sent.value.drop();
    return unclear(`http_${status}`);
  }
  const { bytes, truncated } = await sent.value.read(LIMITS.providerBodyBytes);
  const parsed = parseObject(bytes, call.bearer);
  if (status >= 400) return refusal(status, truncated || !parsed.ok ? null : codeOf(parsed.value));
  if (truncated) return unclear("answer_cut");
  return parsed.ok ? { kind: "object", value: parsed.value } : unclear(parsed.error);
}

/** The error's code; where it is about the currency, that is what is said of it. */
function codeOf(error: Foreign): string | null {
  const code = textOf(error, "code");
  const isCurrency = textOf(error, "param") === "$.currency" && (code === "unsupported" || code === "invalid");
  return isCurrency ? "unsupported_currency" : code;
}

/** rfc.agentic_checkout 6.4: the first request with this key still runs, so what it did is not known. */
function refusal(status: number, code: string | null): Answered {
  const stillRuns = status === 409 && (code === null || code === "idempotency_in_flight");
  return stillRuns || MAY_HAVE_ACTED.has(status)
    ? unclear(`http_${status}`)
    : { kind: "refused", status, code: errorCode(code) };
}

/** Request timeout, too early, too many requests: of none of them a merchant says that it did nothing. */
const MAY_HAVE_ACTED: ReadonlySet<number> = new Set([408, 425, 429]);
const USER_AGENT = "quetra";

const unclear = (why: string): Answered => ({ kind: "unclear", why });

/** Asks an address that needs no credential. */
export async function askOpenly(outbound: Outbound, url: string, signal: AbortSignal): Promise<Opened> {
  const prepared = prepare(
    { url, method: "GET", headers: { accept: "application/json" }, body: null },
    outbound.policy,
  );
  if (!prepared.ok) return { kind: "guarded", message: prepared.error.message };
  const sent = await send(outbound, prepared.value, AbortSignal.any([signal, deadline(LIMITS.providerCallMs)]));
  if (!sent.ok) return { kind: "failed", status: null };
  const { status } = sent.value;
  if (status !== 200) {
    sent.value.drop();
    return { kind: "failed", status };
  }
  const { bytes, truncated } = await sent.value.read(LIMITS.providerBodyBytes);
  const parsed = truncated ? null : parseObject(bytes, null);
  return parsed?.ok ? { kind: "object", value: parsed.value } : { kind: "failed", status: 200 };
}

export type Opened =
  | { readonly kind: "object"; readonly value: Foreign }
  /** Our guard does not let this address be called; its own words. */
  | { readonly kind: "guarded"; readonly message: string }
  /** No answer (null), or one that is no JSON object with a 200. */
  | { readonly kind: "failed"; readonly status: number | null };
