import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base62Length, decodeBase62, encodeBase62 } from "../../src/keys/base62.ts";
import { mintKey, parseKey } from "../../src/keys/format.ts";
import { newId } from "../../src/keys/ids.ts";
import { parseSigningSecrets, type SigningSecrets } from "../../src/keys/signing-secrets.ts";

const signing = secrets("k1:0123456789abcdef0123456789abcdef");
const CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

function secrets(text: string): SigningSecrets {
  const parsed = parseSigningSecrets(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

function mint(overrides: Partial<Parameters<typeof mintKey>[0]> = {}) {
  return mintKey({ mode: "test", region: 0, orgId: newId("org"), keyId: newId("key"), signing, ...overrides });
}

describe("mintKey and parseKey", () => {
  it("reads back what was minted", () => {
    for (const mode of ["test", "live"] as const) {
      for (const region of [0, 1] as const) {
        const orgId = newId("org");
        const keyId = newId("key");
        const minted = mint({ mode, region, orgId, keyId });
        expect(minted.key).toMatch(new RegExp(`^sk_quetra_${mode}_[0-9A-Za-z]{81}$`));
        expect(minted.key.endsWith(minted.last4)).toBe(true);
        expect(parseKey(minted.key, signing)).toEqual({
          ok: true,
          value: { mode, region, orgId, keyId, secretHash: minted.secretHash, signingSecretId: "k1" },
        });
      }
    }
  });

  it("stores the SHA-256 of the 20 secret bytes, which differ from key to key", () => {
    const orgId = newId("org");
    const keyId = newId("key");
    const one = mint({ orgId, keyId });
    const other = mint({ orgId, keyId });
    const payload = decodeBase62(one.key.slice("sk_quetra_test_".length), 60)!;
    expect(one.secretHash).toBe(createHash("sha256").update(payload.subarray(28, 48)).digest("hex"));
    expect(one.secretHash).not.toBe(other.secretHash);
  });

  it("keeps the format: a key of the first release still parses", () => {
    const key = "sk_quetra_test_035J050WfRuCzsBgleQcnCxTjwRHU4p98uuM5SCctO7a1j8a11ndnu1ReYSYJux3OD4lHYJR4NE7xCiir";
    expect(parseKey(key, signing)).toEqual({
      ok: true,
      value: {
        mode: "test",
        region: 1,
        orgId: "org_1z4jlwRXMa8SoQB7CVqNw0",
        keyId: "key_58soBy9G2v16AC",
        secretHash: "88d4b83061e9b89b3a35eab48d216b4bcaa8015f23aa4c069f8324ffc2062471",
        signingSecretId: "k1",
      },
    });
  });

  it("carries the mode in the tag: a test key renamed to live is refused", () => {
    const { key } = mint();
    expect(parseKey(key.replace("_test_", "_live_"), signing)).toEqual({ ok: false, error: "bad_tag" });
  });

  it("verifies with every listed secret, signs with the first, and refuses a retired one", () => {
    const both = secrets(`k2:${"n".repeat(32)},k1:0123456789abcdef0123456789abcdef`);
    const old = mint().key;
    const fresh = mint({ signing: both });
    expect(fresh.signingSecretId).toBe("k2");
    expect(parseKey(old, both).ok).toBe(true);
    expect(parseKey(fresh.key, both).ok).toBe(true);
    expect(parseKey(fresh.key, signing)).toEqual({ ok: false, error: "unknown_signing_secret" });
    const sameIdOtherSecret = secrets(`k1:${"o".repeat(32)}`);
    expect(parseKey(old, sameIdOtherSecret)).toEqual({ ok: false, error: "bad_tag" });
  });

  it("takes one-letter ids of signing secrets", () => {
    const short = secrets(`z:${"s".repeat(32)}`);
    expect(parseKey(mint({ signing: short }).key, short)).toMatchObject({ ok: true, value: { signingSecretId: "z" } });
  });

  it.each([
    "",
    "sk_quetra_test_",
    "sk_quetra_prod_0",
    `sk_quetra_test_${"0".repeat(80)}`,
    `sk_quetra_test_${"0".repeat(82)}`,
    `sk_quetra_test_${"z".repeat(81)}`,
    `sk_quetra_test_${"0".repeat(80)}-`,
    "%24%7BQUETRA_KEY%7D",
  ])("calls %j malformed", (text) => {
    expect(parseKey(text, signing)).toEqual({ ok: false, error: "malformed" });
  });

  it("refuses surrounding white space and line ends", () => {
    const { key } = mint();
    for (const text of [`${key}\n`, ` ${key}`, `${key} `, `${key}\u0000`])
      expect(parseKey(text, signing).ok).toBe(false);
  });

  it("never parses a mutated key", () => {
    const keys = Array.from({ length: 20 }, (_, at) => mint({ mode: at % 2 === 0 ? "test" : "live" }).key);
    const character = fc.constantFrom(..."_-%/", ...CHARACTERS);
    const mutation = fc.oneof(
      fc.record({ kind: fc.constant("replace" as const), at: fc.nat(200), character }),
      fc.record({ kind: fc.constant("insert" as const), at: fc.nat(200), character }),
      fc.record({ kind: fc.constant("delete" as const), at: fc.nat(200), character }),
      fc.record({ kind: fc.constant("swap" as const), at: fc.nat(200), character }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.array(mutation, { minLength: 1, maxLength: 3 }), (key, mutations) => {
        const mutated = mutations.reduce(mutate, key);
        fc.pre(!keys.includes(mutated));
        return !parseKey(mutated, signing).ok;
      }),
      { numRuns: 10_000 },
    );
  });

  it("never parses a payload with a flipped bit", () => {
    const { key } = mint();
    const prefix = key.slice(0, 15);
    const payload = decodeBase62(key.slice(15), 60)!;
    for (let bit = 0; bit < payload.length * 8; bit++) {
      const flipped = payload.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(parseKey(prefix + encodeBase62(flipped), signing).ok).toBe(false);
    }
  });

  it("refuses to mint for ids of another make", () => {
    expect(() => mint({ orgId: "org_1" })).toThrow(TypeError);
    expect(() => mint({ keyId: newId("agt") })).toThrow(TypeError);
  });
});

type Mutation = { kind: "replace" | "insert" | "delete" | "swap"; at: number; character: string };
function mutate(text: string, { kind, at: anywhere, character }: Mutation): string {
  const at = anywhere % Math.max(1, text.length);
  const before = text.slice(0, at);
  if (kind === "insert") return before + character + text.slice(at);
  if (kind === "replace") return before + character + text.slice(at + 1);
  if (kind === "delete") return before + text.slice(at + 1);
  return (
    before +
    text
      .slice(at, at + 2)
      .split("")
      .reverse()
      .join("") +
    text.slice(at + 2)
  );
}

describe("base62", () => {
  it("is canonical: bytes and text stand for each other one to one", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const text = encodeBase62(bytes);
        expect(text).toHaveLength(base62Length(bytes.length));
        expect(decodeBase62(text, bytes.length)).toEqual(bytes);
      }),
    );
  });

  it("refuses the first number that does not fit", () => {
    expect(decodeBase62(encodeBase62(new Uint8Array([255])), 1)).toEqual(new Uint8Array([255]));
    expect(decodeBase62("48", 1)).toBeNull(); // 4 × 62 + 8 = 256
  });
});
