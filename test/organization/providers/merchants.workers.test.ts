import { beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, type Json, newOrganization, sql, stateOf, type TestOrganization } from "../../support/service.ts";
import { admin, asPrepared, merchantBody, newMerchant } from "./support.ts";

/** Merchants, and whom their credentials can reach. */

let organization: TestOrganization;
let merchant: Json;
beforeEach(async () => {
  organization = await newOrganization();
  merchant = await newMerchant(organization);
});

const path = (id: string) => `/integrations/acp/merchants/${id}`;
const replace = (body: object, version = 1, id = merchant.id) =>
  asPrepared(organization, "replaceMerchant", { params: { merchant_id: id }, body, version });
const stored = async () => (await sql<Record<string, unknown>>(organization, "SELECT * FROM merchants"))[0]!;

it("is shown with everything but its bearer, to read keys as well", async () => {
  expect(merchant).toEqual({
    id: expect.stringMatching(/^mer_[0-9A-Za-z]{22}$/),
    name: "shop",
    protocol: "acp",
    url: "https://shop.example.com",
    api_base_url: null,
    protocol_version: null,
    seller_profile: "profile_1",
    bearer_last4: "1234",
    key_version: "s1",
    book_refunds: true,
    hook: {
      url: expect.stringMatching(/\/hooks\/[0-9A-Za-z]{62}$/),
      secret_set: false,
      key_version: null,
      old_secret_until: null,
      last_event_at: null,
    },
    version: 1,
    created_at: expect.any(String),
    updated_at: expect.any(String),
  });
  expect((await api(organization.read, "GET", path(merchant.id))).body).toEqual(merchant);
  expect((await api(organization.read, "GET", "/integrations/acp/merchants")).body).toEqual({ data: [merchant] });
});

it("is there once by name and once by address", async () => {
  const body = merchantBody("other");
  for (const same of [{ name: "shop" }, { origin: "https://shop.example.com" }]) {
    const answer = await asPrepared(organization, "createMerchant", { body: { ...body, ...same } });
    expect(answer).toMatchObject({ status: 409, body: { code: "merchant_exists", merchant_id: merchant.id } });
  }
  await newMerchant(organization, "other");
  expect((await replace(merchantBody("other"))).body.code).toBe("merchant_exists");
});

it.each([
  ["/url", { origin: "http://shop.example.com" }],
  ["/url", { origin: "https://10.0.0.1" }],
  ["/url", { origin: "https://quetra.test" }],
  ["/url", { origin: "http://127.0.0.1:4021" }],
  ["/api_base_url", { api_base_url: "https://shop.internal/acp" }],
])("%s of a place that must not be called is refused", async (pointer, more) => {
  const answer = await asPrepared(organization, "createMerchant", { body: merchantBody("other", more) });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
});

describe("an edit", () => {
  it("is a new version, by the version that it was based on", async () => {
    const changed = await replace(merchantBody("shop", { book_refunds: false, bearer: null }));
    expect(changed).toMatchObject({ status: 200, body: { version: 2, book_refunds: false, hook: merchant.hook } });
    expect(await stored()).toMatchObject({ sealed_bearer: "v1.s1.bearer-of-shop", bearer_last4: "1234" });
    expect(await replace(merchantBody("shop"), 1)).toMatchObject({ status: 412, body: { version_now: 2 } });
  });

  it("takes a new bearer", async () => {
    await replace(merchantBody("shop", { bearer: { sealed_bearer: "v1.s2.new", last4: "9999" } }));
    expect(await stored()).toMatchObject({ sealed_bearer: "v1.s2.new", bearer_last4: "9999" });
  });

  it.each([
    ["address", { origin: "https://elsewhere.example.com" }],
    ["API", { api_base_url: "https://elsewhere.example.com/acp" }],
  ])("never sends the stored bearer to another %s", async (_name, more) => {
    const before = await stateOf(organization);
    const refused = await replace(merchantBody("shop", { ...more, bearer: null }));
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: "/bearer" }] } });
    expect(await stateOf(organization)).toBe(before);
    expect((await replace(merchantBody("shop", more))).status).toBe(200);
  });
});

describe("while a purchase there is open", () => {
  beforeEach(() =>
    sql(
      organization,
      `INSERT INTO acp_checkouts (transaction_id, merchant_id, merchant_version, profile_id, profile_name,
         profile_version, items, items_hash, session_id, protocol_version, api_base_url, seller_profile, payment_method,
         total, watch_at) VALUES ('txn_1', ?, 1, 'prf_1', 'p', 1, '[]', '', 's', '2026-04-17', '', '', '', 1, 1)`,
      merchant.id,
    ),
  );

  it("it neither moves nor goes, and everything else can change", async () => {
    const moved = merchantBody("shop", { origin: "https://elsewhere.example.com" });
    expect(await replace(moved)).toMatchObject({ status: 409, body: { code: "merchant_in_use" } });
    expect(await admin(organization, "DELETE", path(merchant.id))).toMatchObject({
      status: 409,
      body: { code: "merchant_in_use" },
    });
    expect((await replace(merchantBody("shop", { book_refunds: false }))).status).toBe(200);
    await sql(organization, "UPDATE acp_checkouts SET watch_at = NULL");
    expect((await admin(organization, "DELETE", path(merchant.id))).body).toEqual({ id: merchant.id, deleted: true });
    expect((await admin(organization, "GET", path(merchant.id))).status).toBe(404);
    expect(await sql(organization, "SELECT * FROM hooks WHERE kind = 'acp'")).toEqual([]);
  });
});

it("its events name it, and hold no credential and no path", async () => {
  await replace(merchantBody("shop", { api_base_url: "https://api.example.com/secret-path" }));
  await admin(organization, "DELETE", path(merchant.id));
  const rows = await sql<{ type: string; body: string }>(
    organization,
    "SELECT type, body FROM events WHERE type LIKE 'merchant.%' ORDER BY seq",
  );
  expect(rows.map(({ type }) => type)).toEqual(["merchant.created", "merchant.updated", "merchant.deleted"]);
  expect(JSON.parse(rows[1]!.body).data).toEqual({
    merchant_id: merchant.id,
    name: "shop",
    origin: "https://shop.example.com",
    api_host: "api.example.com",
    protocol_version: null,
    seller_profile: "profile_1",
    book_refunds: true,
    key_version: "s1",
    version: 2,
  });
  expect(JSON.stringify(rows)).not.toMatch(/bearer|secret-path/);
});

it("merchantsPerOrganization", async () => {
  await sql(
    organization,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIMITS.merchantsPerOrganization - 2})
     INSERT INTO merchants (id, name, protocol, origin, sealed_bearer, bearer_last4, seller_profile, book_refunds, version,
       created_at, updated_at) SELECT 'mer_' || i, 'm' || i, 'acp', 'https://m' || i, 'v1.s1.x', '', '', 1, 1, 0, 0 FROM n`,
  );
  await newMerchant(organization, "last");
  const refused = await asPrepared(organization, "createMerchant", { body: merchantBody("more") });
  expect(refused).toMatchObject({ status: 409, body: { code: "limit_reached" } });
  const { data } = (await api(organization.read, "GET", "/integrations/acp/merchants")).body;
  expect(data).toHaveLength(LIMITS.merchantsPerOrganization);
});
