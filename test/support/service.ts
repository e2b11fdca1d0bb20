import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import type { Organization } from "../../src/organization/organization.ts";

/** The service as a client sees it: every request goes through the real Worker. */
export const ORIGIN = "http://quetra.test";

export const send = (path: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(new Request(`${ORIGIN}${path}`, init));

// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

/** One REST call with a key. Money-moving routes get a fresh Idempotency-Key unless one is given. */
export async function api(
  key: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await send(`/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      "idempotency-key": crypto.randomUUID(),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = /\bjson\b/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, body: json ? JSON.parse(text) : text, headers: response.headers };
}

export interface TestOrganization {
  readonly id: string;
  readonly admin: string;
  readonly spend: string;
  readonly read: string;
  readonly approve: string;
  readonly stub: DurableObjectStub<Organization>;
}

/** A fresh organization with one key of each role, made the way an operator and an admin make it. */
export async function newOrganization(options: { timezone?: string } = {}): Promise<TestOrganization> {
  const created = await send("/operator/organizations", {
    method: "POST",
    headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Test organization", mode: "test", ...options }),
  });
  const { id, admin_key: admin } = (await created.json()) as { id: string; admin_key: string };
  const key = async (role: string): Promise<string> =>
    (await api(admin, "POST", "/keys", { name: role, role })).body.key as string;
  const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id));
  return { id, admin, spend: await key("spend"), read: await key("read"), approve: await key("approve"), stub };
}

/** An agent with an active mandate. */
export async function newAgent(
  organization: TestOrganization,
  terms: Record<string, unknown> = {},
): Promise<{ agent: string; mandate: string }> {
  const agent = (await api(organization.admin, "POST", "/agents", { name: "Agent", preset: "none" })).body.id as string;
  const mandate = await newMandate(organization, agent, terms);
  return { agent, mandate };
}

export async function newMandate(
  organization: TestOrganization,
  agent: string,
  terms: Record<string, unknown> = {},
): Promise<string> {
  const draft = await api(organization.admin, "POST", "/mandates", {
    schema: 1,
    agent_id: agent,
    name: "Test mandate",
    currency: "USD",
    timezone: "UTC",
    per_transaction_limit: 100,
    budgets: [{ period: "daily", limit: 100 }],
    rules: [],
    ...terms,
  });
  if (draft.status !== 201) throw new Error(`mandate: ${JSON.stringify(draft.body)}`);
  const active = await api(organization.admin, "POST", `/mandates/${draft.body.id}/activate`);
  if (active.status !== 200) throw new Error(`activate: ${JSON.stringify(active.body)}`);
  return draft.body.id as string;
}

let rpcId = 0;

/** One tool call over the real MCP path, 2026-07-28 (stateless). */
export async function tool(key: string, name: string, args: Record<string, unknown>): Promise<Json> {
  rpcId += 1;
  const response = await send(`/${key}/mcp`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: rpcId,
      method: "tools/call",
      params: {
        name,
        arguments: args,
        _meta: {
          "io.modelcontextprotocol/protocolVersion": "2026-07-28",
          "io.modelcontextprotocol/clientCapabilities": {},
          "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
        },
      },
    }),
  });
  const body = (await response.json()) as Json;
  if (body.error !== undefined) return { status: response.status, rpcError: body.error };
  const { result } = body;
  if (result.isError === true) return { error: result.content[0].text as string };
  return result.structuredContent;
}

/** Reads the object's own tables. */
export const sql = <T>(organization: TestOrganization, query: string, ...values: unknown[]): Promise<T[]> =>
  runInDurableObject(organization.stub, (_instance, state) =>
    state.storage.sql.exec(query, ...(values as SqlStorageValue[])).toArray(),
  ) as Promise<T[]>;

/** Everything that a refusal must leave alone: every table's content, as one string. */
export async function stateOf(organization: TestOrganization): Promise<string> {
  const tables = await sql<{ name: string }>(
    organization,
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' ORDER BY name",
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    // What follows the log by itself says nothing about what a call did.
    if (name === "cursors" || name.startsWith("alert")) continue;
    const own = name === "events" ? "WHERE type <> 'alert.raised'" : "";
    parts.push(`${name}: ${JSON.stringify(await sql(organization, `SELECT * FROM ${name} ${own}`))}`);
  }
  return parts.join("\n");
}

/** The types of all events of the organization, oldest first. */
export const eventTypes = async (organization: TestOrganization): Promise<string[]> =>
  (await sql<{ type: string }>(organization, "SELECT type FROM events ORDER BY seq")).map(({ type }) => type);

/** Asserts nothing itself: the ledger's own report. */
export const selfCheck = async (organization: TestOrganization): Promise<Json> =>
  (await api(organization.read, "GET", "/audit/verify?limit=10000")).body;
