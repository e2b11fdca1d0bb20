import { runInDurableObject } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { err } from "../../../src/result.ts";
import type { FakeRails } from "../../support/fake-rails.ts";
import { terms } from "../../support/samples.ts";
import {
  api,
  type Json,
  newAgent,
  newOrganization,
  sql,
  stateOf,
  type TestOrganization,
} from "../../support/service.ts";
import { admin, newMerchant, saveKey, withRails } from "./support.ts";

/** Whose card is charged and where goods go: an administrator's choice, checked with Stripe before it counts. */

let organization: TestOrganization;
beforeEach(async () => {
  organization = await newOrganization();
});

const PATH = "/integrations/profiles";
const CARD = { kind: "stripe", vendor: "https://Stripe.com/x", customer: "cus_1", payment_method: "pm_1" };
const OPEN = { kind: "stripe", vendor: "Office supplies" };
const shopping = (merchants: readonly string[]) => ({
  kind: "acp",
  merchants,
  payment_method: "pm_1",
  buyer: { first_name: "Ana", last_name: "Novak", email: "ana@example.com" },
  address: { name: "Ana Novak", line_one: "Trg 1", city: "Ljubljana", state: "SI", country: "SI", postal_code: "1000" },
});
const create = (name: string, body: object) => admin(organization, "POST", PATH, { name, ...body });
const replace = (name: string, body: object, version = 1) =>
  admin(organization, "PUT", `${PATH}/${name}`, body, version);

describe("a profile of a card", () => {
  it("is stored in its normal form, and every edit is a new version", async () => {
    const made = await create("office-card", CARD);
    expect(made).toMatchObject({ status: 201 });
    expect(made.body).toEqual({
      id: expect.stringMatching(/^prf_/),
      name: "office-card",
      kind: "stripe",
      vendor: "stripe.com",
      customer: "cus_1",
      payment_method: "pm_1",
      statement_descriptor_suffix: null,
      version: 1,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const edited = await replace("office-card", { ...CARD, statement_descriptor_suffix: "AGENT 7" });
    expect(edited.body).toMatchObject({ id: made.body.id, version: 2, statement_descriptor_suffix: "AGENT 7" });
    expect(await replace("office-card", CARD, 1)).toMatchObject({ status: 412, body: { version_now: 2 } });
    expect((await create("office-card", CARD)).body.code).toBe("profile_exists");
    expect((await api(organization.read, "GET", PATH)).body).toEqual({ data: [edited.body] });
  });

  it("can be left open only in a test organization without a key of Stripe", async () => {
    expect((await create("simulated", OPEN)).body).toMatchObject({ vendor: "office supplies", customer: null });
    const half = await create("half", { ...OPEN, customer: "cus_1" });
    expect(half).toMatchObject({ status: 400, body: { errors: [{ pointer: "/payment_method" }] } });
    await saveKey(organization);
    expect((await create("later", OPEN)).body.errors).toHaveLength(2);
    await admin(organization, "DELETE", "/integrations/stripe");
    await sql(organization, "UPDATE organization SET mode = 'live'");
    await runInDurableObject(organization.stub, (instance) => (instance as unknown as { forget(): void }).forget());
    expect((await create("live", OPEN)).body.errors).toHaveLength(2);
    expect((await create("live", CARD)).status).toBe(201);
  });

  it.each([
    ["/vendor", { vendor: "shop..example" }],
    ["/vendor", { vendor: "" }],
    ["/customer", { customer: "cus_1; drop" }],
    ["/customer", { customer: "pm_1" }],
    ["/payment_method", { payment_method: "card_1" }],
    ["/statement_descriptor_suffix", { statement_descriptor_suffix: "x".repeat(23) }],
    ["/statement_descriptor_suffix", { statement_descriptor_suffix: "1234" }],
    ["/statement_descriptor_suffix", { statement_descriptor_suffix: "<b>" }],
    ["/statement_descriptor_suffix", { statement_descriptor_suffix: "ŠOP" }],
    ["/checked", { checked: { stripe_key_id: "stk_1", customer: "cus_1", payment_method: "pm_1" } }],
    ["/name", { name: "Office Card" }],
  ])("with a wrong %s is refused", async (pointer, more) => {
    const refused = await create("office-card", { ...CARD, ...more });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it("takes exactly the 22 signs that Stripe takes", async () => {
    for (const [at, suffix] of ["ABCDEFGHIJKLMNOPQRSTUV", "a !#$%&()+,-./:;=?@[]^", "_`{|}~z0"].entries()) {
      const made = await create(`suffix-${at}`, { ...CARD, statement_descriptor_suffix: suffix });
      expect(made.body.statement_descriptor_suffix).toBe(suffix);
    }
    for (const sign of `<>\\'"*\t\u007f`) {
      expect((await create("x", { ...CARD, statement_descriptor_suffix: `a${sign}` })).status).toBe(400);
    }
  });
});

describe("with a key of Stripe", () => {
  let rails: FakeRails;
  beforeEach(async () => {
    rails = await withRails(organization);
    await saveKey(organization, { sealed_key: "v1.s1.sealed" });
  });

  it("Stripe is asked about the card before anything is written", async () => {
    const seen = vi.spyOn(rails, "checkStripeCard");
    expect((await create("office-card", CARD)).status).toBe(201);
    expect(seen).toHaveBeenCalledExactlyOnceWith({
      organization_id: organization.id,
      mode: "test",
      sealed_key: "v1.s1.sealed",
      customer: "cus_1",
      payment_method: "pm_1",
    });
    await replace("office-card", { ...CARD, payment_method: "pm_2" });
    expect(seen).toHaveBeenCalledTimes(2);
    const created = await sql(organization, "SELECT seq FROM events WHERE type LIKE 'profile.%'");
    expect(created).toHaveLength(2);
  });

  it.each([
    ["not_found", 400, "invalid_request"],
    ["key_refused", 409, "stripe_key_refused"],
    ["key_rights", 409, "stripe_key_refused"],
    ["no_answer", 503, "stripe_unavailable"],
  ])("nothing is saved after %s", async (code, status, problem) => {
    rails.checkStripeCard = async () => err({ code, message: "Our words." });
    const before = await stateOf(organization);
    expect(await create("office-card", CARD)).toMatchObject({ status, body: { code: problem } });
    expect(await stateOf(organization)).toBe(before);
  });

  it("nothing is saved when Rails fails", async () => {
    rails.checkStripeCard = () => Promise.reject(new Error("cannot open sk_test_51abcdefgh"));
    const failed = await create("office-card", CARD);
    expect(failed).toMatchObject({ status: 503, body: { code: "stripe_unavailable" } });
    expect(JSON.stringify(failed.body)).not.toContain("51abcdefgh");
    expect(await sql(organization, "SELECT * FROM profiles")).toEqual([]);
  });

  it("nothing is saved when another key came in between, which does not know this card", async () => {
    await runInDurableObject(organization.stub, (_instance, { storage }) => {
      const known = rails.checkStripeCard;
      rails.checkStripeCard = (order) => {
        storage.sql.exec("UPDATE stripe_keys SET id = 'stk_other'");
        return known(order);
      };
    });
    expect(await create("office-card", CARD)).toMatchObject({ status: 409, body: { code: "stripe_key_changed" } });
    expect(await sql(organization, "SELECT * FROM profiles")).toEqual([]);
  });

  it("nobody is asked for a caller who may not save, or about what is refused anyway", async () => {
    const seen = vi.spyOn(rails, "checkStripeCard");
    for (const key of [organization.read, organization.spend, organization.approve]) {
      expect((await api(key, "POST", PATH, { name: "x", ...CARD })).status).toBe(403);
    }
    await create("bad", { ...CARD, vendor: "shop..example" });
    await replace("unknown", CARD);
    expect(seen).not.toHaveBeenCalled();
  });
});

describe("a profile for merchants", () => {
  let merchant: Json;
  beforeEach(async () => {
    merchant = await newMerchant(organization);
  });

  it("shows who buys and where it goes to administrators only", async () => {
    const made = await create("office", shopping([merchant.id, merchant.id]));
    expect(made.body).toMatchObject({
      merchants: [merchant.id],
      buyer: { first_name: "Ana", last_name: "Novak", email: "ana@example.com", phone_number: null },
      address: { line_one: "Trg 1", line_two: null, country: "SI" },
      delivery: "cheapest",
    });
    const read = (await api(organization.read, "GET", `${PATH}/office`)).body;
    expect(read).toEqual({ ...made.body, buyer: null, address: null });
    expect((await admin(organization, "GET", `${PATH}/office`)).body).toEqual(made.body);
    const [row] = await sql<{ config: string }>(organization, "SELECT config FROM profiles");
    expect(JSON.parse(row!.config)).toEqual({
      merchants: [merchant.id],
      payment_method: "pm_1",
      buyer: { ...made.body.buyer, address: made.body.address },
      delivery: "cheapest",
    });
  });

  it("names people and places in no event", async () => {
    await create("office", shopping([merchant.id]));
    await replace("office", { ...shopping([merchant.id]), delivery: "fastest" });
    await admin(organization, "DELETE", `${PATH}/office`);
    const rows = await sql<{ type: string; body: string }>(
      organization,
      "SELECT type, body FROM events WHERE type LIKE 'profile.%' ORDER BY seq",
    );
    expect(rows.map(({ type }) => type)).toEqual(["profile.created", "profile.updated", "profile.deleted"]);
    expect(JSON.parse(rows[1]!.body).data).toEqual({
      profile_id: expect.stringMatching(/^prf_/),
      name: "office",
      kind: "acp",
      version: 2,
      merchants: [merchant.id],
      payment_method: "pm_1",
    });
    expect(JSON.stringify(rows)).not.toMatch(/Ana|Novak|example\.com|Trg|1000/);
  });

  it.each([
    ["/merchants/1", (own: string) => ({ merchants: [own, "mer_0000000000000000000000"] })],
    ["/merchants", () => ({ merchants: [] })],
    ["/buyer/email", () => ({ buyer: { first_name: "A", last_name: "B", email: "nobody" } })],
    ["/buyer/first_name", () => ({ buyer: { first_name: "A\u202e", last_name: "B", email: "a@example.com" } })],
    ["/buyer/phone_number", () => ({ buyer: { ...shopping([]).buyer, phone_number: "040 123" } })],
    ["/address/country", () => ({ address: { ...shopping([]).address, country: "UK" } })],
    ["/customer", () => ({ customer: "cus_1" })],
  ])("with a wrong %s is refused", async (pointer, more) => {
    const refused = await create("office", { ...shopping([merchant.id]), ...more(merchant.id) });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer }] } });
  });

  it("stays of its kind", async () => {
    await create("office", shopping([merchant.id]));
    expect(await replace("office", CARD)).toMatchObject({ status: 400, body: { errors: [{ pointer: "/kind" }] } });
  });

  it("merchantsPerProfile", async () => {
    const many = (count: number) => shopping(Array.from({ length: count }, () => merchant.id));
    expect((await create("most", many(LIMITS.merchantsPerProfile))).status).toBe(201);
    expect((await create("more", many(LIMITS.merchantsPerProfile + 1))).status).toBe(400);
  });
});

it("profileNameChars", async () => {
  const name = (length: number) => "x".repeat(length);
  expect((await create(name(LIMITS.profileNameChars), CARD)).status).toBe(201);
  expect((await create(name(LIMITS.profileNameChars + 1), CARD)).status).toBe(400);
});

it("profilesPerOrganization", async () => {
  await sql(
    organization,
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIMITS.profilesPerOrganization - 1})
     INSERT INTO profiles (id, name, kind, config, version, created_at, updated_at)
     SELECT 'prf_' || i, 'p' || i, 'stripe', '{"vendor":"x"}', 1, 0, 0 FROM n`,
  );
  expect((await create("last", CARD)).status).toBe(201);
  expect(await create("more", CARD)).toMatchObject({ status: 409, body: { code: "limit_reached" } });
  expect((await replace("last", CARD)).status).toBe(200);
});

describe("a mandate", () => {
  it("lists only profiles that there are, when it is written and when it is edited", async () => {
    const { agent, mandate } = await newAgent(organization);
    await create("card", CARD);
    const refused = { status: 400, body: { errors: [{ pointer: "/profiles/1" }] } };
    const write = (profiles: string[]) => admin(organization, "POST", "/mandates", terms(agent, { profiles }));
    const edit = (profiles: string[], version: number) =>
      admin(organization, "PUT", `/mandates/${mandate}`, terms(agent, { profiles }), version);
    expect(await write(["card", "unknown"])).toMatchObject(refused);
    expect((await write(["card"])).status).toBe(201);
    expect(await edit(["card", "unknown"], 1)).toMatchObject(refused);
    expect((await edit(["card"], 1)).status).toBe(200);
    await create("second", CARD);
    await edit(["card", "second"], 2);
    await admin(organization, "DELETE", `${PATH}/second`);
    expect(await edit(["card", "second"], 3)).toMatchObject(refused);
  });

  it("profilesPerMandate", async () => {
    const { agent } = await newAgent(organization);
    const names = Array.from({ length: LIMITS.profilesPerMandate + 1 }, (_, at) => `p${at}`);
    for (const name of names) await create(name, OPEN);
    const write = (profiles: string[]) => admin(organization, "POST", "/mandates", terms(agent, { profiles }));
    expect((await write(names.slice(1))).status).toBe(201);
    expect((await write(names)).status).toBe(400);
  });
});
