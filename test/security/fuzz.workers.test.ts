import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ROUTES, type RouteId } from "../../src/edge/api/routes/index.ts";
import { bendHeaders, bendText, bendTree, type Dice, dice } from "../support/mutate.ts";
import { NAUGHTY } from "../support/naughty.ts";
import {
  callRoute,
  type Ids,
  pathOf,
  populated,
  purchase,
  routeOf,
  SAMPLES,
  TOOL_NAMES,
  TOOL_SAMPLES,
  terms,
} from "../support/samples.ts";
import type { TestOrganization } from "../support/service.ts";
import { setting } from "../support/setting.ts";
import { apartFromRejections, snapshot, writes } from "../support/snapshot.ts";
import { LEGACY_HEADERS, message, messagesOf, modern, modernHeaders, type Raw, raw, rawTool } from "../support/wire.ts";

/**
 * Bent requests: no 5xx, no state change by anything that was not accepted, and every answer in its protocol's shape.
 * `VITE_FUZZ_RUNS=10000` for a long run; a finding names its seed, `VITE_FUZZ_SEED=<seed> VITE_FUZZ_RUNS=2` repeats it.
 */
const RUNS = setting("FUZZ_RUNS", 2_000);
const SEED = setting("FUZZ_SEED", 1_000_000);
/** A fresh organization after so many requests: bent admin calls that are accepted end agents and mandates. */
const PER_ORGANIZATION = 250;

interface Shot {
  readonly path: string;
  readonly init: RequestInit & { method: string };
  /** The operation takes no body: what is sent is never read. */
  readonly bodiless?: boolean;
}

let organization: TestOrganization;
let ids: Ids;
const seen: Record<string, number> = {};
const count = (what: string) => {
  seen[what] = (seen[what] ?? 0) + 1;
};

beforeEach(() => {
  // In the future: the alarm clock is the real one, so no alarm runs while requests are compared.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
});
afterAll(() => {
  vi.useRealTimers();
  console.info(`fuzz: seed ${SEED}, ${JSON.stringify(seen)}`);
});

/** The body: a tree with none to three changes, as text with none to two more. */
function bentBody(tree: unknown, roll: Dice): string | Uint8Array {
  let bent = structuredClone(tree);
  for (let changes = roll.below(4); changes > 0; changes--) bent = bendTree(bent, roll);
  const text = JSON.stringify(bent) ?? "";
  return roll.chance(0.35) ? bendText(text, roll) : text;
}

function mcpShot(roll: Dice): Shot {
  const name = roll.pick(TOOL_NAMES);
  const args = { ...TOOL_SAMPLES[name](ids), ...(name === "quetra_evaluate" && { reason: "r", metadata: { a: "b" } }) };
  const method = roll.pick([
    "tools/call",
    "tools/call",
    "tools/call",
    "tools/call",
    "tools/list",
    "initialize",
    "server/discover",
    "ping",
    "subscriptions/listen",
    "notifications/initialized",
    "completion/complete",
  ]);
  const params =
    method === "tools/call"
      ? { name, arguments: args }
      : method === "initialize"
        ? { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "f", version: "1" } }
        : method === "subscriptions/listen"
          ? { notifications: {} }
          : {};
  const current = roll.chance(0.5);
  const body = bentBody((current ? modern : message)(method, params), roll);
  let headers: Record<string, string> = current
    ? modernHeaders(method, method === "tools/call" ? name : undefined)
    : { ...LEGACY_HEADERS };
  while (roll.chance(0.3)) headers = bendHeaders(headers, roll);
  const verb = roll.chance(0.97) ? "POST" : roll.pick(["GET", "DELETE", "PUT", "OPTIONS", "HEAD", "PATCH"]);
  const path = roll.chance(0.97)
    ? `/${organization.spend}/mcp`
    : roll.pick(["/mcp", "//mcp", `/k${encodeURIComponent(roll.pick(NAUGHTY).toWellFormed())}/mcp`]);
  return { path, init: { method: verb, headers, ...(verb === "GET" || verb === "HEAD" ? {} : { body }) } };
}

const ROLE_ORDER = ["admin", "approve", "read", "spend"] as const;

function restShot(roll: Dice): Shot {
  const route = roll.pick(ROUTES);
  const sample = SAMPLES[route.id as RouteId](ids);
  const role = roll.chance(0.95) ? ROLE_ORDER.find((one) => route.roles.includes(one))! : roll.pick(ROLE_ORDER);
  let headers: Record<string, string> = {
    authorization: `Bearer ${organization[role]}`,
    "idempotency-key": `f${roll.below(1e9)}`,
    ...(sample.body === undefined ? {} : { "content-type": "application/json" }),
    ...sample.headers,
  };
  while (roll.chance(0.2)) headers = bendHeaders(headers, roll);
  let path = pathOf(route, ids);
  if (roll.chance(0.15)) {
    const segments = path.split("/");
    const piece = roll.pick(NAUGHTY);
    segments[1 + roll.below(segments.length - 1)] = roll.chance(0.5)
      ? encodeURIComponent(piece.toWellFormed())
      : roll.pick([piece, "%", "%zz", "%ff", "%00", ".."]);
    path = segments.join("/");
  }
  const query = new URLSearchParams(sample.query);
  if (roll.chance(0.3))
    query.append(
      roll.pick(["limit", "cursor", "agent_id", "status", "vendor", "since", "after_seq", "__proto__", "x"]),
      roll.pick(NAUGHTY).toWellFormed(),
    );
  const verb = roll.chance(0.97) ? route.method : roll.pick(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
  const body = sample.body === undefined && roll.chance(0.9) ? undefined : bentBody(sample.body ?? {}, roll);
  const suffix = query.size === 0 ? "" : `?${query}`;
  const carries = body !== undefined && verb !== "GET";
  return {
    path: `/api/v1${path}${suffix}`,
    init: { method: verb, headers, ...(carries ? { body } : {}) },
    bodiless: route.body === undefined,
  };
}

/** A request that can only read, whatever its answer. */
const onlyReads = ({ path, init }: Shot): boolean =>
  // An export brings the signature of the head along, which is kept.
  (init.method === "GET" && !path.includes("/audit/export")) ||
  path.endsWith("/can-spend") ||
  (path.endsWith("/mcp") &&
    typeof init.body === "string" &&
    !/quetra_(?:evaluate|settle|stripe_charge|acp_checkout)/.test(init.body));

/** An answer that says that nothing was done. */
function refused(answer: Raw, mcp: boolean): boolean {
  if (answer.status >= 300) return true;
  if (answer.status === 202 || answer.text === "") return true;
  const isJson = answer.headers.get("content-type")?.split(";")[0] === "application/json";
  if (!mcp) return isJson && JSON.parse(answer.text).outcome === "rejected";
  return messagesOf(answer).every((one) => {
    const result = one.result as { isError?: boolean; structuredContent?: { outcome?: string } } | undefined;
    return result === undefined || result.isError === true || result.structuredContent?.outcome === "rejected";
  });
}

function expectRpc(answer: Raw, context: string): void {
  if (answer.text === "") {
    expect([202, 204, 405], context).toContain(answer.status);
    return;
  }
  for (const one of messagesOf(answer)) {
    expect(one.jsonrpc, context).toBe("2.0");
    const kinds = ["result", "error", "method"].filter((kind) => kind in one);
    expect(kinds, `${context}\n${answer.text}`).toHaveLength(1);
    if (one.error === undefined) continue;
    expect(one.error, context).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
    expect(["string", "number"].includes(typeof one.id) || one.id === null || one.id === undefined, context).toBe(true);
  }
}

function expectRest(answer: Raw, context: string): void {
  const type = answer.headers.get("content-type") ?? "";
  if (answer.text === "" || type.startsWith("text/csv") || type.startsWith("application/jsonl")) {
    expect(answer.status, context).toBeLessThan(300);
    return;
  }
  const body = JSON.parse(answer.text);
  if (answer.status < 400) return;
  expect(type, context).toBe("application/problem+json");
  expect(body, context).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status: answer.status,
    code: expect.any(String),
    detail: expect.any(String),
  });
}

/** Is this JSON at all, by the platform's own strict parser? A byte order mark before it is allowed (RFC 8259, 8.1). */
function isJson(body: unknown): boolean {
  try {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : (body as Uint8Array);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function fire(shoot: (roll: Dice) => Shot, mcp: boolean): Promise<void> {
  let known = { writes: -1, state: "" };
  for (let run = 0; run < RUNS / 2; run++) {
    if (run % PER_ORGANIZATION === 0) {
      ({ organization, ids } = await populated());
      known = { writes: -1, state: "" };
    }
    const seed = SEED + run;
    const shot = shoot(dice(seed));
    const { path, init } = shot;
    const writesBefore = await writes(organization);
    if (writesBefore !== known.writes)
      known = { writes: writesBefore, state: apartFromRejections(await snapshot(organization)) };
    let answer: Raw;
    try {
      answer = await raw(path, init);
    } catch (error) {
      // Only what a client's own HTTP stack refuses to send may throw here.
      expect(String(error), `seed ${seed}`).toMatch(/Invalid header|header value|Invalid URL|ByteString|redirect/i);
      count("unsendable");
      continue;
    }
    const shown =
      typeof init.body === "string"
        ? init.body.slice(0, 600)
        : JSON.stringify([...((init.body as Uint8Array) ?? [])].slice(0, 100));
    const context = `seed ${seed}: ${init.method} ${path} ${JSON.stringify(init.headers)}\n${shown}\n→ ${answer.status} ${answer.text.slice(0, 400)}`;
    count(String(answer.status));
    expect(answer.status, context).toBeLessThan(500);
    if (init.method !== "HEAD") (path.endsWith("/mcp") ? expectRpc : expectRest)(answer, context);
    const readsBody = init.method !== "OPTIONS" && shot.bodiless !== true;
    if (readsBody && init.body !== undefined && init.body !== "" && !isJson(init.body))
      expect(answer.status, context).toBeGreaterThanOrEqual(400);
    if (onlyReads(shot)) expect(await writes(organization), context).toBe(writesBefore);
    if (refused(answer, mcp)) {
      count("refused");
      if ((await writes(organization)) !== writesBefore) {
        expect(apartFromRejections(await snapshot(organization)), context).toBe(known.state);
      }
    } else count("accepted");
  }
}

describe("bent requests", () => {
  it(`to the MCP endpoint (${RUNS / 2}, from seed ${SEED})`, () => fire(mcpShot, true), 600_000);
  it(`to REST (${RUNS / 2}, from seed ${SEED})`, () => fire(restShot, false), 600_000);

  it("were neither all refused nor all accepted", () => {
    for (const what of ["accepted", "refused", "200", "400", "404"])
      expect(seen[what], what).toBeGreaterThan(RUNS / 100);
  });
});

describe("naughty texts", () => {
  const fields = ["agent_id", "vendor", "category", "reason", "currency", "idempotency_key", "protocol"] as const;

  it.each(fields)("in %s, over MCP and REST by turns, never break an answer", async (field) => {
    ({ organization, ids } = await populated());
    for (const [index, text] of NAUGHTY.entries()) {
      const args = { ...purchase(ids.agent), amount: 0.01, idempotency_key: crypto.randomUUID(), [field]: text };
      const overMcp = (index + fields.indexOf(field)) % 2 === 0;
      const bearer = { authorization: `Bearer ${organization.spend}`, "content-type": "application/json" };
      const answer = overMcp
        ? await rawTool(organization.spend, "quetra_evaluate", args)
        : await raw("/api/v1/evaluate", { method: "POST", headers: bearer, body: JSON.stringify(args) });
      const context = `${JSON.stringify(text)} ${answer.text}`;
      if (overMcp) expect(answer.status, context).toBe(200);
      expect(answer.status, context).toBeLessThan(500);
      (overMcp ? expectRpc : expectRest)(answer, context);
    }
  });
});

describe("what longer runs have found", () => {
  const status = async (id: RouteId, body: unknown) =>
    (await callRoute(organization.admin, routeOf(id), ids, { body })).status;
  beforeEach(async () => {
    ({ organization, ids } = await populated());
  });

  it("takes an overlap of a fraction of an hour", async () => {
    expect(await status("rotateKey", { overlap_hours: 25.0000001 })).toBeLessThan(500);
  });

  it("refuses a lone surrogate in a custom rule", async () => {
    const rules = [{ type: "custom", expression: 'vendor == "\ud800"' }];
    expect(await status("createMandate", terms(ids.agent, { rules }))).toBeLessThan(500);
  });
});
