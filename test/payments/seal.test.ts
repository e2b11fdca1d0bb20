import { createDecipheriv, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { open, type SealedField, seal } from "../../src/payments/seal.ts";

const ONE = "s1:fedcba9876543210fedcba9876543210";
const TWO = "s2:0123456789abcdef0123456789abcdef";
const ORG = "org_1";
const sealed = async (text: string, secrets = ONE, org = ORG): Promise<string> => {
  const result = await seal(secrets, org, "wallet_key", text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const opened = async (
  text: string,
  secrets: string | undefined = ONE,
  org = ORG,
  field: SealedField = "wallet_key",
) => {
  const result = await open(secrets, org, field, text);
  return result.ok ? result.value : result.error.reason;
};

describe("seal", () => {
  it("gives back any text, to the same organization and field only", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 200, unit: "grapheme" }), async (text) => {
        const kept = await sealed(text);
        expect(await opened(kept)).toEqual({ plaintext: text, stale: false });
        expect(await opened(kept, ONE, "org_2")).toBe("unreadable");
        expect(await opened(kept, ONE, ORG, "other" as SealedField)).toBe("unreadable");
      }),
      { numRuns: 30 },
    );
  });

  it("is what is written down: HKDF per organization, the context authenticated, the tag at the end", async () => {
    const [version, id, iv, bytes] = (await sealed("0xsecret")).split(".");
    const [nonce, all] = [Buffer.from(iv!, "base64url"), Buffer.from(bytes!, "base64url")];
    const key = hkdfSync("sha256", ONE.slice(3), ORG, "quetra/seal/1", 32);
    const cipher = createDecipheriv("aes-256-gcm", Buffer.from(key), nonce);
    cipher.setAAD(Buffer.from(`${ORG}|wallet_key|s1`)).setAuthTag(all.subarray(-16));
    const text = Buffer.concat([cipher.update(all.subarray(0, -16)), cipher.final()]).toString();
    expect([version, id, nonce.length, text]).toEqual(["v1", "s1", 12, "0xsecret"]);
  });

  it("is another text each time and shows nothing", async () => {
    const many = await Promise.all(Array.from({ length: 50 }, () => sealed("0xsecret")));
    expect(new Set(many).size).toBe(50);
    expect(new Set(many.map((text) => text.split(".")[2])).size).toBe(50);
    for (const text of many) {
      expect(text).toMatch(/^v1\.s1\.[\w-]{16}\.[\w-]+$/);
      expect(Buffer.from(text.split(".")[3]!, "base64url").toString("latin1")).not.toContain("secret");
    }
  });

  it("refuses every changed, cut or longer text", async () => {
    const kept = await sealed("0xsecret");
    await fc.assert(
      fc.asyncProperty(fc.nat(kept.length - 1), fc.integer({ min: 33, max: 126 }), async (at, code) => {
        const changed = kept.slice(0, at) + String.fromCharCode(code) + kept.slice(at + 1);
        if (changed !== kept) expect(await opened(changed, `${ONE},${TWO}`)).toMatch(/^unreadable$|^unknown_secret$/);
      }),
      { numRuns: 200 },
    );
    for (let length = 0; length < kept.length; length++) expect(await opened(kept.slice(0, length))).toBe("unreadable");
    for (const text of [`${kept}A`, `${kept}=`, ` ${kept}`, `${kept}\n`, kept.replace("v1", "v2"), "", "v1..."]) {
      expect(await opened(text)).toBe("unreadable");
    }
  });

  it("does not open under another secret of the same id, nor when the id is put over", async () => {
    const kept = await sealed("x");
    expect(await opened(kept, "s1:0123456789abcdef0123456789abcdef")).toBe("unreadable");
    expect(await opened(kept.replace("v1.s1.", "v1.s2."), `${ONE},s2:${ONE.slice(3)}`)).toBe("unreadable");
  });

  it("opens what an older secret sealed and says so; without that secret it says that", async () => {
    const kept = await sealed("x");
    expect(await opened(kept, `${TWO},${ONE}`)).toEqual({ plaintext: "x", stale: true });
    expect(await opened(await sealed("x", `${TWO},${ONE}`), `${TWO},${ONE}`)).toEqual({ plaintext: "x", stale: false });
    expect(await opened(kept, TWO)).toBe("unknown_secret");
  });

  it.each([undefined, "", " ", "s1", "s1:weak", `${ONE},${ONE}`])(
    "fails closed with %j as secrets",
    async (secrets) => {
      const kept = await sealed("x");
      for (const result of [
        await seal(secrets, ORG, "wallet_key", "x"),
        await open(secrets, ORG, "wallet_key", kept),
      ]) {
        if (result.ok) throw new Error("It worked.");
        expect(result.error.reason).toBe("not_configured");
        expect(result.error.message).toContain("SEALING_SECRETS");
        expect(result.error.message).not.toContain("fedcba");
        expect(result.error.message).not.toContain("weak");
      }
    },
  );

  it("takes a secret of exactly 32 characters", async () => {
    const secret = "x".repeat(32);
    expect(await opened(await sealed("x", `a:${secret}`), `a:${secret}`)).toMatchObject({ plaintext: "x" });
    expect((await seal(`a:${secret.slice(1)}`, ORG, "wallet_key", "x")).ok).toBe(false);
  });
});
