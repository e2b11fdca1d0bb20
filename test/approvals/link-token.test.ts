import { describe, expect, it } from "vitest";
import { type ApprovalLink, makeApprovalToken, openApprovalToken } from "../../src/approvals/link-token.ts";
import { decodeBase62, encodeBase62 } from "../../src/keys/base62.ts";
import { newId } from "../../src/keys/ids.ts";

const SECRET = "fedcba9876543210fedcba9876543210";
const OTHER = "0123456789abcdef0123456789abcdef";
const CURRENT = `s1:${SECRET}`;
const BYTES = 68;

const someLink = (more: Partial<ApprovalLink> = {}): ApprovalLink => ({
  region: 0,
  organization_id: newId("org"),
  approval_id: newId("apr"),
  endpoint_id: newId("whk"),
  ...more,
});

async function tokenOf(link: ApprovalLink, secrets = CURRENT): Promise<string> {
  const made = await makeApprovalToken(secrets, link);
  if (!made.ok) throw new Error(made.error);
  return made.value;
}
const bytesOf = (token: string): Uint8Array => decodeBase62(token, BYTES)!;

describe("the token of an approval link", () => {
  it("opens to what it was made of, and is the same every time", async () => {
    for (const region of [0, 1] as const) {
      const link = someLink({ region });
      const token = await tokenOf(link);
      expect(token).toMatch(/^[0-9A-Za-z]{92}$/);
      expect(await tokenOf(link)).toBe(token);
      expect(await openApprovalToken(CURRENT, token)).toEqual(link);
    }
  });

  it("is nothing when any of its bytes is another, whichever value it takes", async () => {
    const bytes = bytesOf(await tokenOf(someLink()));
    expect(bytes).toHaveLength(BYTES);
    for (let at = 0; at < BYTES; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const altered = Uint8Array.from(bytes);
        altered[at]! ^= flip;
        expect(await openApprovalToken(CURRENT, encodeBase62(altered)), `byte ${at}`).toBeNull();
      }
    }
  });

  it("is nothing when any of its characters is another, missing or added", async () => {
    const token = await tokenOf(someLink());
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      expect(await openApprovalToken(CURRENT, token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
    }
    const wrong = ["", token.slice(1), token.slice(0, -1), `${token}A`, `0${token}`, token.toLowerCase(), `${token} `];
    for (const text of [...wrong, "/".repeat(92), "\u0000".repeat(92), "z".repeat(92)]) {
      expect(await openApprovalToken(CURRENT, text), text).toBeNull();
    }
  });

  it("does not carry over to another organization, approval, endpoint or region", async () => {
    const link = someLink();
    const mac = bytesOf(await tokenOf(link)).subarray(52);
    const changes: Partial<ApprovalLink>[] = [
      { organization_id: newId("org") },
      { approval_id: newId("apr") },
      { endpoint_id: newId("whk") },
      { region: 1 },
    ];
    for (const change of changes) {
      const forged = bytesOf(await tokenOf({ ...link, ...change }));
      expect(Buffer.compare(forged.subarray(52), mac)).not.toBe(0);
      forged.set(mac, 52);
      expect(await openApprovalToken(CURRENT, encodeBase62(forged))).toBeNull();
    }
  });

  it("opens with any secret of the list, is made with the first, and ends with its secret", async () => {
    const link = someLink();
    const old = await tokenOf(link);
    const rotated = `s2:${OTHER},${CURRENT}`;
    expect(await openApprovalToken(rotated, old)).toEqual(link);
    const fresh = await tokenOf(link, rotated);
    expect(fresh).not.toBe(old);
    expect(await openApprovalToken(rotated, fresh)).toEqual(link);
    expect(await openApprovalToken(CURRENT, fresh)).toBeNull();
    expect(await openApprovalToken(`s2:${OTHER}`, old)).toBeNull();
    // The same id with another secret is another secret.
    expect(await openApprovalToken(`s1:${OTHER}`, old)).toBeNull();
  });

  it("holds no part of the secret", async () => {
    const token = await tokenOf(someLink());
    const bytes = Buffer.from(bytesOf(token));
    for (let at = 0; at + 4 <= SECRET.length; at++) {
      const part = SECRET.slice(at, at + 4);
      expect(bytes.includes(part)).toBe(false);
      expect(bytes.includes(Buffer.from(part, "hex"))).toBe(false);
    }
  });

  it("is neither made nor opened without valid secrets", async () => {
    const token = await tokenOf(someLink());
    for (const secrets of [undefined, "", "s1:short", "nonsense"]) {
      expect(await makeApprovalToken(secrets, someLink())).toEqual({ ok: false, error: "not_configured" });
      expect(await openApprovalToken(secrets, token)).toBeNull();
    }
  });

  it("is not made for ids that are none: that is a bug, not a link", async () => {
    const bad: Partial<ApprovalLink>[] = [
      { organization_id: newId("apr") },
      { approval_id: "apr_x" },
      { endpoint_id: "" },
      { endpoint_id: newId("org") },
    ];
    for (const change of bad) {
      await expect(makeApprovalToken(CURRENT, someLink(change))).rejects.toThrow(TypeError);
    }
  });
});
