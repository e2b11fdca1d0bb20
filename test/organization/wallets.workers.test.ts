import { beforeEach, describe, expect, it } from "vitest";
import { CANARY_PRIVATE_KEY } from "../support/canary.ts";
import { populated } from "../support/samples.ts";
import { api, type Json, newOrganization, sql, stateOf, type TestOrganization } from "../support/service.ts";

/** Wallets of an organization: made, imported and activated, through the real Rails. */

const INTEGRATION = "/integrations/x402";
const WALLETS = `${INTEGRATION}/wallets`;
/** Hardhat's and anvil's first account: its address is known from elsewhere. */
const KNOWN_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const KNOWN_ADDRESS = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
const ORDER = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

let organization: TestOrganization;
beforeEach(async () => {
  organization = await newOrganization();
});

const create = (more: object = {}) => api(organization.admin, "POST", WALLETS, { source: "create", ...more });
const bring = (private_key: unknown, more: object = {}) =>
  api(organization.admin, "POST", WALLETS, { source: "import", private_key, ...more });
const activate = (id: string) => api(organization.admin, "POST", `${WALLETS}/${id}/activate`);
const integration = async (key = organization.read): Promise<Json> => (await api(key, "GET", INTEGRATION)).body;
const walletEvents = async () =>
  (
    await sql<{ type: string; subject: string; body: string }>(
      organization,
      "SELECT type, subject, body FROM events WHERE type LIKE 'wallet.%' ORDER BY seq",
    )
  ).map(({ type, subject, body }) => [type, subject, JSON.parse(body).data]);

describe("a wallet", () => {
  it("is created, becomes active, and is shown without its key", async () => {
    expect(await integration()).toEqual({
      network: "eip155:84532",
      asset: { symbol: "USDC", address: "0x036cbd53842c5426634e7929541ec2318f3dcf7e" },
      wallet: null,
      wallets: [],
    });
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^wal_[0-9A-Za-z]{22}$/),
      address: expect.stringMatching(/^0x[0-9a-f]{40}$/),
      network: "eip155:84532",
      source: "created",
      active: true,
      key_version: "s1",
      balance: null,
      balance_as_of: null,
      created_at: expect.any(String),
    });
    expect(await integration()).toMatchObject({ wallet: body, wallets: [body] });
    const facts = { wallet_id: body.id, address: body.address, key_version: "s1" };
    expect(await walletEvents()).toEqual([
      ["wallet.created", body.id, { ...facts, network: "eip155:84532" }],
      ["wallet.activated", body.id, { ...facts, replaces: null }],
    ]);
  });

  it("is imported under the address of its key", async () => {
    const { status, body } = await bring(KNOWN_KEY);
    expect([status, body.address, body.source, body.active]).toEqual([201, KNOWN_ADDRESS, "imported", true]);
    expect((await walletEvents()).map(([type]) => type)).toEqual(["wallet.imported", "wallet.activated"]);
    const [row] = await sql<{ sealed_key: string }>(organization, "SELECT sealed_key FROM wallets");
    expect(row?.sealed_key).toMatch(/^v1\.s1\./);
  });

  it("is refused where its address is there already, in whatever case the key is written", async () => {
    const { id } = (await bring(KNOWN_KEY)).body;
    const before = await stateOf(organization);
    for (const key of [KNOWN_KEY, `0x${KNOWN_KEY.slice(2).toUpperCase()}`]) {
      const answer = await bring(key, { activate: true });
      expect(answer).toMatchObject({ status: 409, body: { code: "wallet_exists", wallet_id: id } });
    }
    expect(await stateOf(organization)).toBe(before);
  });

  it.each([
    ["no key", undefined],
    ["a number", 7],
    ["too short", CANARY_PRIVATE_KEY.slice(0, 40)],
    ["without 0x", CANARY_PRIVATE_KEY.slice(2)],
    ["no hex", `0x${"g".repeat(64)}`],
    ["with a line break", `${CANARY_PRIVATE_KEY}\n`],
    ["zero", `0x${"0".repeat(64)}`],
    ["the order of the curve", `0x${ORDER}`],
    ["above it", `0x${"f".repeat(64)}`],
  ])("is not imported from a bad key: %s", async (_name, key) => {
    const before = await stateOf(organization);
    const { status, body } = await bring(key);
    expect([status, body.code]).toEqual([400, "invalid_request"]);
    expect(body.errors).toEqual([{ in: "body", pointer: "/private_key", message: expect.any(String) }]);
    if (typeof key === "string") expect(JSON.stringify(body)).not.toContain(key.slice(2, 40));
    expect(await stateOf(organization)).toBe(before);
  });

  it("is imported from the largest key below the order", async () => {
    expect((await bring(`0x${ORDER.slice(0, -1)}0`)).status).toBe(201);
  });

  it("is not made from anything else", async () => {
    const post = (body: unknown) => api(organization.admin, "POST", WALLETS, body);
    expect((await post({})).body.errors).toMatchObject([{ pointer: "/source" }]);
    expect((await post({ source: "seed" })).body.errors).toMatchObject([{ pointer: "/source" }]);
    expect((await post({ source: "create", activate: "yes" })).body.errors).toMatchObject([{ pointer: "/activate" }]);
    for (const field of ["private_key", "sealed_key", "address"]) {
      const refused = await post({ source: "create", [field]: KNOWN_KEY });
      expect(refused.body.errors).toMatchObject([{ pointer: `/${field}` }]);
    }
  });
});

describe("the active wallet", () => {
  it("stays the first one until another is activated", async () => {
    const first = (await create()).body;
    const second = (await create()).body;
    const third = (await create({ activate: true })).body;
    expect([first.active, second.active, third.active]).toEqual([true, false, true]);
    expect((await integration()).wallet.id).toBe(third.id);
    const answer = await activate(second.id);
    expect(answer).toMatchObject({ status: 200, body: { id: second.id, active: true } });
    const { wallet, wallets } = await integration();
    expect(wallet.id).toBe(second.id);
    expect(wallets.map((one: Json) => [one.id, one.active])).toEqual([
      [first.id, false],
      [second.id, true],
      [third.id, false],
    ]);
    expect((await walletEvents()).at(-1)).toEqual([
      "wallet.activated",
      second.id,
      expect.objectContaining({ replaces: third.id }),
    ]);
  });

  it("is activated once, however often it is asked for", async () => {
    const { id } = (await create()).body;
    const before = await stateOf(organization);
    expect((await activate(id)).body.active).toBe(true);
    expect(await stateOf(organization)).toBe(before);
  });

  it("can be none, when the first one shall wait", async () => {
    expect((await create({ activate: false })).body.active).toBe(false);
    expect((await integration()).wallet).toBeNull();
    expect((await create()).body.active).toBe(true);
  });

  it("of another organization is an unknown one", async () => {
    const foreign = (await populated()).ids.wallet;
    const before = await stateOf(organization);
    for (const id of [foreign, "wal_0000000000000000000000", "x"]) {
      expect(await activate(id)).toMatchObject({ status: 404, body: { code: "not_found" } });
    }
    expect(await stateOf(organization)).toBe(before);
  });
});

it("only an admin key makes or activates one, and a spend key sees no integration", async () => {
  const { id } = (await create()).body;
  const before = await stateOf(organization);
  for (const role of ["spend", "read", "approve"] as const) {
    const key = organization[role];
    const body = { source: "import", private_key: KNOWN_KEY };
    expect((await api(key, "POST", WALLETS, body)).body.code, role).toBe("wrong_role");
    expect((await api(key, "POST", `${WALLETS}/${id}/activate`)).body.code, role).toBe("wrong_role");
    expect((await api(key, "GET", INTEGRATION)).status, role).toBe(role === "read" ? 200 : 403);
  }
  expect(await stateOf(organization)).toBe(before);
});
