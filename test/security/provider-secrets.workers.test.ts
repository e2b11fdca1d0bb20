import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { open } from "../../src/payments/seal.ts";
import { api, newOrganization, send, type TestOrganization } from "../support/service.ts";
import { type Snapshot, snapshot } from "../support/snapshot.ts";

/**
 * A key of Stripe, secrets of hooks, a merchant's bearer and an address are planted through the real Worker, in every way
 * that works and in some that do not, and then looked for everywhere. Stripe itself is scripted; it repeats what it gets.
 */
const KEY = "rk_test_CaNaRy51a7fc4a1e9d36b8052c1f7a94e3bd86025";
const REFUSED_KEY = "sk_test_CaNaRyRefused1e9d36b8052c1f7a94e3bd86025";
const STRIPE_SECRET = "whsec_CaNaRyStripe19ac3f8d20b56971ce4a80d3f62b5";
const MERCHANT_SECRET = "CaNaRy-merchant-3f8d20b56971ce4a80d3f62b5";
const BEARER = "CaNaRy-bearer-d36b8052c1f7a94e3bd86025e7419";
const SECRETS = [KEY, REFUSED_KEY, STRIPE_SECRET, MERCHANT_SECRET, BEARER];
const PERSONAL = ["Klavdija", "Zupancic", "klavdija@canary.example", "Kanarinska ulica 7", "+38640999888"];

const LEVELS = ["log", "info", "warn", "error", "debug"] as const;
const lines: string[] = [];
const answers: { readonly path: string; readonly role: string; readonly text: string }[] = [];
let organization: TestOrganization;
let stored: Snapshot = {};
let projected = "";
let hookPaths: string[] = [];

const spellings = (secret: string): string[] => [
  secret,
  secret.slice(0, 24),
  secret.slice(-24),
  btoa(secret).slice(0, 24),
  encodeURIComponent(secret),
  Buffer.from(secret).toString("hex").slice(0, 32),
];
const hits = (text: string, needles = SECRETS.flatMap(spellings)) => needles.filter((needle) => text.includes(needle));

async function call(role: "admin" | "read" | "spend", method: string, path: string, body?: unknown, version?: number) {
  const headers: Record<string, string> = version === undefined ? {} : { "if-match": `"${version}"` };
  const answer = await api(organization[role], method, `/integrations${path}`, body, headers);
  answers.push({ path, role, text: JSON.stringify([answer.status, [...answer.headers], answer.body]) });
  return answer;
}

beforeAll(async () => {
  for (const level of LEVELS) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.map(String).join(" ")));
  }
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!url.startsWith("https://api.stripe.com/")) return real(input, init);
    const key = new Headers(init?.headers).get("authorization") ?? "";
    if (key.includes(REFUSED_KEY)) {
      return Response.json({ error: { type: "invalid_request_error", message: `Invalid ${key}` } }, { status: 401 });
    }
    return Response.json({ object: "list", data: [], url: key, has_more: false });
  });
  organization = await newOrganization();

  const buyer = { first_name: PERSONAL[0], last_name: PERSONAL[1], email: PERSONAL[2], phone_number: PERSONAL[4] };
  const address = { name: PERSONAL[0], line_one: PERSONAL[3], city: "X", state: "X", country: "SI", postal_code: "1" };
  const shop = { name: "Shop", url: "https://shop.example.com", seller_profile: "profile_1" };
  const base = "https://api.example.com/acp";
  for (const role of ["spend", "read", "admin"] as const) {
    for (const key of [REFUSED_KEY, KEY, `${KEY}\n`, { KEY }, KEY.replace("rk_test", "pk_test")]) {
      await call(role, "PUT", "/stripe", { key });
    }
    await call(role, "PUT", "/stripe", `{"key":"${KEY}"`);
    await call(role, "PUT", "/stripe", { key: KEY, more: KEY });
    for (const secret of [STRIPE_SECRET, `${STRIPE_SECRET} `]) await call(role, "PUT", "/stripe/hook", { secret });
    const made = await call(role, "POST", "/acp/merchants", { ...shop, api_base_url: base, bearer: BEARER });
    await call(role, "POST", "/acp/merchants", { ...shop, url: BEARER, bearer: BEARER });
    await call(role, "POST", "/acp/merchants", { ...shop, url: "https://10.0.0.1", bearer: BEARER });
    await call(role, "PUT", `/acp/merchants/${made.body.id}/hook`, { secret: MERCHANT_SECRET });
    const profile = { kind: "acp", merchants: [made.body.id], payment_method: "pm_1", buyer, address };
    await call(role, "POST", "/profiles", { name: "office", ...profile });
    await call(role, "PUT", "/profiles/office", { ...profile, delivery: "fastest" }, 1);
    for (const path of [
      "/stripe",
      "/acp/merchants",
      "/profiles",
      "/profiles/office",
      `/acp/merchants/${made.body.id}`,
    ]) {
      await call(role, "GET", path);
    }
  }
  const shown = [
    (await call("admin", "GET", "/stripe")).body,
    ...(await call("admin", "GET", "/acp/merchants")).body.data,
  ];
  hookPaths = shown.map(({ hook }) => new URL(hook.url).pathname);
  for (const path of hookPaths) {
    for (const header of ["stripe-signature", "merchant-signature"]) {
      const message = { method: "POST", body: STRIPE_SECRET, headers: { [header]: `t=1,v1=${STRIPE_SECRET}` } };
      const answer = await send(path, message);
      answers.push({ path: "/hooks", role: "none", text: await answer.text() });
    }
  }
  await call("admin", "DELETE", "/profiles/office");
  await call("admin", "POST", "/profiles", {
    name: "office",
    kind: "acp",
    merchants: [shown[1].id],
    payment_method: "pm_1",
    buyer,
    address,
  });
  await runDurableObjectAlarm(organization.stub);
  stored = await snapshot(organization);
  for (const table of ["events", "transactions", "organizations"]) {
    projected += JSON.stringify((await env.DB.prepare(`SELECT * FROM ${table}`).all()).results);
  }
}, 60_000);
afterAll(() => vi.restoreAllMocks());

describe("credentials of providers", () => {
  it("are what is looked for, and were taken", async () => {
    expect(hits(`x ${BEARER} x`).length).toBeGreaterThan(2);
    expect(stored.stripe_keys).toHaveLength(1);
    expect(stored.merchants).toHaveLength(1);
    expect(stored.hooks?.map(({ sealed_secret }) => typeof sealed_secret)).toEqual(["string", "string"]);
    expect(projected).toContain("integration.stripe.saved");
    expect(projected).toContain("hook.secret_set");
    expect(hookPaths).toHaveLength(2);
    const opened = await open(
      env.SEALING_SECRETS,
      organization.id,
      "stripe_key",
      String(stored.stripe_keys?.[0]?.sealed_key),
    );
    expect(opened).toMatchObject({ ok: true, value: { plaintext: KEY } });
  });

  it("are in no answer, no log line, no table and not in D1", () => {
    expect(answers.filter(({ text }) => hits(text).length > 0)).toEqual([]);
    expect(lines.filter((line) => hits(line).length > 0)).toEqual([]);
    expect(hits(JSON.stringify(stored))).toEqual([]);
    expect(hits(projected)).toEqual([]);
  });

  it("are under seal in their own tables, and the sealed text nowhere else", () => {
    const { stripe_keys = [], merchants = [], hooks = [], ...others } = stored;
    const sealed = [
      ...stripe_keys.map(({ sealed_key }) => sealed_key),
      ...merchants.map(({ sealed_bearer }) => sealed_bearer),
      ...hooks.flatMap(({ sealed_secret, previous_secret }) => [sealed_secret, previous_secret]),
    ].filter((text) => text !== null);
    expect(sealed.length).toBeGreaterThan(3);
    const elsewhere = JSON.stringify([others, projected, answers, lines]);
    for (const text of sealed) expect(elsewhere).not.toContain(String(text).split(".").at(-1));
  });
});

it("the addresses of hooks are in no log line, table or event", () => {
  const everywhere = JSON.stringify([stored, projected, lines]);
  for (const path of hookPaths) expect(everywhere).not.toContain(path.slice("/hooks/".length));
});

it("who buys and where it goes is in the profile and in answers to administrators, and nowhere else", () => {
  const { profiles = [], ...others } = stored;
  expect(hits(JSON.stringify(profiles), PERSONAL)).toEqual(PERSONAL);
  expect(hits(JSON.stringify([others, projected, lines]), PERSONAL)).toEqual([]);
  const told = answers.filter(({ text }) => hits(text, PERSONAL).length > 0);
  expect(told.length).toBeGreaterThan(0);
  expect([...new Set(told.map(({ role }) => role))]).toEqual(["admin"]);
});
