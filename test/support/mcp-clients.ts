import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport as TransportV1 } from "@modelcontextprotocol/sdk/shared/transport.js";
import { CfWorkerJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/cfworker";

/** Real clients of both protocol eras. Each takes the URL of an endpoint and the `fetch` that reaches it. */

export type FetchLike = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** What the tests need of any client, whatever its version. */
export interface ConnectedClient {
  readonly era: "modern" | "legacy";
  readonly client: ClientV1 | ClientV2;
  listTools(): Promise<ListedTool[]>;
  callTool(name: string, args?: Record<string, unknown>): Promise<ToolAnswer>;
  instructions(): string | undefined;
  serverVersion(): Record<string, unknown> | undefined;
  close(): Promise<void>;
}

export interface ListedTool {
  name: string;
  title?: string;
  description?: string;
  inputSchema: Record<string, unknown>;
  outputSchema?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  _meta?: Record<string, unknown>;
}

export interface ToolAnswer {
  readonly isError: boolean;
  readonly structured: Record<string, unknown> | undefined;
  readonly text: string;
}

const IDENTITY = { name: "quetra-tests", version: "1.0.0" };

/** SDK 2.x, 2026-07-28: probes with `server/discover`, then stateless. */
export async function connectModern(url: string | URL, fetch: FetchLike): Promise<ConnectedClient> {
  const client = new ClientV2(IDENTITY, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new HttpV2(new URL(url), { fetch }));
  return wrapV2("modern", client);
}

/** SDK 2.x that negotiates by itself; `era` says what it found. */
export async function connectAuto(url: string | URL, fetch: FetchLike): Promise<ConnectedClient> {
  const client = new ClientV2(IDENTITY, { versionNegotiation: { mode: "auto" } });
  await client.connect(new HttpV2(new URL(url), { fetch }));
  return wrapV2(client.getNegotiatedProtocolVersion() === "2026-07-28" ? "modern" : "legacy", client);
}

/** SDK 2.x in its default, which is `initialize` with 2025-11-25. */
export async function connectLegacyV2(url: string | URL, fetch: FetchLike): Promise<ConnectedClient> {
  const client = new ClientV2(IDENTITY);
  await client.connect(new HttpV2(new URL(url), { fetch }));
  return wrapV2("legacy", client);
}

/** SDK 1.x, what most clients in use are built on. */
export async function connectLegacyV1(url: string | URL, fetch: FetchLike): Promise<ConnectedClient> {
  const client = new ClientV1(IDENTITY, { jsonSchemaValidator: new CfWorkerJsonSchemaValidator() });
  // Compiled without exactOptionalPropertyTypes, the SDK's transport is not assignable to its own interface here.
  await client.connect(new HttpV1(new URL(url), { fetch }) as TransportV1);
  return {
    ...common("legacy", client),
    listTools: async () => (await client.listTools()).tools as ListedTool[],
    callTool: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: args })),
  };
}

function wrapV2(era: "modern" | "legacy", client: ClientV2): ConnectedClient {
  return {
    ...common(era, client),
    listTools: async () => (await client.listTools()).tools as ListedTool[],
    callTool: async (name, args = {}) => answerOf(await client.callTool({ name, arguments: args })),
  };
}

function common<E extends "modern" | "legacy">(era: E, client: ClientV1 | ClientV2) {
  return {
    era,
    client,
    instructions: () => client.getInstructions(),
    serverVersion: () => client.getServerVersion() as Record<string, unknown> | undefined,
    close: () => client.close(),
  };
}

function answerOf(result: Record<string, unknown>): ToolAnswer {
  const content = result.content as { type: string; text?: string }[] | undefined;
  return {
    isError: result.isError === true,
    structured: result.structuredContent as Record<string, unknown> | undefined,
    text: content?.[0]?.text ?? "",
  };
}
