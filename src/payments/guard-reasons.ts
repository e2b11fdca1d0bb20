import { LIMITS } from "../limits.ts";

/**
 * Bounds of outbound traffic. Durations in ms, sizes in bytes; each is tested at N and N + 1.
 * They stand here and not in `src/limits.ts` because only the guard enforces them.
 */
export const GUARD_LIMITS = {
  /** Of the URL as written and as normalised: percent-encoding can make the second one longer. */
  urlBytes: LIMITS.urlBytes,
  hostChars: 253,
  labelChars: 63,
  redirectHops: 3,
  /** From the first byte out to the last byte in, redirects included. */
  requestMs: 30_000,
  callerHeaders: 32,
  callerHeaderNameBytes: 64,
  callerHeaderValueBytes: 4 * 1024,
  callerHeadersBytes: 8 * 1024,
  responseHeaders: 128,
  /** workerd accepts 300 KB of response headers; an x402 quote needs at most 16 KB of them. */
  responseHeadersBytes: 32 * 1024,
  /** Decoded bytes of a body: what is parsed or shown to an agent. */
  responseBytes: 128 * 1024,
  /** Consecutive reads without a byte: a stream can stay busy for ever below any byte cap. */
  emptyReads: 1_000,
} as const;

/** In order of precedence inside each group: the first one that applies is the one returned. */
export const GUARD_REASONS = [
  "url_too_long",
  "url_characters",
  "url_malformed",
  "url_scheme",
  "url_userinfo",
  "host_ip_literal",
  "host_spelling",
  "url_port",
  "host_trailing_dot",
  "host_malformed",
  "host_single_label",
  "host_own",
  "host_special_use",
  "host_wildcard_dns",
  "redirect_status",
  "redirect_too_many",
  "redirect_location",
  "redirect_downgrade",
  "redirect_method_cross_origin",
  "method_not_allowed",
  "method_without_body",
  "headers_too_many",
  "header_name",
  "header_value",
  "header_duplicate",
  "header_payment",
  "header_forbidden",
  "headers_too_large",
  "response_headers_too_large",
] as const;
export type GuardReason = (typeof GUARD_REASONS)[number];

/** `message` is public: built from our own words only, so it can neither leak a credential nor carry injected text. */
export interface GuardRefusal {
  readonly reason: GuardReason;
  readonly message: string;
}

const L = GUARD_LIMITS;
const PUBLIC_NAME = "Use the public DNS name of the service";

/** One sentence per reason, saying what to change. `subject` is our own text: a rule or a position, never what came in. */
const SENTENCES: Record<GuardReason, (subject: string) => string> = {
  url_too_long: () => `Shorten the URL: at most ${L.urlBytes} bytes are accepted.`,
  url_characters: () =>
    "Remove spaces, control characters, backslashes and broken Unicode from the URL, or percent-encode them.",
  url_malformed: () => "Write the URL in full, as in https://api.example.com/path.",
  url_scheme: () => "Use an https:// URL; no other scheme is called.",
  url_userinfo: () => "Remove the user name and password (everything before the @) from the URL.",
  host_ip_literal: () => `${PUBLIC_NAME}; IP addresses are not called, in any spelling.`,
  host_spelling: () =>
    "Write the host name plainly: no percent-encoding, no look-alike dots, digits or letters that stand for ASCII.",
  url_port: () => "Remove the port from the URL; only port 443 is called.",
  host_trailing_dot: () => "Remove the dot at the end of the host name.",
  host_malformed: () =>
    `${PUBLIC_NAME}: labels of letters, digits and hyphens, 1 to ${L.labelChars} characters each, ${L.hostChars} in all.`,
  host_single_label: () => `${PUBLIC_NAME}; a host name without a domain is not called.`,
  host_own: () => "Use the address of another service; this service does not call itself.",
  host_special_use: () => `${PUBLIC_NAME}; local, private and reserved names are not called.`,
  host_wildcard_dns: () => `${PUBLIC_NAME}; names that stand for an IP address are not called.`,
  redirect_status: () => "The answer is not a redirect that can be followed; handle its status instead.",
  redirect_too_many: () => `Call the final address directly; at most ${L.redirectHops} redirects are followed.`,
  redirect_location: () => "The server redirected without saying where; call the final address directly.",
  redirect_downgrade: () => "The server redirected from https to http, which is never followed; use an https address.",
  redirect_method_cross_origin: () =>
    "The server redirected this request to another origin; only GET and HEAD follow there. Call the new address directly.",
  method_not_allowed: () => `Use one of the methods ${METHODS.join(", ")}.`,
  method_without_body: () => "Remove the body, or use POST, PUT, PATCH or DELETE.",
  headers_too_many: () => `Send at most ${L.callerHeaders} headers.`,
  header_name: (subject) =>
    `Rename ${subject}: letters, digits and hyphens only, at most ${L.callerHeaderNameBytes} characters.`,
  header_value: (subject) =>
    `Change the value of ${subject}: printable ASCII on one line, at most ${L.callerHeaderValueBytes} bytes.`,
  header_duplicate: (subject) => `Send ${subject} once; upper and lower case are the same name.`,
  header_payment: (subject) => `Leave out ${subject}; payments are made and signed by this service only.`,
  header_forbidden: (subject) => `Leave out ${subject}; it is set by this service or by the network.`,
  headers_too_large: () => `Shorten the headers: at most ${L.callerHeadersBytes} bytes in all.`,
  response_headers_too_large: () =>
    `The server answered with more than ${L.responseHeaders} headers or ${L.responseHeadersBytes} bytes of them; use another service.`,
};

/** The methods that may leave. CONNECT and TRACE are attacks here; OPTIONS buys nothing. */
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type GuardedMethod = (typeof METHODS)[number];

/** The only way to make a refusal, so that every reason has exactly one sentence. */
export const refuse = (
  reason: GuardReason,
  subject = "this header",
): { readonly ok: false; readonly error: GuardRefusal } => ({
  ok: false,
  error: { reason, message: SENTENCES[reason](subject) },
});
