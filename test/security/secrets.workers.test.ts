import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../src/edge/api/routes/index.ts";
import { open } from "../../src/payments/seal.ts";
import {
  CANARY_PRIVATE_KEY,
  canarySpellings,
  importEverywhere,
  keySpellings,
  webhookSecretSpellings,
} from "../support/canary.ts";
import {
  callRoute,
  type Ids,
  type Populated,
  populated,
  purchase,
  routeOf,
  TOOL_NAMES,
  TOOL_SAMPLES,
} from "../support/samples.ts";
import { api, newOrganization, send, type TestOrganization, tool } from "../support/service.ts";
import { type Snapshot, snapshot } from "../support/snapshot.ts";
import { modern, modernHeaders } from "../support/wire.ts";

/**
 * After everything has been called in every way, no key and no secret of the deployment is anywhere but with its holder,
 * and the private key that was imported is nowhere at all.
 */

const LEVELS = ["log", "info", "warn", "error", "debug", "trace"] as const;
const ROLES = ["admin", "read", "approve", "spend"] as const;

let organization: TestOrganization;
let ids: Ids;
/** Every key text that was ever handed out, collected from the answers themselves. */
const keys = new Set<string>();
/** Every webhook secret, likewise. */
const secrets = new Set<string>();
const answers: string[] = [];
const lines: string[] = [];
let stored: Snapshot = {};
const projected: Record<string, unknown[]> = {};

const KEY = /sk_quetra_(?:test|live)_[0-9A-Za-z]{40,}/g;

/** Answers of the three calls that show a key once; their key is taken out before they are searched like all others. */
async function record(response: Response, request: Request): Promise<void> {
  let text = await response.text();
  const { pathname } = new URL(request.url);
  const creates =
    /\/operator\/organizations$|\/api\/v1\/(?:keys|webhooks)$|\/rotate$/.test(pathname) && response.status === 201;
  if (creates) {
    const field = pathname.startsWith("/operator") ? "admin_key" : pathname.includes("/webhooks") ? "secret" : "key";
    const shown = (JSON.parse(text) as Record<string, string>)[field];
    if (shown !== undefined) {
      (field === "secret" ? secrets : keys).add(shown);
      text = text.replace(`"${field}":"${shown}"`, "");
    }
  }
  answers.push(`${response.status} ${JSON.stringify([...response.headers])} ${text}`);
}

/** What must not be found. */
const needles = (): string[] => [
  env.OPERATOR_TOKEN!,
  ...[env.KEY_SIGNING_SECRETS!, env.SEALING_SECRETS!].flatMap((list) =>
    list.split(",").map((pair) => pair.split(":")[1]!),
  ),
  ...canarySpellings(),
  ...[...keys].flatMap(keySpellings),
  ...[...secrets].flatMap(webhookSecretSpellings),
];

const hits = (text: string) => needles().filter((needle) => text.includes(needle));

const mcpWith = (path: string, init: RequestInit) =>
  send(path, { method: "POST", headers: modernHeaders("tools/list"), ...init });

async function exercise(): Promise<void> {
  for (const role of ROLES) {
    const key = organization[role];
    for (const route of ROUTES) await callRoute(key, route, ids);
    for (const name of TOOL_NAMES) await tool(key, name, TOOL_SAMPLES[name](ids));
    for (const method of ["tools/list", "server/discover", "ping", "no/such"]) {
      const request = { headers: modernHeaders(method), body: JSON.stringify(modern(method)) };
      await mcpWith(`/${key}/mcp`, request);
      await mcpWith("/mcp", { ...request, headers: { ...request.headers, authorization: `Bearer ${key}` } });
      await mcpWith(`/${key}/mcp`, {
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${organization.spend}` },
      });
    }
    for (const path of [
      `/${key}`,
      `/${key}/`,
      `/${key}/x`,
      `/mcp/${key}`,
      `/${key}/api/v1/agents/${key}`,
      `/.well-known/${key}`,
      `/api/v1/keys/${key}/revoke`,
    ]) {
      for (const method of ["GET", "POST", "DELETE", "OPTIONS"]) {
        await send(path, {
          method,
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "if-match": key },
        });
      }
    }
    await send(`/api/v1/agents?${key}=${key}&cursor=${key}`, { headers: { authorization: `Bearer ${key}` } });
    await send(`/${key}/mcp`, {
      method: "POST",
      headers: { "content-type": key, "mcp-method": key, "mcp-name": key, origin: "http://quetra.test" },
      body: key,
    });
    // The tag is wrong, or the key is cut: an answer must not repeat it either.
    await mcpWith(`/${key.slice(0, -1)}x/mcp`, { body: "{}" });
    await api(`${key}x`, "GET", "/organization");
  }
}

beforeAll(async () => {
  for (const level of LEVELS) {
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(" "));
    });
  }
  const real = exports.default.fetch.bind(exports.default);
  vi.spyOn(exports.default, "fetch").mockImplementation(async (...args: Parameters<typeof real>) => {
    const response = await real(...args);
    await record(response.clone() as unknown as Response, args[0] as unknown as Request);
    return response;
  });
  ({ organization, ids } = await populated());
  await exercise();
  for (const role of ROLES) await importEverywhere(organization[role]);

  // A broken object: the errors that nobody wrote a text for.
  const broken = await newOrganization();
  const rename = (from: string, to: string) =>
    runInDurableObject(broken.stub, (_instance, { storage }) =>
      ["transactions", "wallets"].map((table) =>
        storage.sql.exec(`ALTER TABLE ${from}${table} RENAME TO ${to}${table}`),
      ),
    );
  await rename("", "gone_");
  for (const id of ["getTransaction", "listEvents"] as const) await callRoute(broken.read, routeOf(id), ids);
  for (const name of TOOL_NAMES) await tool(broken.spend, name, TOOL_SAMPLES[name](ids));
  await callRoute(broken.admin, routeOf("createX402Wallet"), ids);
  // An object whose alarm fails for ever can keep the runtime from ending this file.
  await rename("gone_", "");

  await send("/operator/organizations", {
    method: "POST",
    headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}x` },
  });
  await send("/operator/x", { headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}` } });
  await send("/operator/organizations", {
    method: "POST",
    headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" },
    body: "{",
  });

  await runDurableObjectAlarm(organization.stub);
  stored = await snapshot(organization);
  for (const { name } of (
    await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>()
  ).results) {
    if (!/^(_cf|sqlite)/.test(name)) projected[name] = (await env.DB.prepare(`SELECT * FROM ${name}`).all()).results;
  }
}, 60_000);
afterAll(() => vi.restoreAllMocks());

describe("keys, the operator token and signing secrets", () => {
  it("are what this test looks for", () => {
    expect(keys.size).toBeGreaterThan(8);
    expect(hits(`x ${organization.spend} x`)).toContain(organization.spend);
    expect(answers.length).toBeGreaterThan(300);
    expect(lines.some((line) => line.includes("object_call_failed"))).toBe(true);
    expect(stored.keys?.length).toBeGreaterThan(4);
    expect(projected.events?.length).toBeGreaterThan(10);
    expect(projected.transactions?.length).toBeGreaterThan(1);
    expect(hits(`x ${CANARY_PRIVATE_KEY} x`).length).toBeGreaterThan(2);
    const imported = (stored.wallets ?? []).filter(({ source }) => source === "imported");
    expect(imported).toHaveLength(1);
    expect(JSON.stringify(projected.events)).toContain(imported[0]?.address);
    expect(lines.some((line) => line.includes("no such table: wallets"))).toBe(true);
  });

  it("are in no answer, header or body", () => {
    expect(answers.filter((answer) => hits(answer).length > 0)).toEqual([]);
  });

  it("are in no log line", () => {
    expect(lines.filter((line) => hits(line).length > 0 || KEY.test(line))).toEqual([]);
  });

  it("are in no table of the object", () => {
    expect(hits(JSON.stringify(stored))).toEqual([]);
  });

  it("are in no table of D1, nor is any hash of a secret", () => {
    const text = JSON.stringify(projected);
    expect(hits(text)).toEqual([]);
    for (const { secret_hash } of stored.keys as { secret_hash: string }[]) {
      expect(text).not.toContain(secret_hash);
      expect(answers.filter((answer) => answer.includes(secret_hash))).toEqual([]);
      expect(lines.filter((line) => line.includes(secret_hash))).toEqual([]);
    }
  });
});

it("the sealed text of a wallet's key is in its own table and nowhere else", () => {
  const { wallets = [], ...tables } = stored;
  const sealed = wallets.map(({ sealed_key }) => String(sealed_key));
  expect(sealed.length).toBeGreaterThan(1);
  for (const text of sealed) {
    expect(JSON.stringify([tables, projected, answers, lines])).not.toContain(text.split(".").at(-1));
  }
});

it("the sealed text of a signing key is in its own table and nowhere else, and its private half nowhere in clear", async () => {
  const { signing_keys = [], ...tables } = stored;
  expect(signing_keys.length).toBeGreaterThan(1);
  const everywhere = JSON.stringify([tables, projected, answers, lines]);
  for (const { sealed_key, kid } of signing_keys) {
    expect(everywhere).toContain(kid);
    expect(everywhere).not.toContain(String(sealed_key).split(".").at(-1));
    const opened = await open(env.SEALING_SECRETS, organization.id, "signing_key", String(sealed_key));
    const { d } = JSON.parse(opened.ok ? opened.value.plaintext : "{}") as { d: string };
    const bytes = Buffer.from(d, "base64url");
    for (const spelling of [d, bytes.toString("hex"), bytes.toString("base64"), [...bytes].join(",")]) {
      expect(JSON.stringify(stored) + everywhere).not.toContain(spelling);
    }
  }
});

describe("a key that its holder writes into a field", () => {
  let fresh: Populated;
  beforeAll(async () => {
    fresh = await populated();
  });
  const kept = async () => {
    await runDurableObjectAlarm(fresh.organization.stub);
    const { results } = await env.DB.prepare("SELECT * FROM events").all();
    return hits(JSON.stringify([await snapshot(fresh.organization), results]));
  };

  it.each([
    ["reason", (key: string) => ({ reason: `my key is ${key}` })],
    ["metadata", (key: string) => ({ metadata: { key } })],
    ["idempotency_key", (key: string) => ({ idempotency_key: key })],
    ["vendor", (key: string) => ({ vendor: `https://shop.example/${key}/mcp` })],
    ["vendor as a name", (key: string) => ({ vendor: `shop ${key}` })],
  ])("of a purchase (%s) is not kept", async (_name, field) => {
    const { spend } = fresh.organization;
    const more = { idempotency_key: crypto.randomUUID(), ...field(spend) };
    const overMcp = await tool(spend, "quetra_evaluate", purchase(fresh.ids.agent, more));
    const overRest = await api(spend, "POST", "/evaluate", purchase(fresh.ids.agent, more));
    expect([overMcp.status, overRest.status, overRest.body.code]).toEqual([400, 400, "key_in_field"]);
    expect(await kept()).toEqual([]);
  });

  it.each([
    ["an agent's name", "/agents", (key: string) => ({ name: key, preset: "none" })],
    ["an agent's description", "/agents", (key: string) => ({ name: "x", description: key, preset: "none" })],
    ["a key's name", "/keys", (key: string) => ({ name: key, role: "read" })],
    ["a reason", "/organization/freeze", (key: string) => ({ reason: key })],
  ])("of an admin (%s) is not kept", async (_name, path, body) => {
    const { admin } = fresh.organization;
    expect((await api(admin, "POST", path, body(admin))).body.code).toBe("key_in_field");
    expect(await kept()).toEqual([]);
  });

  it("is not kept as an Idempotency-Key either", async () => {
    const { admin } = fresh.organization;
    const path = `/transactions/${fresh.ids.transaction}/cancel`;
    const answer = await api(admin, "POST", path, {}, { "idempotency-key": admin });
    expect(answer).toMatchObject({ status: 400, body: { code: "key_in_field" } });
    expect(await kept()).toEqual([]);
  });
});
