import { afterEach, describe, expect, it } from "vitest";
import { CATALOG } from "../../src/mcp/catalog.ts";
import { INSTRUCTIONS } from "../../src/mcp/instructions.ts";
import {
  type ConnectedClient,
  connectAuto,
  connectLegacyV1,
  connectLegacyV2,
  connectModern,
} from "../support/mcp-clients.ts";
import { AGENT } from "./fixture/fake-governance.ts";
import { BASE } from "./fixture/fixture.ts";
import { reach } from "./fixture/reach.ts";

const CLIENTS = [
  ["2.x pinned to 2026-07-28", connectModern, "modern"],
  ["2.x auto", connectAuto, "modern"],
  ["2.x default", connectLegacyV2, "legacy"],
  ["1.x", connectLegacyV1, "legacy"],
] as const;

/** One good call of every tool. */
const CALLS: Record<string, Record<string, unknown>> = {
  quetra_list_agents: {},
  quetra_check_budget: { agent_id: AGENT },
  quetra_can_spend: { agent_id: AGENT, amount: 2.5, vendor: "api.example.com" },
  quetra_evaluate: { agent_id: AGENT, amount: 2.5, vendor: "api.example.com", idempotency_key: "k1" },
  quetra_settle: { agent_id: AGENT, transaction_id: "txn_1", amount_charged: 2.4 },
  quetra_transactions: { agent_id: AGENT, transaction_id: "txn_1" },
};
const evaluate = (vendor: string, more = {}) => ({ ...CALLS.quetra_evaluate, vendor, ...more });

describe.each(CLIENTS)("client %s", (_, connect, era) => {
  let open: ConnectedClient | undefined;
  const connected = async () => {
    open = await connect(BASE, reach);
    return open;
  };
  afterEach(async () => {
    await open?.close();
  });

  it("connects in its era and learns who this is", async () => {
    const client = await connected();
    expect(client.era).toBe(era);
    expect(client.instructions()).toBe(INSTRUCTIONS);
    expect(client.serverVersion()).toMatchObject({ name: "quetra", title: "Quetra", websiteUrl: "http://localhost" });
  });

  it("lists every tool in the catalogue's order, complete", async () => {
    const tools = await (await connected()).listTools();
    expect(tools.map((tool) => tool.name)).toEqual(CATALOG.map((tool) => tool.name));
    for (const [index, tool] of tools.entries()) {
      const source = CATALOG[index]!;
      expect(tool.inputSchema).toEqual(source.registered.input_json);
      expect(tool.outputSchema).toEqual(source.registered.output_json);
      expect(tool.annotations).toEqual({ title: source.title, ...source.posture });
      expect(tool._meta).toEqual(source.always_load ? { "anthropic/alwaysLoad": true } : undefined);
    }
  });

  it.each(Object.keys(CALLS))("calls %s; text is the compact JSON of the structured answer", async (name) => {
    const answer = await (await connected()).callTool(name, CALLS[name]);
    expect(answer.isError).toBe(false);
    expect(JSON.parse(answer.text)).toEqual(answer.structured);
    expect(answer.text).toBe(JSON.stringify(answer.structured));
    expect(answer.structured?.message).toBeTypeOf("string");
  });

  it("gets a refusal and a pending approval as successful answers", async () => {
    const client = await connected();
    const rejected = await client.callTool("quetra_evaluate", evaluate("api.example.com", { amount: 60 }));
    expect(rejected).toMatchObject({ isError: false, structured: { outcome: "rejected" } });
    const pending = await client.callTool("quetra_evaluate", evaluate("api.example.com", { amount: 20 }));
    expect(pending).toMatchObject({
      isError: false,
      structured: { outcome: "pending_approval", approval_id: "apr_1" },
    });
  });

  it("gets bad arguments back as a correctable error", async () => {
    const answer = await (await connected()).callTool("quetra_evaluate", evaluate("api.example.com", { amount: "5" }));
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain("amount: Must be a JSON number in major units");
  });

  it("gets a governance error as `code: message` without invisible characters", async () => {
    const answer = await (await connected()).callTool("quetra_evaluate", evaluate("conflict.example"));
    expect(answer).toMatchObject({
      isError: true,
      text: "idempotency_conflict: This key belongs to another purchase.",
    });
  });

  it.each(["boom.example", "null.example", "wrong.example"])(
    "does not leak an internal failure (%s)",
    async (vendor) => {
      const answer = await (await connected()).callTool("quetra_evaluate", evaluate(vendor));
      expect(answer.isError).toBe(true);
      expect(answer.text).toMatch(/^internal_error: .*req_1/);
      expect(answer.text).not.toMatch(/SQLITE|secret|null|invalid|transaction_id/i);
    },
  );

  it("never shows invisible characters in an answer", async () => {
    const answer = await (await connected()).callTool("quetra_evaluate", evaluate("bidi.example"));
    expect(answer.structured?.message).toBe("Zerowidth and bidi");
    expect(answer.text).toBe(JSON.stringify(answer.structured));
  });

  it.each(["quetra_nothing", "constructor", "__proto__", "quetra\u202E_x"])(
    "refuses the unknown tool %j",
    async (name) => {
      const client = await connected();
      await expect(client.callTool(name)).rejects.toMatchObject({ code: -32602 });
      await expect(client.callTool(name)).rejects.not.toThrow(/\u202E/);
    },
  );
});
