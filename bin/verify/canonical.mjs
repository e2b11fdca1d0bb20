import { createHash } from "node:crypto";

/**
 * Canonical JSON after RFC 8785 for what Quetra signs: keys sorted by UTF-16 code units, no white space, numbers and
 * strings as JavaScript writes them. Written anew here, so that the verifier trusts no code of the service.
 */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

export const sha256 = (text, encoding = "hex") => createHash("sha256").update(text).digest(encoding);

/** The text of bytes that are UTF-8, or null. */
export function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The parsed value, or undefined, which JSON cannot say. */
export function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
