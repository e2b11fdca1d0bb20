import { ok, type Result } from "../result.ts";
import { GUARD_LIMITS, type GuardRefusal, refuse } from "./guard-reasons.ts";

/** Names are lower case here; `*` at the end means "and everything that starts so". */
type Rule = string;

/** Only this service may pay. `payment` alone and the `x402` names are reserved by drafts of the same protocols. */
const PAYMENT_RULES: readonly Rule[] = ["x-payment*", "payment", "payment-*", "x402*", "x-402*", "sign-in-with-x*"];

/** Schemes of `Authorization` that are payments: MPP's `Payment`, Lightning's `L402` and its older name. */
const PAYMENT_SCHEMES = /^(?:payment|l402|lsat|x402)(?:[\s,]|$)/i;

const FORBIDDEN_RULES: readonly Rule[] = [
  // Framing and routing: the runtime writes them; a second opinion is request smuggling.
  ..."host content-length transfer-encoding expect max-forwards".split(" "),
  // Hop-by-hop (RFC 9110 section 7.6.1) and HTTP/2 upgrade.
  ..."connection keep-alive te trailer upgrade http2-settings proxy-*".split(" "),
  // Who is calling and by which way: trusted by many servers behind a proxy.
  ..."forwarded x-forwarded* via cdn-loop cf-* x-real-ip x-client-ip x-cluster-client-ip true-client-ip".split(" "),
  ..."fastly-client-ip x-original-* x-rewrite-* x-host".split(" "),
  // A way around the method allow-list.
  ..."x-http-method* x-method-override".split(" "),
  // Ours, and the browser's.
  ..."x-quetra-* sec-*".split(" "),
  // A session is a person's; agents have API keys. It also keeps one tenant's session out of a shared answer.
  ..."cookie cookie2 set-cookie set-cookie2".split(" "),
  // Decides whether the runtime decodes the body, which the byte cap counts.
  "accept-encoding",
];

/** All that follows a redirect to another origin. An allow-list, because credentials have a thousand names. */
const KEPT_ACROSS_ORIGINS = new Set(["accept", "accept-charset", "accept-language", "cache-control", "user-agent"]);

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** No CR, LF, NUL or any other control character; no bytes above ASCII, which servers decode in different ways. */
const VALUE = /^[\t\x20-\x7e]*$/;

/** Servers with a CGI ancestry read `x_payment` and `x-payment` as one header, so the rules do too. */
const matching = (name: string, rules: readonly Rule[]): Rule | undefined => {
  const folded = name.toLowerCase().replaceAll("_", "-");
  return rules.find((rule) => (rule.endsWith("*") ? folded.startsWith(rule.slice(0, -1)) : folded === rule));
};

/** Is this a header that pays, proves a payment, or signs in with a wallet? */
export const isPaymentHeader = (name: string): boolean => matching(name, PAYMENT_RULES) !== undefined;

/** May this header, of a request that was ours, follow a redirect to another origin? */
export const survivesOriginChange = (name: string): boolean => KEPT_ACROSS_ORIGINS.has(name.toLowerCase());

/**
 * Judges the headers that a caller wants to send. The value has lower-case names and trimmed values and is safe to give
 * to `fetch`. A message names the rule or the position, never the caller's text: a key may stand in either half.
 */
export function guardHeaders(
  headers: Readonly<Record<string, string>>,
): Result<Readonly<Record<string, string>>, GuardRefusal> {
  const entries = Object.entries(headers);
  if (entries.length > GUARD_LIMITS.callerHeaders) return refuse("headers_too_many");
  const judged = new Map<string, string>();
  let bytes = 0;
  for (const [at, [written, raw]] of entries.entries()) {
    const subject = `header ${at + 1}`;
    if (written.length > GUARD_LIMITS.callerHeaderNameBytes || !TOKEN.test(written)) {
      return refuse("header_name", subject);
    }
    // The type is checked as well: this is the last gate before the wire, and callers parse JSON.
    if (typeof raw !== "string" || raw.length > GUARD_LIMITS.callerHeaderValueBytes || !VALUE.test(raw)) {
      return refuse("header_value", subject);
    }
    const name = written.toLowerCase();
    const value = raw.trim();
    if (judged.has(name)) return refuse("header_duplicate", subject);
    const payment = matching(name, PAYMENT_RULES);
    if (payment !== undefined) return refuse("header_payment", payment);
    if (name === "authorization" && PAYMENT_SCHEMES.test(value)) {
      return refuse("header_payment", "the payment scheme in authorization");
    }
    const forbidden = matching(name, FORBIDDEN_RULES);
    if (forbidden !== undefined) return refuse("header_forbidden", forbidden);
    bytes += name.length + value.length + 4; // ": " and CR LF on the wire.
    judged.set(name, value);
  }
  if (bytes > GUARD_LIMITS.callerHeadersBytes) return refuse("headers_too_large");
  // `fromEntries` defines own properties, so a header called `__proto__` stays a header.
  return ok(Object.fromEntries(judged));
}

/** Caps what a server may send as headers. On refusal the caller cancels the body. The value is the size in bytes. */
export function guardResponseHeaders(headers: Headers): Result<number, GuardRefusal> {
  let count = 0;
  let bytes = 0;
  for (const [name, value] of headers) {
    count += 1;
    bytes += name.length + value.length + 4;
    if (count > GUARD_LIMITS.responseHeaders || bytes > GUARD_LIMITS.responseHeadersBytes) {
      return refuse("response_headers_too_large");
    }
  }
  return ok(bytes);
}
