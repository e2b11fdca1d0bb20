import { readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, it } from "vitest";
import { CATALOG, findTool } from "../../src/mcp/catalog.ts";
import type * as governance from "../../src/mcp/governance.ts";
import { INSTRUCTIONS } from "../../src/mcp/instructions.ts";
import { SERVER_VERSION, toolsFor } from "../../src/mcp/server.ts";
import type { defineTool } from "../../src/mcp/tool.ts";
import { FakeGovernance } from "./fixture/fake-governance.ts";

const WORDS_OF_COMMAND =
  /\b(you must|you should|always|never ignore|ignore|important|do not|don't|make sure|please)\b/i;
const EXPECTED_POSTURE = {
  quetra_list_agents: "read",
  quetra_check_budget: "read",
  quetra_can_spend: "read",
  quetra_evaluate: "write",
  quetra_settle: "write",
  quetra_transactions: "read",
  quetra_fetch: "pay",
  quetra_stripe_charge: "pay",
  quetra_acp_checkout: "pay",
} as const;

describe("the catalogue", () => {
  it("holds exactly these tools, each once", () => {
    expect(CATALOG.map((tool) => tool.name)).toEqual(Object.keys(EXPECTED_POSTURE));
    for (const tool of CATALOG) expect(findTool(tool.name)).toBe(tool);
    for (const name of ["constructor", "__proto__", "toString", ""]) expect(findTool(name)).toBeUndefined();
  });

  it("stays small: every byte is paid for in every client's context", () => {
    const listed = CATALOG.map((tool) => ({ name: tool.name, ...tool.registered.config, ...schemasOf(tool) }));
    expect(Buffer.byteLength(JSON.stringify(listed))).toBeLessThanOrEqual(16_384);
  });

  it("has instructions below what clients cut off, which promise nothing that the tools do not have", () => {
    expect(Buffer.byteLength(INSTRUCTIONS)).toBeLessThan(2048);
    for (const name of INSTRUCTIONS.match(/quetra_\w+/g) ?? []) expect(findTool(name), name).toBeDefined();
    expect(INSTRUCTIONS).not.toMatch(WORDS_OF_COMMAND);
  });

  it("carries the version of the package", () => {
    expect(SERVER_VERSION).toBe(JSON.parse(readFileSync("package.json", "utf8")).version);
  });

  it("registers what a message can touch and no more", () => {
    const call = (name: unknown) => toolsFor({ method: "tools/call", params: { name } });
    expect(call("quetra_settle").tools.map((tool) => tool.name)).toEqual(["quetra_settle"]);
    expect(call("nope")).toEqual({ tools: [], unknown: "nope" });
    for (const name of [undefined, 5, null, {}]) expect(call(name)).toEqual({ tools: [] });
    expect(toolsFor({ method: "tools/list" }).tools).toBe(CATALOG);
    expect(toolsFor([{ method: "ping" }]).tools).toBe(CATALOG);
    for (const odd of [undefined, null, 5, "x", {}, { method: "ping" }, { method: "tools/call" }]) {
      expect(toolsFor(odd)).toEqual({ tools: [] });
    }
  });
});

describe.each(CATALOG.map((tool) => [tool.name, tool] as const))("%s", (name, tool) => {
  it("is named and described as clients expect", () => {
    expect(name).toMatch(/^quetra_[a-z]+(_[a-z]+)*$/);
    expect(name.length).toBeLessThanOrEqual(64);
    expect(tool.title.length).toBeLessThanOrEqual(40);
    expect(tool.description.length).toBeLessThanOrEqual(500);
    expect(tool.description).not.toMatch(WORDS_OF_COMMAND);
    for (const other of tool.description.match(/quetra_\w+/g) ?? []) expect(findTool(other), other).toBeDefined();
  });

  it("declares its posture", () => {
    const expected = EXPECTED_POSTURE[name as keyof typeof EXPECTED_POSTURE];
    expect(tool.posture).toEqual({
      readOnlyHint: expected === "read",
      destructiveHint: expected === "pay",
      idempotentHint: true,
      openWorldHint: expected === "pay",
    });
    expect(tool.registered.config.annotations.title).toBe(tool.title);
    expect(tool.always_load === true).toBe(["quetra_can_spend", "quetra_evaluate"].includes(name));
  });

  it("describes every parameter, closes its input, and is read the same every time", () => {
    const { input_json } = tool.registered;
    expect(input_json).toMatchObject({ type: "object", additionalProperties: false });
    for (const [parameter, schema] of Object.entries(propertiesOf(input_json))) {
      expect(parameter).toMatch(/^[a-z]+(_[a-z]+)*$/);
      const documented = "description" in schema || "enum" in schema;
      expect(documented, parameter).toBe(true);
    }
    expect(tool.registered).toBe(tool.registered);
  });

  it("uses portable JSON Schema only", () => {
    const { input_json, output_json } = tool.registered;
    for (const root of [input_json, output_json]) {
      expect(root.type).toBe("object");
      for (const word of ["$ref", "$defs", "oneOf", "allOf", "not", "patternProperties", "propertyNames", "$schema"]) {
        expect(JSON.stringify(root)).not.toContain(`"${word}":`);
      }
    }
    expect(JSON.stringify(input_json)).not.toContain('"anyOf":');
    expect(JSON.stringify([input_json, output_json])).not.toContain('"type":[');
  });

  it("announces as required exactly what its answers always have", () => {
    const shape = (tool.output as unknown as { shape: Record<string, { safeParse(v: unknown): { success: boolean } }> })
      .shape;
    const always = Object.keys(shape).filter((key) => !shape[key]!.safeParse(undefined).success);
    expect([...(tool.registered.output_json.required as string[])].sort()).toEqual(always.sort());
  });
});

describe("output schemas", () => {
  const fake = new FakeGovernance();
  const purchase = { agent_id: "agt_1", amount: 2, vendor: "v", currency: "USD", protocol: "external" as const };
  const SAMPLES: Record<string, () => unknown> = {
    quetra_list_agents: () => fake.listAgents({}),
    quetra_check_budget: () => fake.checkBudget({ agent_id: "agt_1" }),
    quetra_can_spend: () => fake.canSpend({ ...purchase, amount: 99 }),
    quetra_evaluate: () => fake.evaluate({ ...purchase, amount: 20, idempotency_key: "k" }),
    quetra_settle: () => fake.settle({ agent_id: "agt_1", transaction_id: "txn_1", amount_charged: 1 }),
    quetra_transactions: () => fake.transactions({ agent_id: "agt_1" }),
    quetra_fetch: () => fake.fetch({ agent_id: "agt_1", url: "https://api.example.com/paid" }),
    quetra_stripe_charge: () => fake.stripeCharge({ agent_id: "agt_1", amount: 2.5, currency: "USD" }),
    quetra_acp_checkout: () =>
      fake.checkout({
        agent_id: "agt_1",
        merchant_url: "https://shop.example.com",
        items: [{ id: "a", quantity: 1 }],
        max_amount: 5,
      }),
  };

  it.each(CATALOG.map((tool) => [tool.name, tool] as const))("%s accepts a real answer, whole", async (name, tool) => {
    const sample = await SAMPLES[name]!();
    expect(tool.output.parse(sample)).toEqual(sample);
  });

  it.each(CATALOG.map((tool) => [tool.name, tool] as const))(
    "%s refuses each field that is missing or wrong",
    async (name, tool) => {
      const sample = (await SAMPLES[name]!()) as Record<string, unknown>;
      for (const key of tool.registered.output_json.required as string[]) {
        const { [key]: _, ...without } = sample;
        expect(tool.output.safeParse(without).success, `without ${key}`).toBe(false);
        expect(tool.output.safeParse({ ...sample, [key]: Symbol() }).success, `wrong ${key}`).toBe(false);
      }
      expect(tool.output.safeParse({}).success).toBe(false);
      expect(tool.output.safeParse(null).success).toBe(false);
    },
  );

  it("drop what is not declared, so that nothing internal can slip out", async () => {
    const sample = { ...fake.checkBudget({ agent_id: "agt_1" }), secret_hash: "x" };
    expect(findTool("quetra_check_budget")!.output.parse(sample)).not.toHaveProperty("secret_hash");
  });

  it("have the fields of the contract, and the contract theirs", () => {
    // Compile-time: `run` of every tool returns the contract's type where the schema's is expected. The reverse, that no
    // field of the contract is missing from a schema, is what "accepts a real answer, whole" above checks.
    expectTypeOf<Awaited<ReturnType<governance.Governance["evaluate"]>>>().toEqualTypeOf<governance.EvaluateOutput>();
    type Source = Parameters<typeof defineTool>[0];
    expectTypeOf<Source["posture"]>().toEqualTypeOf<{
      readonly readOnlyHint: boolean;
      readonly destructiveHint: boolean;
      readonly idempotentHint: boolean;
      readonly openWorldHint: boolean;
    }>();
  });
});

function propertiesOf(schema: Readonly<Record<string, unknown>>) {
  return schema.properties as Record<string, Record<string, unknown>>;
}

function schemasOf(tool: (typeof CATALOG)[number]) {
  return { inputSchema: tool.registered.input_json, outputSchema: tool.registered.output_json };
}
