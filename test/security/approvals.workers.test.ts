import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../src/edge/api/routes/index.ts";
import { approvalOf, decideAt, look, submit } from "../support/approval-links.ts";
import { type Scene, scene } from "../support/approval-scene.ts";
import { callRoute, type Ids, TOOL_NAMES, TOOL_SAMPLES } from "../support/samples.ts";
import { api, type Json, send, tool } from "../support/service.ts";
import { snapshot } from "../support/snapshot.ts";

/** Who holds the agent's key and every byte that MCP ever answered cannot decide; and the token of a link is nowhere. */

afterEach(() => vi.restoreAllMocks());

const statusOf = async (at: Scene) => (await approvalOf(at.organization, at.approval)).status;
const idsOf = (at: Scene): Ids => ({
  agent: at.agent,
  mandate: at.mandate,
  key: "key_x",
  transaction: at.transaction,
  approval: at.approval,
  budget: "bud_x",
  wallet: "wal_x",
  webhook: "whk_x",
  delivery: "whd_x",
  alert: "alr_x",
  merchant: "mer_x",
  profile: "profile-x",
  event: "evt_x",
});

/** Every string in an answer, however deep, and the parts of each. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value, ...value.split(/[^0-9A-Za-z_]+/)].filter((text) => text !== "");
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, item]) => [name, ...strings(item)]);
}

async function everythingMcpAnswers(at: Scene): Promise<Json[]> {
  const { spend } = at.organization;
  const answers: Json[] = [at.answer];
  for (const name of TOOL_NAMES) answers.push(await tool(spend, name, TOOL_SAMPLES[name](idsOf(at))));
  answers.push(await tool(spend, "quetra_evaluate", at.purchase));
  answers.push(await tool(spend, "quetra_transactions", { agent_id: at.agent, transaction_id: at.transaction }));
  return answers;
}

describe("an agent with its key and every answer of MCP", () => {
  it("cannot decide by any route, any link, any form, or any of the texts that it was given", async () => {
    const at = await scene();
    const { spend } = at.organization;
    const known = [...new Set((await everythingMcpAnswers(at)).flatMap(strings))].filter((text) => text.length < 300);
    expect(known).toContain(at.approval);
    expect(known.length).toBeGreaterThan(40);
    // What the page would need is no part of what the agent is told.
    expect(known.some((text) => /^[0-9a-f]{64}$/.test(text))).toBe(false);

    const { body } = await api(at.organization.approve, "GET", `/approvals/${at.approval}`);
    const stolen = body.terms as string;
    for (const route of ROUTES) {
      if (route.roles.includes("spend")) continue;
      expect((await callRoute(spend, route, idsOf(at))).status, route.id).toBe(403);
    }
    for (const text of [spend, ...known]) {
      const fields = { decision: "approve", terms: stolen };
      const path = encodeURIComponent(text);
      await submit(at.place, { ...fields, key: text });
      await submit(`/approve/${path}`, fields);
      await submit(`/approvals/${path}`, { ...fields, key: spend });
      await send(`/approvals/${path}`);
      await send(`/approve/${path}`);
    }
    for (const path of [
      at.place,
      `/${spend}${at.place}`,
      `/api/v1${at.place}`,
      `/${spend}/api/v1${at.place}/decision`,
    ]) {
      for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
        await send(path, {
          method,
          headers: { authorization: `Bearer ${spend}`, "content-type": "application/json" },
          ...(method === "GET" ? {} : { body: JSON.stringify({ decision: "approve", terms: stolen, key: spend }) }),
        });
      }
    }
    expect(await statusOf(at)).toBe("pending");
    expect(await tool(spend, "quetra_evaluate", at.purchase)).toMatchObject({ outcome: "pending_approval" });
  }, 60_000);

  it("is told the address of the page at the host that it calls, and nothing that it wrote moves it", async () => {
    const at = await scene({}, { vendor: "https://evil.example/approvals/x", reason: "https://evil.example" });
    expect(at.answer.approval_url).toBe(`http://quetra.test/approvals/${at.approval}`);
    const viaRest = await api(at.organization.spend, "POST", "/evaluate", at.purchase);
    expect(viaRest.body.approval_url).toBe(at.answer.approval_url);
  });

  it("sees of a decision only that it was made", async () => {
    const at = await scene();
    await decideAt(at.link, "approve", { note: "a private note" });
    const text = JSON.stringify(await everythingMcpAnswers(at));
    for (const secret of ["a private note", at.endpoint, "link:", "whk_"]) expect(text).not.toContain(secret);
  });
});

describe("the token of a link", () => {
  it("is in no answer, header, log line, event or table, here or in D1", async () => {
    const lines: string[] = [];
    for (const level of ["log", "info", "warn", "error", "debug", "trace"] as const) {
      vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
        lines.push(parts.map(String).join(" "));
      });
    }
    const answers: string[] = [];
    const real = exports.default.fetch.bind(exports.default);
    vi.spyOn(exports.default, "fetch").mockImplementation(async (...args: Parameters<typeof real>) => {
      const response = await real(...args);
      answers.push(JSON.stringify([...response.headers]) + (await response.clone().text()));
      return response;
    });
    const at = await scene();
    const { token } = at;
    for (const path of [
      at.link,
      `${at.link}/`,
      `${at.link}/x`,
      `/x${at.link}`,
      `${at.link}?x=1`,
      `/approve/x/${token}`,
    ]) {
      for (const method of ["GET", "HEAD", "POST", "PUT", "OPTIONS"]) {
        await send(path, { method, ...(method === "POST" ? { body: token } : {}) });
      }
      await submit(path, { decision: "approve", terms: "0".repeat(64), note: token });
    }
    for (const path of [`/api/v1/approvals/${token}`, `/api/v1/approvals?cursor=${token}`, `/${token}/mcp`]) {
      await api(at.organization.approve, "GET", path.replace("/api/v1", ""));
      await send(path, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
    }
    // A broken object: the errors that nobody wrote a text for.
    const broken = await scene();
    await runInDurableObject(broken.organization.stub, (_instance, { storage }) =>
      storage.sql.exec("DROP TABLE approvals"),
    );
    const failed = await look(broken.link);
    expect(failed.status).toBe(503);
    expect(failed.html).toContain("Not available now");
    expect(lines.some((line) => line.includes("object_call_failed"))).toBe(true);
    const page = await look(at.link);
    expect((await submit(at.link, { decision: "approve", terms: page.terms! })).status).toBe(200);
    await everythingMcpAnswers(at);
    for (const path of ["/approvals?status=all", "/audit/events?limit=100", `/transactions/${at.transaction}`]) {
      await api(at.organization.read, "GET", path);
    }
    await runDurableObjectAlarm(at.organization.stub);
    const events = (await env.DB.prepare("SELECT * FROM events").all()).results;
    expect(events.length).toBeGreaterThan(3);
    expect(answers.length).toBeGreaterThan(40);
    const places = [...answers, ...lines, JSON.stringify(await snapshot(at.organization)), JSON.stringify(events)];
    expect(places.filter((text) => text.includes(token) || text.includes(broken.token))).toEqual([]);
  }, 60_000);
});
