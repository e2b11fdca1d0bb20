import { LIMITS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { foldText, isDeceptive, quote } from "./text.ts";

/** What the URL standard takes for a dot in a host: full stop, its East Asian forms, and anything percent-encoded. */
const DOT_LIKE = /[.\u3002\uff0e\uff61]|%2e/i;
const HTTP_URL = /^(?:https?:|[/\\]{2})/i;
const OTHER_URL = /^[a-z][a-z0-9+.-]*:[/\\]{2}/i;
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6 = /^\[[0-9a-f:.]+\]$/;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * The one spelling of a vendor. A URL or a bare host becomes its host: lower-case, punycode, without port, path,
 * user information and trailing dot. Everything else is a plain name: folded and collapsed.
 *
 * A host comes from the raw text through the same parser that `fetch` uses, never from folded text, so the host that
 * is judged is the host that would be called. What looks like a host but is none is refused, not taken for a name.
 * The error is a sentence for the caller and does not echo the input.
 */
export function normalizeVendor(input: string): Result<string, string> {
  if (input.length > LIMITS.urlBytes) return err("The vendor is too long.");
  const text = input.trim();
  if (isDeceptive(text)) return err("The vendor must not contain control or bidirectional characters.");
  const host = readHost(text);
  if (host !== null) return host;
  const folded = foldText(text);
  if (!folded.ok) return err(`The vendor ${folded.error}.`);
  const name = folded.value;
  if (name === "") return err("The vendor is empty.");
  // Folding can turn a look-alike ("․" U+2024, an invisible character) into a host: then it is one.
  const disguised = readHost(name);
  if (disguised !== null) return disguised;
  if (name.length > LIMITS.vendorChars) return err(`The vendor must have at most ${LIMITS.vendorChars} characters.`);
  return ok(name);
}

/** The host of a URL or of what looks like a host; null for what can only be a name. */
function readHost(text: string): Result<string, string> | null {
  if (HTTP_URL.test(text)) return hostOf(/^https?:/i.test(text) ? text : `https:${text}`, true);
  if (OTHER_URL.test(text)) return err("Give the vendor as an http or https URL, a host, or a name.");
  return looksLikeHost(text) ? hostOf(withScheme(text), false) : null;
}

/** The vendor inside a sentence: a host as it is, a free-text name in quotes, so that it cannot pass for our words. */
export const vendorWords = (vendor: string): string => (isHost(vendor) ? vendor : quote(vendor));

/** Is this normalized vendor a host (rather than a plain name)? Plain names have no inner dot without a space. */
export function isHost(vendor: string): boolean {
  if (vendor.startsWith("[")) return IPV6.test(vendor);
  const dot = vendor.indexOf(".");
  return dot > 0 && dot < vendor.length - 1 && !vendor.includes(" ");
}

/** The host part is all before the path; with white space in it, it is a name ("A.B. Smith"). */
function looksLikeHost(text: string): boolean {
  if (/^\[[0-9a-f.]*:/i.test(text) || isBareIPv6(text)) return true;
  const authority = text.split(/[/\\?#]/, 1)[0] ?? "";
  if (/\s/.test(authority) || !DOT_LIKE.test(authority)) return false;
  // "Inc." and "No.": one word and a full stop, no host. Two dots in a row or a leading one are a broken host.
  return !/^[^.\u3002\uff0e\uff61%@:]+[.\u3002\uff0e\uff61]$/u.test(authority);
}

const isBareIPv6 = (text: string): boolean => /^[0-9a-f:.]+$/i.test(text) && text.split(":").length > 2;
const withScheme = (text: string): string => `https://${isBareIPv6(text) ? `[${text}]` : text}`;

function hostOf(url: string, explicit: boolean): Result<string, string> {
  const notAHost = err("The vendor looks like a host or URL, but is not a valid one.");
  let host: string;
  try {
    host = new URL(url).hostname;
  } catch {
    return notAHost;
  }
  if (host.endsWith(".")) host = host.slice(0, -1);
  if (host.startsWith("[")) return ok(host);
  if (host.length > LIMITS.vendorChars) return notAHost;
  const labels = host.split(".");
  if (labels.length === 1 && !explicit) return notAHost;
  return labels.every((label) => LABEL.test(label)) ? ok(host) : notAHost;
}

/** Finds a vendor in a list of normalized entries. */
export interface VendorMatcher {
  has(vendor: string): boolean;
}

/**
 * Makes a list of normalized entries ready to match. A host entry matches that host and its subdomains at a dot
 * boundary, a plain name matches itself. Costs one set look-up per label of the vendor, however long the list is.
 */
export function compileVendors(entries: readonly string[]): VendorMatcher {
  const names = new Set<string>();
  const hosts = new Set<string>();
  for (const entry of entries) (isHost(entry) ? hosts : names).add(entry);
  return {
    has(vendor) {
      if (hosts.has(vendor) || names.has(vendor)) return true;
      // An address has no subdomains: the labels of 10.0.0.1 are not names.
      if (hosts.size === 0 || !isHost(vendor) || vendor.startsWith("[") || IPV4.test(vendor)) return false;
      for (let dot = vendor.indexOf("."); dot !== -1; dot = vendor.indexOf(".", dot + 1)) {
        if (hosts.has(vendor.slice(dot + 1))) return true;
      }
      return false;
    },
  };
}

/** Does one normalized entry match a normalized vendor? */
export function vendorMatches(entry: string, vendor: string): boolean {
  return compileVendors([entry]).has(vendor);
}
