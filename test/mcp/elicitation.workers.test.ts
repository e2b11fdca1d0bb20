import { exports } from "cloudflare:workers";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { beforeAll, describe, expect, it } from "vitest";
import { decideAt, newEndpoint, tokenFor } from "../support/approval-links.ts";
import { connectLegacyV1, connectLegacyV2, connectModern, type FetchLike } from "../support/mcp-clients.ts";
import { api, type Json, newAgent, newOrganization, ORIGIN, sql, type TestOrganization } from "../support/service.ts";
import {
  ENVELOPE,
  LEGACY_HEADERS,
  message as legacy,
  messagesOf,
  modern,
  modernHeaders,
  raw,
} from "../support/wire.ts";

/** What real clients see of a purchase that a person must decide. */

let organization: TestOrganization;
let agent: string;
let endpoint: string;
beforeAll(async () => {
  organization = await newOrganization();
  ({ agent } = await newAgent(organization, {
    per_transaction_limit: 10_000,
    budgets: [{ period: "daily", limit: 100_000 }],
    rules: [{ type: "approval", above: 20 }],
  }));
  endpoint = await newEndpoint(organization);
});

const reach: FetchLike = (input, init) => exports.default.fetch(new Request(input, init));
const url = () => `${ORIGIN}/${organization.spend}/mcp`;
const purchase = () => ({ agent_id: agent, amount: 50, vendor: "shop.example", idempotency_key: crypto.randomUUID() });

interface Asked {
  readonly mode?: string;
  readonly url?: string;
  readonly message: string;
}

/** An SDK 2 client that can show a URL; `person` is what happens while it is shown. */
async function connect(person: (asked: Asked) => Promise<"accept" | "decline" | "cancel">) {
  const asked: Asked[] = [];
  const client = new Client(
    { name: "quetra-tests", version: "1.0.0" },
    { versionNegotiation: { mode: { pin: "2026-07-28" } }, capabilities: { elicitation: { url: {} } } },
  );
  client.setRequestHandler("elicitation/create", async ({ params }) => {
    asked.push(params as Asked);
    return { action: await person(params as Asked) };
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url()), { fetch: reach }));
  const call = async (args: Record<string, unknown>) =>
    (await client.callTool({ name: "quetra_evaluate", arguments: args })) as Json;
  return { asked, call, close: () => client.close() };
}

const noDecisions = async () => {
  // Most tests leave their purchase waiting; an agent may have five of them.
  for (const { id } of (await api(organization.approve, "GET", "/approvals")).body.data) {
    await api(organization.approve, "POST", `/approvals/${id}/decision`, { decision: "deny" });
  }
};

describe("SDK 2 with URL elicitation", () => {
  it.each(["accept", "decline", "cancel"] as const)("is asked once; its %s decides nothing", async (action) => {
    const { asked, call, close } = await connect(async () => action);
    const { structuredContent: answer } = await call(purchase());
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ mode: "url", url: `${ORIGIN}/approvals/${answer.approval_id}` });
    expect(asked[0]?.message).toContain("50.00 USD at shop.example");
    expect(answer).toMatchObject({ outcome: "pending_approval", replayed: true });
    expect(await sql(organization, "SELECT status FROM approvals WHERE id = ?", answer.approval_id)).toEqual([
      { status: "pending" },
    ]);
    await noDecisions();
    await close();
  });

  it.each(["accept", "decline", "cancel"] as const)(
    "completes the same call with what was decided meanwhile, whatever it says (%s)",
    async (action) => {
      const { call, close } = await connect(async ({ url: shown }) => {
        const approval = shown?.split("/").at(-1) ?? "";
        await decideAt(`/approve/${await tokenFor(organization, approval, endpoint)}`, "approve");
        return action;
      });
      const { structuredContent: answer } = await call(purchase());
      expect(answer).toMatchObject({ outcome: "approved", status: "authorized", replayed: true });
      await close();
    },
  );

  it("is not asked again by a later call for the same purchase", async () => {
    const { asked, call, close } = await connect(async () => "accept");
    const args = purchase();
    await call(args);
    const { structuredContent: again } = await call(args);
    expect(asked).toHaveLength(1);
    expect(again).toMatchObject({ outcome: "pending_approval", approval_url: asked[0]?.url });
    await noDecisions();
    await close();
  });

  it("is not asked about what needs nobody", async () => {
    const { asked, call, close } = await connect(async () => "accept");
    expect((await call({ ...purchase(), amount: 5 })).structuredContent).toMatchObject({ outcome: "approved" });
    expect((await call({ ...purchase(), amount: 50_000 })).structuredContent).toMatchObject({ outcome: "rejected" });
    expect(asked).toEqual([]);
    await close();
  });
});

describe.each([
  ["SDK 2 without the capability", connectModern],
  ["SDK 2 of the 2025 era", connectLegacyV2],
  ["SDK 1", connectLegacyV1],
] as const)("%s", (_name, connectPlain) => {
  it("gets a plain answer with the address, and finds the decision by the transaction's id", async () => {
    const client = await connectPlain(url(), reach);
    const { structured: answer } = (await client.callTool("quetra_evaluate", purchase())) as Json;
    expect(answer).toMatchObject({ outcome: "pending_approval", replayed: false });
    expect(answer.approval_url).toBe(`${ORIGIN}/approvals/${answer.approval_id}`);
    expect(answer.message).toContain("approval_url");
    await decideAt(`/approve/${await tokenFor(organization, answer.approval_id, endpoint)}`, "approve");
    const { structured } = (await client.callTool("quetra_transactions", {
      agent_id: agent,
      transaction_id: answer.transaction_id,
    })) as Json;
    expect(structured.transactions).toMatchObject([{ status: "authorized" }]);
    await client.close();
  });
});

describe("on the wire", () => {
  const call = async (params: object, capabilities: object, args = purchase()) => {
    const _meta = { ...ENVELOPE, "io.modelcontextprotocol/clientCapabilities": capabilities };
    const message = {
      ...modern("tools/call"),
      params: { name: "quetra_evaluate", arguments: args, ...params, _meta },
    };
    const answer = await raw(`/${organization.spend}/mcp`, {
      method: "POST",
      headers: modernHeaders("tools/call", "quetra_evaluate"),
      body: JSON.stringify(message),
    });
    return messagesOf(answer)[0] as Json;
  };

  it("is an input_required result with one URL request, and neither state nor form", async () => {
    const { result } = await call({}, { elicitation: { form: {}, url: {} } });
    expect(result.resultType).toBe("input_required");
    expect(Object.keys(result.inputRequests)).toEqual(["approval"]);
    expect(result.inputRequests.approval).toMatchObject({ method: "elicitation/create", params: { mode: "url" } });
    expect(result.requestState).toBeUndefined();
    await noDecisions();
  });

  it.each([
    ["form only", { elicitation: { form: {} } }],
    ["bare", { elicitation: {} }],
    ["none", {}],
  ])("asks nothing of a client that shows no URL: %s", async (_name, capabilities) => {
    const { result } = await call({}, capabilities);
    expect(result.structuredContent).toMatchObject({ outcome: "pending_approval" });
    await noDecisions();
  });

  it.each([
    ["an answer to nothing", { inputResponses: { approval: { action: "accept" } } }],
    ["an empty answer", { inputResponses: {} }],
    [
      "content that claims an approval",
      { inputResponses: { approval: { action: "accept", content: { approved: true } } } },
    ],
    ["another key", { inputResponses: { decision: { action: "accept", content: { decision: "approve" } } } }],
    [
      "a wrapped answer",
      { inputResponses: { approval: { method: "elicitation/create", result: { action: "accept" } } } },
    ],
    ["a state of its own", { inputResponses: {}, requestState: "approved" }],
  ])("is never approved by what a client sends: %s", async (_name, params) => {
    const answer = await call(params, { elicitation: { url: {} } });
    const { approval_id, outcome } = answer.result.structuredContent;
    expect(outcome).toBe("pending_approval");
    expect(await sql(organization, "SELECT status, decided_by FROM approvals WHERE id = ?", approval_id)).toEqual([
      { status: "pending", decided_by: null },
    ]);
    await noDecisions();
  });

  it("waits for nobody in a batch of the 2025 era that declares the capability", async () => {
    const answer = await raw(`/${organization.spend}/mcp`, {
      method: "POST",
      headers: { ...LEGACY_HEADERS },
      body: JSON.stringify([
        legacy(
          "tools/call",
          {
            name: "quetra_evaluate",
            arguments: purchase(),
            _meta: {
              "io.modelcontextprotocol/clientCapabilities": { elicitation: { url: {} } },
            },
          },
          8,
        ),
      ]),
    });
    expect((messagesOf(answer)[0] as Json).result.structuredContent).toMatchObject({ outcome: "pending_approval" });
    await noDecisions();
  });
});
