import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { api, type Json, newAgent, newOrganization, type TestOrganization } from "../support/service.ts";
import { Deployment, errorAt, HOSTILE, noticeOf } from "./deployment.ts";
import { newMember } from "./support.ts";

type Member = Awaited<ReturnType<typeof newMember>>;

const PRIVATE_KEY = `0x${"4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d"}`;
const BEARER = "bearer-that-nobody-reads-9911";
const SECRET = "signing-secret-that-nobody-reads";

let organization: TestOrganization;
let owner: Member;
let viewer: Member;
let foreign: TestOrganization;
beforeAll(async () => {
  organization = await newOrganization();
  foreign = await newOrganization();
  owner = await newMember(organization, "owner");
  viewer = await newMember(organization, "viewer");
  await owner.browser.get(`${owner.base}/settings`);
});

const read = async (path: string): Promise<Json> => (await api(organization.admin, "GET", `/integrations${path}`)).body;
const hidden = (text: string, name: string): string =>
  new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1] ?? "";

describe("wallets", () => {
  const path = (): string => `${owner.base}/settings/x402`;

  it("are made, the first one for use at once, and the page says how to fund it", async () => {
    expect((await owner.browser.get(path())).text).toContain("No wallet yet");
    const done = await owner.browser.post(`${path()}/create`);
    expect(done.location).toBe(`${path()}?done=wallet_created`);
    const { wallet } = await read("/x402");
    const page = await owner.browser.get(done.location!);
    expect(noticeOf(page)).toContain("The wallet is there.");
    expect(page.text).toContain(wallet.address);
    expect(page.text).toContain("Base Sepolia, a test network");
    expect(page.text).toContain("Balance unknown");
  });

  it("are imported by a key that no page shows, and used when somebody says so", async () => {
    const done = await owner.browser.post(`${path()}/import`, { private_key: PRIVATE_KEY });
    expect(done.location).toBe(`${path()}?done=wallet_imported`);
    const { wallet, wallets } = await read("/x402");
    const other = wallets.find(({ active }: Json) => !active);
    expect(other).toMatchObject({ source: "imported" });
    const page = await owner.browser.get(path());
    expect(page.text).toContain(other.address);
    expect(page.text).not.toContain(PRIVATE_KEY.slice(2, 20));
    const used = await owner.browser.post(`${path()}/wallets/${other.id}/activate`);
    expect(used.location).toBe(`${path()}?done=wallet_activated`);
    expect((await read("/x402")).wallet.id).not.toBe(wallet.id);
  });

  it("whose key is none are refused at its field, and it is not shown again", async () => {
    const before = await read("/x402");
    for (const private_key of ["", PRIVATE_KEY.slice(0, -1), `0x${"0".repeat(64)}`, HOSTILE]) {
      const page = await owner.browser.post(`${path()}/import`, { private_key });
      expect(page.status).toBe(400);
      expect(errorAt(page, "private_key")).not.toBeNull();
      expect(page.text).toContain("<details open");
      if (private_key !== "") expect(page.text).not.toContain(private_key.slice(0, 12));
    }
    expect((await read("/x402")).wallets).toHaveLength(before.wallets.length);
  });

  it("of another organization are none", async () => {
    const theirs = (await api(foreign.admin, "POST", "/integrations/x402/wallets", { source: "create" })).body.id;
    const [page, unknown] = [
      await owner.browser.post(`${path()}/wallets/${theirs}/activate`),
      await owner.browser.post(`${path()}/wallets/wal_${"0".repeat(22)}/activate`),
    ];
    expect([page.status, unknown.status]).toEqual([404, 404]);
  });
});

describe("Stripe", () => {
  const path = (): string => `${owner.base}/settings/stripe`;

  it("without a key says that charges are simulated", async () => {
    const page = await owner.browser.get(path());
    expect(page.text).toContain("so charges are simulated");
    expect(page.text).not.toContain("/settings/stripe/remove");
  });

  it("refuses what is no key at its field, and does not show it again", async () => {
    for (const key of ["pk_test_notforcharging", "sk_live_belongselsewhere", HOSTILE, ""]) {
      const page = await owner.browser.post(`${path()}/key`, { key });
      expect([page.status, errorAt(page, "key")]).toEqual([400, expect.any(String)]);
      if (key !== "") expect(page.text).not.toContain(key);
    }
  });

  it("seals its signing secret, and says that it is set", async () => {
    const wrong = await owner.browser.post(`${path()}/hook`, { secret: SECRET });
    expect([wrong.status, errorAt(wrong, "secret")]).toEqual([400, expect.stringContaining("whsec_")]);
    expect(wrong.text).not.toContain(SECRET);
    const done = await owner.browser.post(`${path()}/hook`, { secret: `whsec_${"c2VjcmV0".repeat(3)}` });
    expect(done.location).toBe(`${path()}?done=hook_saved`);
    const page = await owner.browser.get(path());
    expect(page.text).toContain('<span class="badge good">Set</span>');
    expect(page.text).not.toContain("c2VjcmV0");
  });

  it("suspends agents over disputes, or not", async () => {
    await owner.browser.post(`${path()}/disputes`, { suspend_on_dispute: "on" });
    expect((await read("/stripe")).suspend_on_dispute).toBe(true);
    expect((await viewer.browser.get(path())).text).toContain("A disputed charge suspends its agent.");
    await owner.browser.post(`${path()}/disputes`, {});
    expect((await read("/stripe")).suspend_on_dispute).toBe(false);
  });
});

const shop = (more: Readonly<Record<string, string>> = {}) => ({
  name: "Paper shop",
  url: "https://shop.example.com",
  api_base_url: "https://shop.example.com/acp",
  seller_profile: "profile_paper",
  protocol_version: "",
  book_refunds: "on",
  ...more,
});

describe("merchants", () => {
  const path = (): string => `${owner.base}/settings/merchants`;
  let id = "";

  it("are added, with a bearer that no page shows", async () => {
    expect((await owner.browser.get(path())).text).toContain("No merchant yet");
    await owner.browser.get(`${path()}/new`);
    const done = await owner.browser.post(`${path()}/new`, shop({ bearer: BEARER }));
    id = /mer_\w+/.exec(done.location ?? "")![0];
    expect(done.location).toBe(`${path()}/${id}?done=merchant_added`);
    expect(await read(`/acp/merchants/${id}`)).toMatchObject({ name: "Paper shop", book_refunds: true });
    for (const page of [await owner.browser.get(`${path()}/${id}`), await owner.browser.get(path())]) {
      expect(page.text).toContain("Paper shop");
      expect(page.text).not.toContain(BEARER.slice(0, 16));
    }
  });

  it("that are wrong come back with what was typed but for the bearer, and with errors at the fields", async () => {
    const wrong = { name: HOSTILE, seller_profile: "someone", bearer: "short" };
    const page = await owner.browser.post(`${path()}/new`, shop(wrong));
    expect(page.status).toBe(400);
    expect(errorAt(page, "seller_profile")).toContain("profile_");
    expect(errorAt(page, "bearer")).toContain("8 to 512");
    expect(page.text).not.toContain(HOSTILE);
    expect(page.text).not.toContain('value="short"');
    const address = await owner.browser.post(
      `${path()}/new`,
      shop({ url: "https://shop.example.com/x", bearer: BEARER }),
    );
    expect(errorAt(address, "url")).toContain("scheme and host alone");
    expect(address.text).not.toContain(BEARER);
    expect((await read("/acp/merchants")).data).toHaveLength(1);
  });

  it("are edited without the bearer, which a new address needs again", async () => {
    const { text } = await owner.browser.get(`${path()}/${id}`);
    const version = hidden(text, "version");
    const { book_refunds: _off, ...rest } = shop({ name: "Paper and pens", version });
    expect((await owner.browser.post(`${path()}/${id}`, rest)).location).toBe(`${path()}/${id}?done=merchant_saved`);
    expect(await read(`/acp/merchants/${id}`)).toMatchObject({ name: "Paper and pens", book_refunds: false });
    const late = await owner.browser.post(`${path()}/${id}`, shop({ name: "Pens", version }));
    expect([late.status, late.text.includes("Somebody else was faster.")]).toEqual([412, true]);
    expect(late.text).toContain("Paper and pens");
    const now = hidden(late.text, "version");
    const elsewhere = shop({ url: "https://else.example.com", version: now, bearer: "" });
    const moved = await owner.browser.post(`${path()}/${id}`, elsewhere);
    expect([moved.status, errorAt(moved, "bearer")]).toEqual([400, expect.stringContaining("Send the bearer")]);
    expect((await owner.browser.post(`${path()}/${id}`, shop({ name: "Pens", version: now }))).status).toBe(303);
  });

  it("sign their events with a secret that no page shows", async () => {
    const wrong = await owner.browser.post(`${path()}/${id}/hook`, { secret: "too short" });
    expect([wrong.status, errorAt(wrong, "secret")]).toEqual([400, expect.stringContaining("16 to 255")]);
    const done = await owner.browser.post(`${path()}/${id}/hook`, { secret: SECRET });
    expect(done.location).toBe(`${path()}/${id}?done=hook_saved`);
    expect((await owner.browser.get(`${path()}/${id}`)).text).not.toContain(SECRET);
  });

  it("are facts for those who only look", async () => {
    const page = await viewer.browser.get(`${path()}/${id}`);
    expect(page.text).toContain("profile_paper");
    for (const name of ["bearer", "secret", "version"]) expect(page.text).not.toContain(`name="${name}"`);
  });

  it("are removed", async () => {
    await owner.browser.get(`${path()}/${id}`);
    const done = await owner.browser.post(`${path()}/${id}/delete`);
    expect(done.location).toBe(`${path()}?done=merchant_removed`);
    expect((await owner.browser.get(`${path()}/${id}`)).status).toBe(404);
    expect((await owner.browser.post(`${path()}/${id}/hook`, { secret: SECRET })).status).toBe(404);
  });
});

describe("profiles", () => {
  const path = (): string => `${owner.base}/settings/profiles`;
  const buyer = {
    "buyer.first_name": "Zdravka",
    "buyer.last_name": "Kovalenko",
    "buyer.email": "zdravka@example.com",
    "buyer.phone_number": "",
  };
  const nowhere = Object.fromEntries(
    ["name", "line_one", "line_two", "city", "state", "postal_code", "country"].map((field) => [
      `address.${field}`,
      "",
    ]),
  );
  let merchant = "";
  beforeAll(async () => {
    const body = { ...shop(), protocol_version: null, book_refunds: true, bearer: BEARER };
    merchant = (await api(organization.admin, "POST", "/integrations/acp/merchants", body)).body.id;
    await owner.browser.get(`${path()}/new/stripe`);
  });

  it("of cards are added, edited, shown with the mandates that list them, and removed", async () => {
    const card = { name: "office-card", vendor: "shop.example.com", customer: "", payment_method: "" };
    const done = await owner.browser.post(`${path()}/new/stripe`, card);
    expect(done.location).toBe(`${path()}/office-card?done=profile_added`);
    await newAgent(organization, { name: "Office mandate", profiles: ["office-card"] });
    const { text } = await owner.browser.get(`${path()}/office-card`);
    expect(text).toContain("Office mandate");
    const version = hidden(text, "version");
    const edited = { ...card, version, statement_descriptor_suffix: "PAPER" };
    expect((await owner.browser.post(`${path()}/office-card`, edited)).status).toBe(303);
    expect((await read("/profiles/office-card")).statement_descriptor_suffix).toBe("PAPER");
    const late = await owner.browser.post(`${path()}/office-card`, { ...card, version });
    expect([late.status, late.text.includes("Save mine instead")]).toEqual([412, true]);
    expect((await viewer.browser.get(`${path()}/office-card`)).text).toContain("PAPER");
    expect((await owner.browser.post(`${path()}/office-card/delete`)).status).toBe(303);
    expect((await owner.browser.get(`${path()}/office-card`)).status).toBe(404);
  });

  it("that are wrong say so at the field, also that a name is taken", async () => {
    const wrong = { name: HOSTILE, vendor: "", customer: "cus_1", payment_method: "4242 4242 4242 4242" };
    const page = await owner.browser.post(`${path()}/new/stripe`, wrong);
    expect(page.status).toBe(400);
    for (const field of ["name", "vendor", "payment_method"]) expect([field, errorAt(page, field)]).not.toContain(null);
    expect(page.text).not.toContain(HOSTILE);
    const half = { name: "half", vendor: "shop.example.com", customer: "cus_1", payment_method: "" };
    expect(errorAt(await owner.browser.post(`${path()}/new/stripe`, half), "payment_method")).toBe("Needed here.");
    await owner.browser.post(`${path()}/new/stripe`, { name: "taken", vendor: "shop.example.com" });
    const taken = await owner.browser.post(`${path()}/new/stripe`, { name: "taken", vendor: "shop.example.com" });
    expect([taken.status, errorAt(taken, "name")]).toEqual([409, "There is a profile with this name already."]);
  });

  it("of merchants ship to the whole address or nowhere, and never to a part of it", async () => {
    const given = {
      name: "supplies",
      merchants: [merchant],
      payment_method: "pm_card_visa",
      delivery: "fastest",
      ...buyer,
    };
    const part = await owner.browser.post(`${path()}/new/acp`, { ...given, ...nowhere, "address.city": "Reno" });
    expect(part.status).toBe(400);
    expect([errorAt(part, "address.line_one"), errorAt(part, "address.city")]).toEqual(["Fill this in.", null]);
    expect(errorAt(part, "address.country")).toContain("ISO 3166");
    expect((await owner.browser.post(`${path()}/new/acp`, { ...given, ...nowhere })).status).toBe(303);
    expect(await read("/profiles/supplies")).toMatchObject({
      address: null,
      delivery: "fastest",
      merchants: [merchant],
    });
  });

  it("want a merchant, and say so where none was chosen or it is gone", async () => {
    const given = { name: "none", payment_method: "pm_card_visa", delivery: "cheapest", ...buyer };
    const none = await owner.browser.post(`${path()}/new/acp`, given);
    expect(none.text).toMatch(/<p class="error">Choose at least one\.<\/p>/);
    const gone = await owner.browser.post(`${path()}/new/acp`, {
      ...given,
      merchants: [merchant, `mer_${"0".repeat(22)}`],
    });
    expect([gone.status, gone.text.includes('<p class="error">No such merchant.</p>')]).toEqual([400, true]);
  });

  it("tell only owners and admins who buys", async () => {
    expect((await owner.browser.get(`${path()}/supplies`)).text).toContain("Kovalenko");
    const page = await viewer.browser.get(`${path()}/supplies`);
    expect([page.text.includes("Kovalenko"), page.text.includes("For owners and admins only")]).toEqual([false, true]);
    expect(page.text).toContain("Paper shop");
  });
});

/** Whatever is asked of it fails. */
const NO_SEALS = new Proxy(env.RAILS, {
  get: () => async () => {
    throw new Error("SEALING_SECRETS is not set");
  },
});

describe("a service that cannot seal", () => {
  it("says so, stores nothing, and shows no secret again", async () => {
    const house = new Deployment();
    const { browser, base } = await house.found();
    Object.assign(house.env, { RAILS: NO_SEALS });
    for (const [path, fields] of [
      ["x402/import", { private_key: PRIVATE_KEY }],
      ["stripe/hook", { secret: `whsec_${"c2VjcmV0".repeat(3)}` }],
      ["merchants/new", shop({ bearer: BEARER })],
    ] as const) {
      const page = await browser.post(`${base}/settings/${path}`, fields);
      expect([path, page.status]).toEqual([path, 503]);
      expect(page.text).toContain("Quetra could not seal the key, so nothing was stored.");
      for (const secret of [PRIVATE_KEY.slice(2, 20), "c2VjcmV0", BEARER]) expect(page.text).not.toContain(secret);
    }
    expect((await browser.get(`${base}/settings/merchants`)).text).toContain("No merchant yet");
  }, 30_000);
});
