import { createPublicKey, verify } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import type { Statement } from "../../src/payments/rails-api.ts";
import { open } from "../../src/payments/seal.ts";
import { createSigningKey, sign } from "../../src/payments/signing-key.ts";

const ONE = { SEALING_SECRETS: "s1:fedcba9876543210fedcba9876543210" };
const TWO = { SEALING_SECRETS: `s2:0123456789abcdef0123456789abcdef,${ONE.SEALING_SECRETS}` };
const ORG = "org_1";

async function made(env = ONE, organization = ORG) {
  const key = await createSigningKey(env, organization);
  if (!key.ok) throw new Error(key.error.message);
  return key.value;
}
const statement = (iss = ORG, typ: Statement["typ"] = "quetra-receipt+jwt"): Statement => ({
  typ,
  payload: JSON.stringify({ iss, text: "čšž" }),
});
const order = (sealed_key: string, statements = [statement()], organization_id = ORG) => ({
  organization_id,
  sealed_key,
  statements,
});

describe("a signing key", () => {
  it("signs what verifies with its public half and node:crypto alone", async () => {
    const { kid, public_jwk, sealed_key } = await made();
    expect(kid).toBe(await calculateJwkThumbprint({ ...public_jwk }));
    const outcome = await sign(ONE, order(sealed_key, [statement(), statement(ORG, "quetra-mandate+jwt")]));
    if (!outcome.ok) throw new Error(outcome.error.message);
    expect(outcome.value).toMatchObject({ kid, resealed: null });
    const key = createPublicKey({ key: { ...public_jwk }, format: "jwk" });
    const typs = outcome.value.signatures.map((jws) => {
      const [header, payload, signature] = jws.split(".") as [string, string, string];
      const text = Buffer.from(`${header}.${payload}`);
      expect(verify(null, text, key, Buffer.from(signature, "base64url"))).toBe(true);
      expect(Buffer.from(payload, "base64url").toString()).toBe(statement().payload);
      return JSON.parse(Buffer.from(header, "base64url").toString());
    });
    expect(typs).toEqual(["quetra-receipt+jwt", "quetra-mandate+jwt"].map((typ) => ({ alg: "EdDSA", kid, typ })));
  });

  it("is nowhere in clear in what Rails answers", async () => {
    const key = await made();
    const opened = await open(ONE.SEALING_SECRETS, ORG, "signing_key", key.sealed_key);
    const { d } = JSON.parse(opened.ok ? opened.value.plaintext : "{}") as { d: string };
    expect(d).toMatch(/^[\w-]{43}$/);
    const outcome = await sign(ONE, order(key.sealed_key));
    const said = JSON.stringify([key, outcome]);
    for (const spelling of [
      d,
      Buffer.from(d, "base64url").toString("hex"),
      Buffer.from(d, "base64url").toString("base64"),
    ]) {
      expect(said).not.toContain(spelling);
    }
  });

  it("signs nothing for another organization, of an unknown kind, or beside such a one", async () => {
    const { sealed_key } = await made();
    for (const wrong of [
      [statement("org_2")],
      [statement(), statement("org_2")],
      [statement(ORG, "JWT" as Statement["typ"])],
      [{ typ: "quetra-receipt+jwt" as const, payload: "{}" }],
    ]) {
      await expect(sign(ONE, order(sealed_key, wrong))).rejects.toThrow("must not be signed");
    }
    const foreign = await sign(ONE, order(sealed_key, [statement("org_2")], "org_2"));
    expect(foreign).toMatchObject({ ok: false, error: { reason: "unreadable" } });
  });

  it("is sealed again under the current secret, and opens under the old one", async () => {
    const { kid, sealed_key } = await made();
    const outcome = await sign(TWO, order(sealed_key));
    expect(outcome).toMatchObject({ ok: true, value: { kid, resealed: expect.stringMatching(/^v1\.s2\./) } });
    const resealed = outcome.ok ? (outcome.value.resealed ?? "") : "";
    expect(await sign(TWO, order(resealed))).toMatchObject({ ok: true, value: { kid, resealed: null } });
  });

  it("is neither made nor opened without its secret, also when it was open before", async () => {
    const { sealed_key } = await made();
    expect((await sign(ONE, order(sealed_key))).ok).toBe(true);
    expect(await createSigningKey({}, ORG)).toMatchObject({ ok: false, error: { reason: "not_configured" } });
    expect(await sign({}, order(sealed_key))).toMatchObject({ ok: false, error: { reason: "not_configured" } });
    const other = { SEALING_SECRETS: "s9:0123456789abcdef0123456789abcdef" };
    expect(await sign(other, order(sealed_key))).toMatchObject({ ok: false, error: { reason: "unknown_secret" } });
  });
});
