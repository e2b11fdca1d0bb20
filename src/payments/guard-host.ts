import ipaddr from "ipaddr.js";
import { GUARD_LIMITS, type GuardReason } from "./guard-reasons.ts";

/**
 * Names that never lead to a public service: IANA special-use domains (RFC 6761 and successors), the names of RFC 6762
 * appendix G and of ICANN's collision list, and what container platforms resolve inside. `example.com` is left out on
 * purpose: it is reserved for documents but resolves to a public host.
 */
const SPECIAL_SUFFIXES = new Set(
  (
    "alt arpa example invalid local localhost localdomain onion test internal intranet private corp home lan mail " +
    "svc consul docker k8s kubernetes cluster metadata i2p"
  ).split(" "),
);

/** Cloud metadata services that have a public-looking name. Those under `.internal` are caught by the suffix. */
const METADATA_HOSTS = new Set([
  "metadata.goog",
  "metadata.google.com",
  "metadata.tencentyun.com",
  "metadata.platformequinix.com",
  "metadata.packet.net",
]);

/**
 * DNS services that answer with an address spelled in the name, always with a loopback address, or with one address now
 * and another later. Refused whole: `93-184-216-34.nip.io` is an IP literal in all but syntax. The list cannot be
 * complete, since anyone can point a name of their own anywhere (see "What it cannot do" in `guard.ts`).
 */
const WILDCARD_DNS = [
  ..."nip.io sslip.io xip.io xip.name traefik.me backname.io ip6.name addr.tools plex.direct".split(" "),
  ..."local-ip.co local-ip.sh local-ip.medicmobile.org localcert.net localhostcert.net".split(" "),
  ..."localtest.me lvh.me vcap.me fuf.me lacolhost.com localho.st lcl.host local.gd smackaho.st".split(" "),
  ..."127-0-0-1.org.uk localdomain.pw spoofed.burpcollaborator.net bugbounty.dod.network".split(" "),
  ..."rbndr.us rebind.network rebind.it 1u.ms".split(" "),
];

/** Underscore is no host-name character by RFC 1123, but real buckets and tenants have it under a wildcard certificate. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;
const NUMERIC_LABEL = /^(?:\d+|0x[0-9a-f]*)$/i;
/** As a look-ahead, so that overlapping quads are seen: `1-10-0-0-1` holds two. */
const QUAD = /(?<!\d)(?=(\d{1,3})[.-](\d{1,3})[.-](\d{1,3})[.-](\d{1,3})(?!\d))/g;
/** What an attacker wants to reach, by ipaddr.js's names; not "reserved" and the like, which version numbers fall into. */
const INNER_RANGES = new Set(["loopback", "private", "linkLocal", "carrierGradeNat"]);
/** This host; the inner services of Azure and Oracle, which have addresses outside those ranges. */
const INNER_ADDRESSES = new Set(["0.0.0.0", "168.63.129.16", "192.0.0.192"]);

/** Is `host` the `domain` itself or a name under it? */
const isUnder = (host: string, domain: string): boolean => host === domain || host.endsWith(`.${domain}`);

/**
 * Is this host an IP literal, in any spelling that some parser somewhere understands? Broader than WHATWG on purpose:
 * a last label that is a number is an address or a parse error there, and is neither a name anywhere.
 */
export function isIpLiteral(host: string): boolean {
  if (host.startsWith("[")) return true;
  const last = host.split(".").findLast((label) => label !== "") ?? "";
  return NUMERIC_LABEL.test(last) || ipaddr.isValid(host);
}

/**
 * Does the name spell an address of an inner network, as in `10.0.0.1.example.com` or `app-192-168-0-1.example.com`?
 * Public addresses pass, because names such as `release-1-2-3-4.example.com` are honest; a quad of hex digits is not
 * looked for, because deployments are named by such hashes.
 */
function embedsInnerAddress(host: string): boolean {
  for (const match of host.matchAll(QUAD)) {
    // Through Number, so that "010" is read as ten in decimal: that is how such services read it.
    const dotted = match.slice(1).map(Number).join(".");
    if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) continue;
    if (INNER_ADDRESSES.has(dotted) || INNER_RANGES.has(ipaddr.IPv4.parse(dotted).range())) return true;
  }
  return false;
}

/** Judges a host name as the WHATWG parser wrote it (lower case, punycode). `null` = may be called. */
export function judgeHost(host: string, ownHosts: readonly string[]): GuardReason | null {
  if (isIpLiteral(host)) return "host_ip_literal";
  if (host.endsWith(".")) return "host_trailing_dot";
  const labels = host.split(".");
  if (host.length > GUARD_LIMITS.hostChars) return "host_malformed";
  if (labels.some((label) => label.length > GUARD_LIMITS.labelChars || !LABEL.test(label))) return "host_malformed";
  if (labels.length < 2) return "host_single_label";
  if (isOwn(host, ownHosts)) return "host_own";
  if (SPECIAL_SUFFIXES.has(labels.at(-1) ?? "") || METADATA_HOSTS.has(host)) return "host_special_use";
  // `localhost.<someone's domain>` is a common record for 127.0.0.1 and never a shop.
  if (labels.includes("localhost")) return "host_special_use";
  if (WILDCARD_DNS.some((domain) => isUnder(host, domain)) || embedsInnerAddress(host)) return "host_wildcard_dns";
  return null;
}

/**
 * An `ownHosts` entry (`quetra.dev`, `Quetra.dev:443`, `*.quetra.dev`), normalised as a URL's host is. An entry that is no
 * host is a deployment bug and throws: skipping it would open the door without a word. A blank one says nothing.
 */
function parseOwn(entry: string): { readonly host: string; readonly port: number | null } | null {
  const text = entry.trim().replace(/^\*?\./, "");
  if (text === "") return null;
  const url = /[/?#@\\\s]/.test(text) || !URL.canParse(`https://${text}`) ? null : new URL(`https://${text}`);
  const host = url?.hostname.replace(/\.$/, "") ?? "";
  if (!isIpLiteral(host) && !host.split(".").every((label) => LABEL.test(label))) {
    throw new TypeError("ownHosts holds an entry that is not a host name.");
  }
  const port = /:(\d+)$/.exec(text)?.[1];
  return { host, port: port === undefined ? null : Number(port) };
}

/** Is this one of the names that this service answers on, or under one? The port of an entry means nothing here. */
function isOwn(host: string, ownHosts: readonly string[]): boolean {
  return ownHosts.some((entry) => {
    const own = parseOwn(entry);
    return own !== null && isUnder(host, own.host);
  });
}

/**
 * Is this loopback port one that this very service listens on? Only an entry with a port says so: the bare
 * `localhost,127.0.0.1` of a developer's ALLOWED_HOSTS would otherwise forbid the whole sandbox. The names are one
 * machine, so an entry for one counts for all.
 */
export function isOwnLoopback(port: number, ownHosts: readonly string[]): boolean {
  return ownHosts.some((entry) => {
    const own = parseOwn(entry);
    return own !== null && ["127.0.0.1", "localhost", "[::1]"].includes(own.host) && own.port === port;
  });
}
