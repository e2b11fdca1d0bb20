import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { parseKey } from "../../../src/keys/format.ts";
import { parseSigningSecrets } from "../../../src/keys/signing-secrets.ts";
import type { ApiAnswer, HookCall } from "../../../src/organization/api.ts";
import { FakeRails } from "../../support/fake-rails.ts";
import { type Answer, api, type Json, type TestOrganization } from "../../support/service.ts";

/** Puts a scripted Rails into the object. The edge keeps the real one. */
export async function withRails(organization: TestOrganization, script: Partial<FakeRails> = {}): Promise<FakeRails> {
  const rails = Object.assign(new FakeRails(), script);
  await runInDurableObject(organization.stub, (instance) => {
    const object = instance as unknown as { env: object };
    object.env = { ...object.env, RAILS: rails };
  });
  return rails;
}

export interface ObjectCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly version?: number;
}

/** A REST call behind the edge: with the body that `prepare` would have made. */
export async function asPrepared(
  organization: TestOrganization,
  route: string,
  { params = {}, body = null, version }: ObjectCall = {},
): Promise<ApiAnswer & { readonly body: Json }> {
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  if (!signing.ok) throw new Error(signing.error);
  const key = parseKey(organization.admin, signing.value);
  if (!key.ok) throw new Error(key.error);
  const caller = { key_id: key.value.keyId, secret_hash: key.value.secretHash, request_id: "req_test", country: null };
  const if_match = version === undefined ? null : String(version);
  return runInDurableObject(organization.stub, (instance) =>
    instance.api(caller, { route, params, query: {}, body, if_match, idempotency_key: null }),
  );
}

let made = 0;
/** Another key of Stripe than any before, as the edge hands it over. */
export const saveKey = (organization: TestOrganization, more: object = {}) => {
  made += 1;
  const body = { sealed_key: `v1.s1.key${made}`, kind: "restricted", last4: String(made).padStart(4, "0"), ...more };
  return asPrepared(organization, "saveStripeKey", { body });
};

export const merchantBody = (name: string, more: object = {}) => ({
  name,
  origin: `https://${name}.example.com`,
  api_base_url: null,
  protocol_version: null,
  seller_profile: "profile_1",
  book_refunds: true,
  bearer: { sealed_bearer: `v1.s1.bearer-of-${name}`, last4: "1234" },
  ...more,
});

export async function newMerchant(organization: TestOrganization, name = "shop"): Promise<Json> {
  const answer = await asPrepared(organization, "createMerchant", { body: merchantBody(name) });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body;
}

export const admin = (
  organization: TestOrganization,
  method: string,
  path: string,
  body?: unknown,
  version?: number,
): Promise<Answer> =>
  api(organization.admin, method, path, body, version === undefined ? {} : { "if-match": `"${version}"` });

export const receive = (organization: TestOrganization, hookId: string, call: Partial<HookCall> = {}) =>
  runInDurableObject(organization.stub, (instance) =>
    instance.hook({
      hook_id: hookId,
      stripe_signature: "t=1,v1=00",
      merchant_signature: null,
      body: "{}",
      request_id: "req_test",
      ...call,
    }),
  );

export const EVENTS_SINCE = "SELECT type, subject, body FROM events ORDER BY seq";
