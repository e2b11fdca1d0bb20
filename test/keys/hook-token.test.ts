import { describe, expect, it } from "vitest";
import { decodeBase62, encodeBase62 } from "../../src/keys/base62.ts";
import { mintKey } from "../../src/keys/format.ts";
import { type HookAddress, makeHookToken, parseHookToken } from "../../src/keys/hook-token.ts";
import { newId } from "../../src/keys/ids.ts";
import { parseSigningSecrets, type SigningSecrets } from "../../src/keys/signing-secrets.ts";

function signing(text: string): SigningSecrets {
  const parsed = parseSigningSecrets(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}
const FIRST = signing("t1:0123456789abcdef0123456789abcdef");
const address: HookAddress = { region: 1, organization_id: newId("org"), hook_id: newId("hok") };
const BYTES = 46;

describe("the address of a hook", () => {
  it("names what it was made of, and is always the same", () => {
    const token = makeHookToken(FIRST, address);
    expect(token).toMatch(/^[0-9A-Za-z]{62}$/);
    expect(makeHookToken(FIRST, address)).toBe(token);
    expect(parseHookToken(token, FIRST)).toEqual(address);
  });

  it("still works after a new signing secret came first, and not once its own is gone", () => {
    const token = makeHookToken(FIRST, address);
    const both = "z:fedcba9876543210fedcba9876543210,t1:0123456789abcdef0123456789abcdef";
    expect(parseHookToken(token, signing(both))).toEqual(address);
    expect(makeHookToken(signing(both), address)).not.toBe(token);
    expect(parseHookToken(token, signing("z:fedcba9876543210fedcba9876543210"))).toBeNull();
    expect(parseHookToken(token, signing("t1:00000000000000000000000000000000"))).toBeNull();
  });

  it("is refused with any byte changed", () => {
    const bytes = decodeBase62(makeHookToken(FIRST, address), BYTES)!;
    for (let at = 0; at < BYTES; at++) {
      const bent = bytes.slice();
      bent[at]! ^= 1;
      expect([at, parseHookToken(encodeBase62(bent), FIRST)]).toEqual([at, null]);
    }
  });

  it("is no key, and a key is no address", () => {
    const { key } = mintKey({ mode: "test", region: 0, orgId: newId("org"), keyId: newId("key"), signing: FIRST });
    for (const text of [key, key.split("_").at(-1)!, "", "0", "é".repeat(62), `${makeHookToken(FIRST, address)}0`]) {
      expect(parseHookToken(text, FIRST)).toBeNull();
    }
  });

  it("is made of our own ids only", () => {
    expect(() => makeHookToken(FIRST, { ...address, hook_id: newId("mer") })).toThrow(TypeError);
    expect(() => makeHookToken(FIRST, { ...address, organization_id: "org_1" })).toThrow(TypeError);
  });
});
