import { describe, expect, it, vi } from "vitest";
import { acpRoutes } from "../../../src/edge/api/routes/acp.ts";
import { stripeRoutes } from "../../../src/edge/api/routes/stripe.ts";
import type { Env } from "../../../src/env.ts";
import { err, ok } from "../../../src/result.ts";
import { authorization, edge, post, problemOf, testKey } from "../support.ts";

/** Credentials of providers: sealed at the edge, before the object is asked to do anything. */

function setUp(rails: object) {
  const key = testKey();
  const routes = [...stripeRoutes, ...acpRoutes];
  const { organization, send } = edge({ routes, env: { RAILS: rails as Env["RAILS"] } });
  organization.onAuthenticate = () => ({ ok: true, role: "admin" });
  const call = (method: string, path: string, body: unknown) =>
    send(`/api/v1/integrations${path}`, {
      ...post(JSON.stringify(body), { ...authorization(key.key), "if-match": '"1"' }),
      method,
    });
  return { organization, key, call };
}

describe("PUT /integrations/stripe", () => {
  const KEY = "rk_test_51abcdefgh";
  const sealed = { sealed_key: "v1.s1.x", kind: "restricted", last4: "efgh" };

  it("hands on what Rails made of the key", async () => {
    const sealStripeKey = vi.fn(async () => ok(sealed));
    const { call, organization, key } = setUp({ sealStripeKey });
    expect((await call("PUT", "/stripe", { key: KEY })).status).toBe(200);
    expect(sealStripeKey).toHaveBeenCalledExactlyOnceWith({ organization_id: key.orgId, mode: "test", key: KEY });
    expect(organization.calls[0]!.call.body).toEqual(sealed);
  });

  it.each([
    ["a publishable key", "pk_test_51abcdefgh"],
    ["a key of the other mode", "sk_live_51abcdefgh"],
    ["a restricted key of the other mode", "rk_live_51abcdefgh"],
    ["no key", "hello there"],
    ["one with a space", "sk_test_51abc defgh"],
    ["one with a line break", "sk_test_51abcdefgh\n"],
  ])("refuses %s without asking anybody or repeating it", async (_name, key) => {
    const sealStripeKey = vi.fn();
    const { call, organization } = setUp({ sealStripeKey });
    const problem = await problemOf(await call("PUT", "/stripe", { key }));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: "/key" }] });
    expect(JSON.stringify(problem)).not.toContain(key.slice(8));
    expect(sealStripeKey).not.toHaveBeenCalled();
    expect(organization.calls).toEqual([]);
  });

  it.each([
    ["key_refused", 400, "invalid_request"],
    ["key_rights", 400, "invalid_request"],
    ["no_answer", 503, "provider_unavailable"],
  ])("stores nothing after %s", async (code, status, problemCode) => {
    const { call, organization } = setUp({ sealStripeKey: async () => err({ code, message: "Our words." }) });
    expect(await problemOf(await call("PUT", "/stripe", { key: KEY }))).toMatchObject({ status, code: problemCode });
    expect(organization.calls).toEqual([]);
  });
});

describe("merchants", () => {
  const FIELDS = { name: "Shop", url: "https://Shop.example.com/", seller_profile: "profile_1" };
  const sealed = {
    sealed_bearer: "v1.s1.x",
    last4: "1234",
    api_base_url: "https://api.example.com",
    version: "2026-04-17",
  };

  it("stores what was asked for, and not what the merchant's discovery says", async () => {
    const sealMerchant = vi.fn(async () => ok(sealed));
    const { call, organization, key } = setUp({ sealMerchant });
    await call("POST", "/acp/merchants", { ...FIELDS, bearer: "bearer-1234" });
    expect(sealMerchant).toHaveBeenCalledExactlyOnceWith({
      organization_id: key.orgId,
      origin: "https://shop.example.com",
      api_base_url: null,
      version: null,
      bearer: "bearer-1234",
    });
    expect(organization.calls[0]!.call.body).toEqual({
      name: "Shop",
      origin: "https://shop.example.com",
      api_base_url: null,
      protocol_version: null,
      seller_profile: "profile_1",
      book_refunds: true,
      bearer: { sealed_bearer: "v1.s1.x", last4: "1234" },
    });
  });

  it.each([
    "https://shop.example.com/seller-a",
    "https://shop.example.com?x",
    "https://shop.example.com#x",
    "https://user@shop.example.com",
    "https://shop.example.com:443",
    "https://shop。example.com",
    "https://shop%2eexample.com",
    "https:shop.example.com",
    "shop.example.com",
    "",
  ])("refuses the address %j", async (url) => {
    const sealMerchant = vi.fn();
    const { call, organization } = setUp({ sealMerchant });
    const problem = await problemOf(await call("POST", "/acp/merchants", { ...FIELDS, url, bearer: "bearer-1234" }));
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: "/url" }] });
    expect(sealMerchant).not.toHaveBeenCalled();
    expect(organization.calls).toEqual([]);
  });

  it("lets a base have a path, without a slash at its end, and no query", async () => {
    const { call, organization } = setUp({ sealMerchant: async () => ok(sealed) });
    const add = (api_base_url: string) =>
      call("POST", "/acp/merchants", { ...FIELDS, api_base_url, bearer: "bearer-1234" });
    await add("https://api.example.com/acp/");
    expect(organization.calls[0]!.call.body).toMatchObject({ api_base_url: "https://api.example.com/acp" });
    expect((await add("https://api.example.com/acp?key=1")).status).toBe(400);
  });

  it("an edit without a bearer asks nobody", async () => {
    const { call, organization } = setUp({});
    expect((await call("PUT", "/acp/merchants/mer_1", FIELDS)).status).toBe(200);
    expect(organization.calls[0]!.call.body).toMatchObject({ bearer: null });
  });
});

it("a secret of a hook goes on as sealed text alone", async () => {
  const sealHookSecret = vi.fn(async () => "v1.s1.sealed");
  const { call, organization, key } = setUp({ sealHookSecret });
  const secret = "whsec_0123456789abcdef";
  await call("PUT", "/stripe/hook", { secret });
  await call("PUT", "/acp/merchants/mer_1/hook", { secret: "a-secret-of-a-merchant" });
  expect(sealHookSecret.mock.calls).toEqual([
    [key.orgId, secret],
    [key.orgId, "a-secret-of-a-merchant"],
  ]);
  expect(organization.calls.map(({ call: { body } }) => body)).toEqual([
    { sealed_secret: "v1.s1.sealed" },
    { sealed_secret: "v1.s1.sealed" },
  ]);
  expect((await call("PUT", "/stripe/hook", { secret: "nothing-of-stripe" })).status).toBe(400);
});
