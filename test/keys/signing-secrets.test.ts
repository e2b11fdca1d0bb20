import { describe, expect, it } from "vitest";
import { parseSigningSecrets } from "../../src/keys/signing-secrets.ts";

const SECRET = "0123456789abcdef0123456789abcdef";

describe("parseSigningSecrets", () => {
  it("takes a list; the first one signs", () => {
    const parsed = parseSigningSecrets(` k2:${SECRET} , k1:${SECRET}x`);
    expect(parsed.ok && parsed.value.current.id).toBe("k2");
    expect(parsed.ok && [...parsed.value.byId.keys()]).toEqual(["k2", "k1"]);
  });

  it("takes a secret that holds a colon, of exactly 32 characters", () => {
    expect(parseSigningSecrets(`k1:${SECRET.slice(0, 31)}:`).ok).toBe(true);
    expect(parseSigningSecrets(`k1:${SECRET.slice(0, 31)}`).ok).toBe(false);
  });

  it.each([
    [undefined, "not set"],
    ["  ", "not set"],
    [SECRET, "entry 1: write it as id:secret"],
    [`:${SECRET}`, "entry 1: the id"],
    [`abc:${SECRET}`, "entry 1: the id"],
    [`k-:${SECRET}`, "entry 1: the id"],
    ["k1:short", "shorter than 32"],
    [`k1:${SECRET},`, "entry 2"],
    [`k1:${SECRET},k1:${SECRET}`, "twice"],
    [`k1:${SECRET},k2:weak-secret-in-second-place`, "entry 2: the secret is shorter"],
  ])("refuses %j and says what to change", (text, reason) => {
    const parsed = parseSigningSecrets(text);
    expect(parsed).toMatchObject({ ok: false, error: expect.stringContaining(reason) });
    expect(!parsed.ok && parsed.error).not.toContain("0123456789");
    expect(!parsed.ok && parsed.error).not.toContain("weak-secret");
  });
});
