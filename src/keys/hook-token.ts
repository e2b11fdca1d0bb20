import { createHmac, timingSafeEqual } from "node:crypto";
import { decodeBase62, encodeBase62 } from "./base62.ts";
import type { Region } from "./format.ts";
import { ID_BYTES, idFromBytes, idToBytes } from "./ids.ts";
import type { SigningSecret, SigningSecrets } from "./signing-secrets.ts";

/** What the address of a hook names: where a provider's message goes. */
export interface HookAddress {
  readonly region: Region;
  readonly organization_id: string;
  readonly hook_id: string;
}

/**
 * A token is base62 over 46 bytes:
 *
 *     version 1 | region 1 | organization id 16 | hook id 16 | signing secret id 2 | tag 10
 *
 * The tag is a filter, as a key's is: it keeps garbage from waking an object. It is no authority. Whoever knows the
 * address can send to it, and what counts is the provider's signature over the message.
 */
const VERSION = 1;
const ORGANIZATION_AT = 2;
const HOOK_AT = ORGANIZATION_AT + ID_BYTES;
const SECRET_ID_AT = HOOK_AT + ID_BYTES;
const TAG_AT = SECRET_ID_AT + 2;
const TAG_BYTES = 10;
const TOKEN_BYTES = TAG_AT + TAG_BYTES;

/** Its own words before what is signed, so that no tag of a key is one of a hook. */
const PURPOSE = "quetra/hook/1\n";

/**
 * The same address gives the same token under the same secret, so a provider keeps its URL for as long as that secret
 * is in the list.
 *
 * @throws TypeError for an id that `newId` did not make.
 */
export function makeHookToken(signing: SigningSecrets, { region, organization_id, hook_id }: HookAddress): string {
  const organization = idToBytes("org", organization_id);
  const hook = idToBytes("hok", hook_id);
  if (organization === null || hook === null)
    throw new TypeError("a hook's token needs an org_ and a hok_ id of newId()");
  const token = new Uint8Array(TOKEN_BYTES);
  token[0] = VERSION;
  token[1] = region;
  token.set(organization, ORGANIZATION_AT);
  token.set(hook, HOOK_AT);
  token.set(new TextEncoder().encode(signing.current.id), SECRET_ID_AT);
  token.set(tagOf(token, signing.current), TAG_AT);
  return encodeBase62(token);
}

/** Null for everything that none of our secrets has tagged, without saying why. No I/O. */
export function parseHookToken(text: string, signing: SigningSecrets): HookAddress | null {
  const token = decodeBase62(text, TOKEN_BYTES);
  if (token === null || token[0] !== VERSION) return null;
  const region = token[1];
  if (region !== 0 && region !== 1) return null;
  const secret = signing.byId.get(secretId(token));
  if (secret === undefined || !timingSafeEqual(token.subarray(TAG_AT), tagOf(token, secret))) return null;
  return {
    region,
    organization_id: idFromBytes("org", token.subarray(ORGANIZATION_AT, HOOK_AT)),
    hook_id: idFromBytes("hok", token.subarray(HOOK_AT, SECRET_ID_AT)),
  };
}

const tagOf = (token: Uint8Array, { secret }: SigningSecret): Uint8Array =>
  createHmac("sha256", secret).update(PURPOSE).update(token.subarray(0, TAG_AT)).digest().subarray(0, TAG_BYTES);

/** One or two ASCII characters; a single one is followed by a zero byte. */
const secretId = (token: Uint8Array): string =>
  new TextDecoder("latin1").decode(token.subarray(SECRET_ID_AT, TAG_AT)).replace(/\0$/, "");
