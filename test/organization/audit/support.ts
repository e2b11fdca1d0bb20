import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createPublicKey, verify } from "node:crypto";
import { type Json, send, sql, type TestOrganization } from "../../support/service.ts";

/** The published keys, as a stranger gets them. */
export async function jwksOf(organization: TestOrganization): Promise<Json> {
  const response = await send(`/api/v1/organizations/${organization.id}/jwks.json`);
  return response.json();
}

export const payloadOf = (jws: string): Json => JSON.parse(Buffer.from(jws.split(".")[1]!, "base64url").toString());
export const headerOf = (jws: string): Json => JSON.parse(Buffer.from(jws.split(".")[0]!, "base64url").toString());

/** With node:crypto alone. */
export function verifies(jws: string, jwks: Json): boolean {
  const [header, payload, signature] = jws.split(".") as [string, string, string];
  const { kty, crv, x } = jwks.keys.find(({ kid }: Json) => kid === headerOf(jws).kid);
  const key = createPublicKey({ key: { kty, crv, x }, format: "jwk" });
  return verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"));
}

/** Runs the alarm until nothing is due now. */
export async function settle(organization: TestOrganization): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await runDurableObjectAlarm(organization.stub);
    const [{ behind }] = (await sql<{ behind: number }>(
      organization,
      "SELECT (SELECT MAX(seq) FROM events) - (SELECT MIN(seq) FROM cursors) AS behind",
    )) as [{ behind: number }];
    if (behind === 0) return;
  }
  throw new Error("D1 never caught up");
}

/** Gives the object, and Rails behind it, another environment. */
export const withEnv = (organization: TestOrganization, more: object): Promise<void> =>
  runInDurableObject(organization.stub, (object) => {
    Object.defineProperty(object, "env", { value: { ...env, ...more }, configurable: true });
  });

/** What Rails answers in a deployment without SEALING_SECRETS. */
export const UNSEALED = {
  RAILS: {
    createSigningKey: async () => ({
      ok: false,
      error: { reason: "not_configured", message: "SEALING_SECRETS is not set" },
    }),
    sign: async () => ({ ok: false, error: { reason: "not_configured", message: "SEALING_SECRETS is not set" } }),
  },
};

/** Rails that cannot be reached. */
export const UNREACHABLE = {
  RAILS: {
    createSigningKey: () => Promise.reject(new Error("no answer")),
    sign: () => Promise.reject(new Error("no answer")),
  },
};
