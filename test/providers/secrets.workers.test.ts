import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { api, type Json, send, tool } from "../support/service.ts";
import { type Snapshot, snapshot } from "../support/snapshot.ts";
import { carry, caught, merchantHook, stripeHook } from "./post.ts";
import {
  ADDRESS,
  BEARER,
  BUYER,
  buy,
  CUSTOMER,
  charge,
  fault,
  KEY,
  merchant,
  newScene,
  pass,
  providers,
  type Scene,
  startClock,
  stripe,
  untilResolved,
} from "./support.ts";

/**
 * After purchases of every kind, good and bad, no credential of a provider and no payment token is in clear anywhere, and an
 * agent has not read who buys and where goods go.
 */

const LEVELS = ["log", "info", "warn", "error", "debug", "trace"] as const;
const STRIPE_SECRET = "whsec_e2eCaNaRy7fc4a1e9d36b8052c1f7";
const MERCHANT_SECRET = "e2eCaNaRy-merchant-secret-9d36b8052c1f7";

let scene: Scene;
const lines: string[] = [];
/** What MCP and REST have answered, by who asked. */
const answers: Record<"mcp" | "read" | "admin" | "hook", string[]> = { mcp: [], read: [], admin: [], hook: [] };
let stored: Snapshot = {};
let projected = "";
let tokens: string[] = [];
let licences: string[] = [];
const kept = <T>(who: keyof typeof answers, answer: T): T => {
  answers[who].push(JSON.stringify(answer));
  return answer;
};

const rest = async (
  who: "read" | "admin",
  method: string,
  path: string,
  body?: unknown,
  headers = {},
): Promise<Json> => {
  const { status, body: answer } = await api(scene[who], method, path, body, headers);
  return kept(who, { status, answer }).answer;
};

async function purchases(): Promise<void> {
  const open: string[] = [];
  const note = (answer: Json): void => {
    kept("mcp", answer);
    if (answer.transaction_id !== undefined) open.push(answer.transaction_id);
  };
  note(await charge(scene));
  for (const kind of ["reset", "reset_after", "500_after", "cut_body", "429"]) {
    await fault(kind, "/v1/payment_intents");
    note(await charge(scene));
  }
  for (const item of [
    "paper",
    "licence",
    "item_declined",
    "item_async",
    "item_500_after",
    "item_reset",
    "item_3ds",
    "desk",
  ]) {
    note(await buy(scene, item));
  }
  for (const kind of ["reset_after", "500_before", "cut_body"]) {
    await fault(kind, "/v1/shared_payment/issued_tokens");
    note(await buy(scene, "paper"));
  }
  await merchant("mode", { mode: "hostile", tricks: ["injection", "links", "bidi"] });
  note(await buy(scene, "licence"));
  note(await buy(scene, "paper", { merchant_url: "http://user:password@127.0.0.1:1/" }));
  note(await charge(scene, { profile: KEY }));
  for (const id of open) await untilResolved(scene, id);
}

async function questions(): Promise<void> {
  const { agent, spend } = scene;
  for (const [name, args] of [
    ["quetra_list_agents", {}],
    ["quetra_check_budget", { agent_id: agent }],
    ["quetra_transactions", { agent_id: agent, limit: 50 }],
    ["quetra_can_spend", { agent_id: agent, amount: 1, vendor: "a.com" }],
  ] as const) {
    kept("mcp", await tool(spend, name, args));
  }
  for (const who of ["read", "admin"] as const) {
    for (const path of [
      ...[
        "/integrations/stripe",
        "/integrations/acp/merchants",
        "/integrations/profiles",
        "/integrations/profiles/supplies",
      ],
      ...[
        "/transactions?limit=100",
        "/transactions.csv",
        "/alerts",
        "/events?limit=100",
        "/audit/export?limit=500",
        "/agents",
      ],
      `/mandates/${scene.mandate}`,
    ]) {
      await rest(who, "GET", path);
    }
  }
}

/** Credentials where they do not belong, and where they are refused. */
async function wrongPlaces(): Promise<void> {
  await rest("admin", "PUT", "/integrations/stripe", { key: `${KEY}x` });
  await rest("admin", "PUT", "/integrations/stripe", { key: { key: KEY } });
  await rest("admin", "PUT", "/integrations/stripe", `{"key":"${KEY}"`);
  await rest("admin", "PUT", "/integrations/stripe", { key: KEY, [KEY]: 1 });
  await rest("admin", "PUT", "/integrations/stripe/hook", { secret: [STRIPE_SECRET] });
  await rest("admin", "POST", "/integrations/acp/merchants", {
    name: "No",
    url: `https://${BEARER}`,
    bearer: BEARER,
    seller_profile: "x",
  });
  await rest("admin", "POST", "/integrations/acp/merchants", {
    name: "Nobody",
    url: providers.forbidden,
    seller_profile: "profile_x",
    bearer: BEARER,
  });
  await rest("admin", "GET", `/integrations/profiles/${KEY}`);
  await rest("admin", "POST", `/transactions/${tokens[0]}/refund`, { amount: 1 });
  kept(
    "hook",
    await (
      await send(`/hooks/${KEY}`, { method: "POST", headers: { "stripe-signature": STRIPE_SECRET }, body: BEARER })
    ).text(),
  );
}

beforeAll(async () => {
  const spies = LEVELS.map((level) =>
    vi.spyOn(console, level).mockImplementation((...args: unknown[]) => void lines.push(args.map(String).join(" "))),
  );
  await startClock();
  scene = await newScene();
  const hooks = [await stripeHook(scene, STRIPE_SECRET), await merchantHook(scene, MERCHANT_SECRET)];
  await purchases();
  for (const hook of hooks) {
    const messages = await caught(hook);
    licences.push(...messages.flatMap(({ body }) => body.match(/LIC-[0-9A-F]+/g) ?? []));
    for (const message of messages.slice(-10)) {
      kept("hook", await carry(hook, message));
      kept("hook", await carry(hook, { ...message, body: `${message.body} ` }));
    }
  }
  licences = [...new Set(licences)];
  const own = new Set((await snapshot(scene)).transactions!.map(({ id }) => id));
  tokens = (await stripe("state")).tokens
    .filter(({ shared_metadata }: Json) => own.has(shared_metadata.quetra_transaction))
    .map(({ id }: Json) => id);
  await wrongPlaces();
  await questions();
  for (let turn = 0; turn < 5; turn++) {
    await pass(2_000);
    await runDurableObjectAlarm(scene.stub);
  }
  stored = await snapshot(scene);
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>();
  for (const { name } of results)
    projected += JSON.stringify((await env.DB.prepare(`SELECT * FROM ${name}`).all()).results);
  for (const spy of spies) spy.mockRestore();
}, 60_000);
beforeEach(startClock);
afterAll(() => {
  vi.useRealTimers();
});

/** In every form in which it could stand in a text. */
const spelled = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  btoa(secret).replace(/=+$/, "").slice(0, -2),
  Buffer.from(secret).toString("hex"),
];
const hits = (text: string, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => spelled(secret).some((one) => text.includes(one)));

const credentials = (): string[] => [KEY, STRIPE_SECRET, MERCHANT_SECRET, BEARER, ...tokens, ...licences];
const personal = [BUYER.email, BUYER.phone_number, BUYER.first_name, BUYER.last_name, ADDRESS.line_one];
const places = (): Readonly<Record<string, string>> => ({
  "the object's tables": JSON.stringify(stored),
  D1: projected,
  logs: lines.join("\n"),
  "answers of tools": answers.mcp.join("\n"),
  "answers to read keys": answers.read.join("\n"),
  "answers to admin keys": answers.admin.join("\n"),
  "answers of hooks": answers.hook.join("\n"),
});

describe("after purchases of every kind", () => {
  it("there is something to look for, and something to look through", () => {
    expect(tokens.length).toBeGreaterThan(5);
    expect(licences.length).toBeGreaterThan(0);
    for (const text of Object.values(places())) expect(text.length).toBeGreaterThan(100);
    expect(projected).toContain(scene.id);
    expect(stored.events!.length).toBeGreaterThan(20);
    // What is not sealed is found where it belongs, so what is sealed would be found.
    expect(hits(JSON.stringify(stored.profiles), personal)).toEqual(personal);
    expect(hits(places()["answers to admin keys"]!, personal)).toEqual(personal);
  });

  it("no key, secret, bearer, payment token or licence is in clear anywhere", () => {
    for (const [place, text] of Object.entries(places())) expect(hits(text, credentials()), place).toEqual([]);
    expect(JSON.stringify(places())).not.toMatch(/spt_[0-9A-Za-z]{10}/);
  });

  it("who buys, and where goods go, is in the profiles alone", () => {
    const { profiles: _, ...others } = stored;
    expect(hits(JSON.stringify(others), personal)).toEqual([]);
    for (const place of ["D1", "logs", "answers of tools", "answers to read keys", "answers of hooks"]) {
      expect(hits(places()[place]!, personal), place).toEqual([]);
    }
  });

  it("no card and no customer is told to an agent", () => {
    expect(hits(places()["answers of tools"]!, ["pm_card_visa", CUSTOMER])).toEqual([]);
  });
});
