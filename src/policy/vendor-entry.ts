import { getPublicSuffix, parse } from "tldts";
import { err, type Result } from "../result.ts";
import { isHost, normalizeVendor } from "./vendor.ts";

/**
 * Checks one entry of a vendor list when a mandate is saved. Only this file needs the public suffix list (47 KB):
 * evaluation compares entries that were checked here.
 *
 * Refused are patterns that would match the whole world below a public suffix (`com`, `co.uk`, `github.io`), and
 * wildcards, because every host entry already covers its subdomains.
 */
export function validateVendorEntry(entry: string): Result<string, string> {
  const text = entry.trim();
  if (/^[*.]/.test(text) || /^https?:\/\/[*.]/i.test(text)) {
    return err("Write the host without a wildcard: example.com matches itself and all its subdomains.");
  }
  const vendor = normalizeVendor(text);
  if (!vendor.ok) return vendor;
  const suffix = err("This is a public suffix: it would stand for hosts of strangers. Name a host below it.");
  if (!isHost(vendor.value)) return isOpenTopLevelDomain(vendor.value) ? suffix : vendor;
  const publicSuffix = getPublicSuffix(vendor.value, { allowPrivateDomains: true, detectIp: true });
  return publicSuffix === vendor.value ? suffix : vendor;
}

/** Top-level domains under which anybody registers; brands ("amazon") are top-level domains too, but are also names. */
const OPEN_TOP_LEVEL = new Set(
  "com net org info biz name pro mobi edu gov mil int arpa app dev xyz shop store online site tech cloud club top".split(
    " ",
  ),
);

function isOpenTopLevelDomain(text: string): boolean {
  const name = text.replace(/\.$/, "");
  if (OPEN_TOP_LEVEL.has(name)) return true;
  return /^[a-z]{2}$/.test(name) && parse(name).isIcann === true;
}
