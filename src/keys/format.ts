import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { err, ok, type Result } from "../result.ts";
import { decodeBase62, encodeBase62 } from "./base62.ts";
import {
  KEY_ID_BYTES,
  keyIdFromBytes,
  keyIdToBytes,
  ORGANIZATION_ID_BYTES,
  organizationIdFromBytes,
  organizationIdToBytes,
} from "./ids.ts";
import type { SigningSecret, SigningSecrets } from "./signing-secrets.ts";

/**
 * `sk_quetra_<test|live>_<base62>` over 60 bytes:
 *
 *     version 1 | region 1 | organization id 16 | key id 10 | secret 20 | signing secret id 2 | tag 10
 *
 * The tag is HMAC-SHA256 over the prefix (so also over the mode) and everything before the tag. It is a filter that keeps
 * garbage from waking an object; the credential is the SHA-256 of the secret in the organization's own table.
 * No I/O, and synchronous, so that the object can mint inside its transaction.
 */
export type KeyMode = "test" | "live";
/** 0 = no jurisdiction, 1 = `eu`. */
export type Region = 0 | 1;

export interface ParsedKey {
  readonly mode: KeyMode;
  readonly region: Region;
  readonly orgId: string;
  readonly keyId: string;
  /** Lower-case hex SHA-256 of the secret. */
  readonly secretHash: string;
  readonly signingSecretId: string;
}
export type KeyError = "malformed" | "unknown_signing_secret" | "bad_tag" | "unsupported_version" | "unknown_region";

export interface MintKeyInput {
  readonly mode: KeyMode;
  readonly region: Region;
  readonly orgId: string;
  readonly keyId: string;
  readonly signing: SigningSecrets;
}
export interface MintedKey {
  /** Shown once, never stored. */
  readonly key: string;
  readonly secretHash: string;
  readonly last4: string;
  readonly signingSecretId: string;
}

const VERSION = 1;
const SECRET_BYTES = 20;
const SIGNING_ID_BYTES = 2;
const TAG_BYTES = 10;
const AT = layout({
  version: 1,
  region: 1,
  organization: ORGANIZATION_ID_BYTES,
  key: KEY_ID_BYTES,
  secret: SECRET_BYTES,
  signing: SIGNING_ID_BYTES,
  tag: TAG_BYTES,
});
const PAYLOAD_BYTES = AT.tag[1];
const SHAPE = /^sk_quetra_(test|live)_([0-9A-Za-z]+)$/;

export function mintKey({ mode, region, orgId, keyId, signing }: MintKeyInput): MintedKey {
  const organization = organizationIdToBytes(orgId);
  const key = keyIdToBytes(keyId);
  if (organization === null || key === null) throw new TypeError("mintKey needs an org_ and a key_ id of newId()");
  const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  const payload = new Uint8Array(PAYLOAD_BYTES);
  payload[AT.version[0]] = VERSION;
  payload[AT.region[0]] = region;
  payload.set(organization, AT.organization[0]);
  payload.set(key, AT.key[0]);
  payload.set(secret, AT.secret[0]);
  payload.set(new TextEncoder().encode(signing.current.id), AT.signing[0]);
  payload.set(tagOf(mode, payload, signing.current), AT.tag[0]);
  const text = `${prefixOf(mode)}${encodeBase62(payload)}`;
  return { key: text, secretHash: sha256Hex(secret), last4: text.slice(-4), signingSecretId: signing.current.id };
}

export function parseKey(text: string, signing: SigningSecrets): Result<ParsedKey, KeyError> {
  const match = SHAPE.exec(text);
  if (match === null) return err("malformed");
  const mode = match[1] as KeyMode;
  const payload = decodeBase62(match[2]!, PAYLOAD_BYTES);
  if (payload === null) return err("malformed");

  const signingSecretId = readSigningId(payload.subarray(...AT.signing));
  const secret = signingSecretId === null ? undefined : signing.byId.get(signingSecretId);
  if (secret === undefined) return err("unknown_signing_secret");
  if (!timingSafeEqual(payload.subarray(...AT.tag), tagOf(mode, payload, secret))) return err("bad_tag");

  // Only what Quetra signed gets here, so these two tell an old deployment from a newer key.
  if (payload[AT.version[0]] !== VERSION) return err("unsupported_version");
  const region = payload[AT.region[0]];
  if (region !== 0 && region !== 1) return err("unknown_region");
  return ok({
    mode,
    region,
    orgId: organizationIdFromBytes(payload.subarray(...AT.organization)),
    keyId: keyIdFromBytes(payload.subarray(...AT.key)),
    secretHash: sha256Hex(payload.subarray(...AT.secret)),
    signingSecretId: secret.id,
  });
}

const prefixOf = (mode: KeyMode) => `sk_quetra_${mode}_`;
const sha256Hex = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function tagOf(mode: KeyMode, payload: Uint8Array, signing: SigningSecret): Uint8Array {
  const signed = payload.subarray(0, AT.tag[0]);
  return createHmac("sha256", signing.secret).update(prefixOf(mode)).update(signed).digest().subarray(0, TAG_BYTES);
}

/** One or two ASCII characters; a single one is followed by a zero byte. */
function readSigningId(bytes: Uint8Array): string | null {
  const [first, second] = bytes as unknown as [number, number];
  if (first === 0) return null;
  return second === 0 ? String.fromCharCode(first) : String.fromCharCode(first, second);
}

/** `[start, end)` of each field, in order. */
function layout<const F extends Readonly<Record<string, number>>>(
  fields: F,
): { readonly [K in keyof F]: readonly [number, number] } {
  let end = 0;
  const ranges = Object.entries(fields).map(([name, bytes]) => {
    const start = end;
    end += bytes;
    return [name, [start, end]];
  });
  return Object.fromEntries(ranges);
}

export type RegionName = "default" | "eu";
const REGION_NAMES: readonly [RegionName, RegionName] = ["default", "eu"];

export const regionName = (region: Region): RegionName => REGION_NAMES[region];
/** Null for a name that is none. */
export function regionOf(name: string): Region | null {
  return name === "default" ? 0 : name === "eu" ? 1 : null;
}
