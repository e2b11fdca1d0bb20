import { getDomain } from "tldts";
import { err, ok, type Result } from "../../result.ts";
import { type GuardPolicy, guardUrl } from "../guard.ts";
import type { RailContext } from "../stripe/rails.ts";
import { ACP_VERSIONS, type AcpVersion, type CheckoutRefusal } from "./api.ts";
import { askOpenly } from "./http.ts";
import { type Foreign, field, listOf, textOf } from "./json.ts";
import { ACP_LIMITS } from "./limits.ts";
import type { Place } from "./protocol.ts";

/**
 * Reads `/.well-known/acp.json` (rfc.discovery) and takes the newest version that both sides know. The document is public
 * and unsigned, and the bearer goes where it says, so the API has to be on the merchant's own registrable domain.
 */
export async function discover(
  origin: string,
  { outbound }: RailContext,
  signal: AbortSignal,
): Promise<Result<Place, CheckoutRefusal>> {
  const opened = await askOpenly(outbound, `${origin}/.well-known/acp.json`, signal);
  if (opened.kind === "guarded") return refuse("merchant_address", opened.message);
  if (opened.kind === "failed") {
    return opened.status === 404 ? err(NO_ACP) : err(opened.status === 200 ? BAD_DOCUMENT : NO_DOCUMENT);
  }
  return readDocument(opened.value, origin, outbound.policy);
}

function readDocument(document: Foreign, origin: string, policy: GuardPolicy): Result<Place, CheckoutRefusal> {
  const protocol = field(document, "protocol");
  const services = listOf(field(document, "capabilities"), "services", ACP_LIMITS.versions);
  const base = textOf(document, "api_base_url");
  const versions = listOf(protocol, "supported_versions", ACP_LIMITS.versions);
  if (textOf(protocol, "name") !== "acp" || base === null || versions.length === 0) return err(BAD_DOCUMENT);
  if (!services.includes("checkout")) return err(NO_CHECKOUT);
  if (!listOf(document, "transports", ACP_LIMITS.versions).includes("rest")) return err(NO_REST);
  const version = newestCommon(versions);
  if (version === null) return err(NO_COMMON_VERSION);
  const judged = judgeBase(base, policy);
  if (!judged.ok) return err(judged.error);
  return isSameMerchant(origin, judged.value) ? ok({ api_base_url: judged.value, version }) : err(FOREIGN_BASE);
}

const newestCommon = (versions: readonly unknown[]): AcpVersion | null =>
  ACP_VERSIONS.find((known) => versions.includes(known)) ?? null;

/** An address that paths can be appended to, without a slash at its end. */
export function judgeBase(base: string, policy: GuardPolicy): Result<string, CheckoutRefusal> {
  const url = guardUrl(base, policy);
  if (!url.ok) return refuse("api_base_url", url.error.message);
  const { origin, pathname, search, href } = url.value;
  // A fragment is dropped by the guard, so it is looked for in what was written.
  if (search !== "" || href.includes("?") || base.includes("#")) return err(BASE_WITH_QUERY);
  return ok(`${origin}${pathname.replace(/\/+$/, "")}`);
}

/** Loopback has no domains: there, only the very same origin is the merchant's. */
function isSameMerchant(origin: string, base: string): boolean {
  const ours = new URL(origin);
  const theirs = new URL(base);
  if (ours.origin === theirs.origin) return true;
  const domain = registrable(ours.hostname);
  return domain !== null && domain === registrable(theirs.hostname) && theirs.protocol === "https:";
}

/** With the private part of the list: shops of one hosting platform are strangers to each other. */
const registrable = (host: string): string | null => getDomain(host, { allowPrivateDomains: true });

const refuse = (code: string, message: string) => err({ code, message });

const NO_ACP: CheckoutRefusal = {
  code: "no_acp",
  message:
    "This merchant does not sell by the Agentic Commerce Protocol: it has no /.well-known/acp.json. If its API is known, configure api_base_url.",
};
const NO_DOCUMENT: CheckoutRefusal = {
  code: "discovery_failed",
  message: "The merchant's discovery document could not be read. Try again later, or configure api_base_url.",
};
const BAD_DOCUMENT: CheckoutRefusal = {
  code: "discovery_invalid",
  message: "The merchant's discovery document is not as the protocol describes it. Configure api_base_url instead.",
};
const NO_CHECKOUT: CheckoutRefusal = {
  code: "no_checkout",
  message: "This merchant's discovery document does not offer checkout.",
};
const NO_REST: CheckoutRefusal = {
  code: "no_rest",
  message: "This merchant's discovery document offers no REST API, which is the only way that is spoken here.",
};
const NO_COMMON_VERSION: CheckoutRefusal = {
  code: "no_common_version",
  message: `This merchant speaks none of the protocol versions ${ACP_VERSIONS.join(", ")}.`,
};
const FOREIGN_BASE: CheckoutRefusal = {
  code: "foreign_api_base_url",
  message:
    "The merchant's discovery document names an API on another domain. An administrator who trusts it configures api_base_url.",
};
const BASE_WITH_QUERY: CheckoutRefusal = {
  code: "api_base_url",
  message: "Write the api_base_url without a query and without a fragment.",
};
