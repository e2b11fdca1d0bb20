import { ok, type Result } from "../result.ts";
import { isIpLiteral, isOwnLoopback, judgeHost } from "./guard-host.ts";
import { GUARD_LIMITS, type GuardRefusal, refuse } from "./guard-reasons.ts";

/** What a deployment decides about outbound URLs. All is set by the operator, never by a tenant or an agent. */
export interface GuardPolicy {
  /** Every host this service answers on. They and their subdomains are refused; required so that nobody forgets it. */
  readonly ownHosts: readonly string[];
  /** Lets `http://127.0.0.1:<port>` and `http://localhost:<port>` pass. True only for a local run with the sandbox on. */
  readonly allowLoopback?: boolean;
  /** Where it is given, only these ports of loopback pass, and the rest of the developer's machine stays out of reach. */
  readonly loopbackPorts?: readonly number[];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const FORBIDDEN_CHARACTERS = /[\u0000-\u0020\u007f-\u009f\u2028\u2029\\]/;
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i;
/** Literal spellings only: `http://2130706433:80` must not become a sandbox host by normalisation. */
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost):\d{1,5}(?:[/?#]|$)/;
const NON_ASCII = /[^\0-\x7f]/;
const encoder = new TextEncoder();

/**
 * Could some other parser read this text as another URL than we do? The WHATWG parser drops tabs and line breaks, turns
 * backslashes into slashes and replaces lone surrogates; a proxy, a log reader or an approver may not.
 */
export const hasForbiddenCharacters = (raw: string): boolean => FORBIDDEN_CHARACTERS.test(raw) || !raw.isWellFormed();

/**
 * Was the host written as it is called? IDN letters are (each such label becomes `xn--…`); percent-encoding, ideographic
 * dots, full-width or circled characters and ignored code points are not: they turn into plain ASCII while parsing, and
 * are only ever used to get past a reader.
 */
function isPlainlySpelled(written: string, parsed: string): boolean {
  const from = written.split(".");
  const to = parsed.split(".");
  if (written.includes("%") || from.length !== to.length) return false;
  return from.every((label, at) => !NON_ASCII.test(label) || to[at]?.startsWith("xn--"));
}

/** Sandbox exception: one of the two literal loopback spellings, and not a port of our own. */
function judgeLoopback(raw: string, url: URL, policy: GuardPolicy): Result<URL, GuardRefusal> | null {
  if (policy.allowLoopback !== true || !LOOPBACK.test(raw)) return null;
  const port = Number(url.port || "80");
  if (policy.loopbackPorts?.includes(port) === false) return null;
  return isOwnLoopback(port, policy.ownHosts) ? refuse("host_own") : ok(url);
}

/**
 * May this URL be called? The value is the parsed URL without its fragment (a fragment is never sent, and may hold a
 * token); call, log and judge vendors by that value, never by the text that came in.
 */
export function guardUrl(raw: string, policy: GuardPolicy): Result<URL, GuardRefusal> {
  // The first test spares the encoder a huge string; UTF-8 is never shorter than UTF-16 code units.
  if (raw.length > GUARD_LIMITS.urlBytes || encoder.encode(raw).length > GUARD_LIMITS.urlBytes) {
    return refuse("url_too_long");
  }
  if (hasForbiddenCharacters(raw)) return refuse("url_characters");
  const scheme = SCHEME.exec(raw)?.[0].toLowerCase();
  if (scheme === undefined) return refuse("url_malformed");
  if (scheme !== "https:" && !(scheme === "http:" && policy.allowLoopback === true)) return refuse("url_scheme");
  const authority = AUTHORITY.exec(raw)?.[1];
  if (authority === undefined) return refuse("url_malformed");
  if (authority.includes("@")) return refuse("url_userinfo");

  const written = authority.replace(/:\d*$/, "");
  const url = URL.canParse(raw) ? new URL(raw) : null;
  if (url !== null) {
    url.hash = "";
    const loopback = judgeLoopback(raw, url, policy);
    if (loopback !== null) return loopback;
  }
  if (scheme !== "https:") return refuse("url_scheme");
  // The authority as well: `https://::1/` loses its last group to the port otherwise.
  if ([written, authority, url?.hostname ?? ""].some(isIpLiteral)) return refuse("host_ip_literal");
  // A port that is no port number (99999) makes the parse fail.
  if (url === null) return refuse(/:\d+$/.test(authority) ? "url_port" : "url_malformed");
  if (!isPlainlySpelled(written, url.hostname)) return refuse("host_spelling");
  // What follows repeats on the parsed URL what was judged on the text: the parsed URL is what is called.
  if (url.protocol !== "https:") return refuse("url_scheme");
  if (url.username !== "" || url.password !== "") return refuse("url_userinfo");
  if (url.port !== "") return refuse("url_port");
  const reason = judgeHost(url.hostname, policy.ownHosts);
  if (reason !== null) return refuse(reason);
  return url.href.length > GUARD_LIMITS.urlBytes ? refuse("url_too_long") : ok(url);
}
