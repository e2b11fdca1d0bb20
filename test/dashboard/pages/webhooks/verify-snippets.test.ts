import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { VERIFY_SNIPPETS } from "../../../../src/dashboard/pages/webhooks/verify-snippets.ts";
import { newSecret, signatureHeaders } from "../../../../src/webhooks/sign.ts";

const node = VERIFY_SNIPPETS.find(({ id }) => id === "node")!;

/** Runs the snippet with a stand-in for express that keeps the route, and answers what became of one request. */
async function receive(secret: string, body: string, headers: Readonly<Record<string, string>>) {
  const { Webhook } = createRequire(import.meta.url)("standardwebhooks");
  type Handler = (request: unknown, response: unknown) => void;
  const routes: Handler[] = [];
  const express = Object.assign(
    () => ({ post: (_path: string, _parser: unknown, handler: Handler) => routes.push(handler), listen: () => {} }),
    { raw: () => null },
  );
  const code = node.text.replace(/^import .*$/gm, "");
  const run = new Function("express", "Webhook", "process", "console", code);
  const seen: unknown[] = [];
  run(express, Webhook, { env: { WEBHOOK_SECRET: secret } }, { log: (...words: unknown[]) => seen.push(words) });
  let status = 0;
  const response = {
    status: (value: number) => {
      status = value;
      return { end: () => {} };
    },
  };
  routes[0]!({ body: Buffer.from(body), headers }, response);
  return { status, seen };
}

describe("the snippet for Node", () => {
  const body = JSON.stringify({ id: "evt_1", type: "webhook.test", data: { ok: true } });
  const sign = (secrets: readonly string[]) =>
    signatureHeaders(secrets, { id: "evt_1", timestamp: Math.floor(Date.now() / 1000), body });

  it("takes what we sign, also while two secrets sign", async () => {
    const [secret, old] = [newSecret(), newSecret()];
    expect(await receive(secret, body, await sign([secret]))).toEqual({
      status: 204,
      seen: [["evt_1", "webhook.test", { ok: true }]],
    });
    expect((await receive(old, body, await sign([secret, old]))).status).toBe(204);
  });

  it("refuses another secret, and a changed body", async () => {
    const secret = newSecret();
    const headers = await sign([secret]);
    expect(await receive(newSecret(), body, headers)).toEqual({ status: 400, seen: [] });
    expect(await receive(secret, body.replace("true", "1"), headers)).toEqual({ status: 400, seen: [] });
  });
});
