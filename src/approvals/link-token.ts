import { timingSafeEqual } from "node:crypto";
import { decodeBase62, encodeBase62 } from "../keys/base62.ts";
import type { Region } from "../keys/format.ts";
import { ID_BYTES, idFromBytes, idToBytes } from "../keys/ids.ts";
import type { NamedSecret } from "../keys/secret-list.ts";
import { parseSealingSecrets } from "../payments/seal.ts";
import { err, ok, type Result } from "../result.ts";

/** What a one-time link names: one approval of one organization, and the webhook endpoint that the link was sent to. */
export interface ApprovalLink {
  readonly region: Region;
  readonly organization_id: string;
  readonly approval_id: string;
  readonly endpoint_id: string;
}

/**
 * A token is base62 over 68 bytes, always 92 characters:
 *
 *     version 1 | region 1 | organization id 16 | approval id 16 | endpoint id 16 | id of the secret 2 | MAC 16
 *
 * Nothing is stored for it: whoever holds the sealing secrets makes the same token again, and nobody else makes any.
 * What uses a token up is the approval itself, which is decided once.
 */
const VERSION = 1;
const REGION_AT = 1;
const ORGANIZATION_AT = 2;
const APPROVAL_AT = ORGANIZATION_AT + ID_BYTES;
const ENDPOINT_AT = APPROVAL_AT + ID_BYTES;
const SECRET_ID_AT = ENDPOINT_AT + ID_BYTES;
const MAC_AT = SECRET_ID_AT + 2;
const MAC_BYTES = 16;
const TOKEN_BYTES = MAC_AT + MAC_BYTES;

/** A key of its own, so that no other use of the sealing secrets can be made to produce a link. */
const INFO = new TextEncoder().encode("quetra/approval-link/1");

/**
 * The token of a link that decides one approval. The same link gives the same token under the same secret.
 *
 * @throws TypeError for an id that `newId` did not make: that is a bug of the caller, never a client's doing.
 */
export async function makeApprovalToken(
  sealingSecrets: string | undefined,
  link: ApprovalLink,
): Promise<Result<string, "not_configured">> {
  const secrets = parseSealingSecrets(sealingSecrets);
  if (!secrets.ok) return err("not_configured");
  const { current } = secrets.value;
  const token = new Uint8Array(TOKEN_BYTES);
  token[0] = VERSION;
  token[REGION_AT] = link.region;
  token.set(bytesOf(link.organization_id, "org"), ORGANIZATION_AT);
  token.set(bytesOf(link.approval_id, "apr"), APPROVAL_AT);
  token.set(bytesOf(link.endpoint_id, "whk"), ENDPOINT_AT);
  token.set(new TextEncoder().encode(current.id), SECRET_ID_AT);
  token.set(await macOf(token, link.organization_id, current), MAC_AT);
  return ok(encodeBase62(token));
}

/**
 * What a token names, if one of our secrets made it. Null for everything else, without saying why. That the approval
 * still waits, and that the endpoint may still send links, is for the organization to say.
 */
export async function openApprovalToken(
  sealingSecrets: string | undefined,
  token: string,
): Promise<ApprovalLink | null> {
  const secrets = parseSealingSecrets(sealingSecrets);
  const bytes = decodeBase62(token, TOKEN_BYTES);
  if (!secrets.ok || bytes === null || bytes[0] !== VERSION) return null;
  const region = bytes[REGION_AT];
  if (region !== 0 && region !== 1) return null;
  const secret = secrets.value.byId.get(secretId(bytes));
  if (secret === undefined) return null;
  const link: ApprovalLink = {
    region,
    organization_id: idFromBytes("org", bytes.subarray(ORGANIZATION_AT, APPROVAL_AT)),
    approval_id: idFromBytes("apr", bytes.subarray(APPROVAL_AT, ENDPOINT_AT)),
    endpoint_id: idFromBytes("whk", bytes.subarray(ENDPOINT_AT, SECRET_ID_AT)),
  };
  const mac = await macOf(bytes, link.organization_id, secret);
  return timingSafeEqual(bytes.subarray(MAC_AT), mac) ? link : null;
}

/** HMAC-SHA256 over everything before the MAC, cut to 128 bits, under a key of this organization alone. */
async function macOf(token: Uint8Array, organizationId: string, { secret }: NamedSecret): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: encoder.encode(organizationId), info: INFO },
    material,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign"],
  );
  const mac = await crypto.subtle.sign("HMAC", key, token.slice(0, MAC_AT));
  return new Uint8Array(mac).subarray(0, MAC_BYTES);
}

/** One or two ASCII characters; a single one is followed by a zero byte. */
const secretId = (token: Uint8Array): string =>
  new TextDecoder("latin1").decode(token.subarray(SECRET_ID_AT, MAC_AT)).replace(/\0$/, "");

function bytesOf(id: string, prefix: "org" | "apr" | "whk"): Uint8Array {
  const bytes = idToBytes(prefix, id);
  if (bytes === null) throw new TypeError(`a link needs an id that starts with ${prefix}_`);
  return bytes;
}
