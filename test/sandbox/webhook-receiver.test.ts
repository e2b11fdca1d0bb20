import { afterEach, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { startWebhookReceiver } from "../../sandbox/webhook-receiver.mjs";
import type { Env } from "../../src/env.ts";
import type { WebhookOrder } from "../../src/payments/rails-api.ts";
import { deliver } from "../../src/payments/webhooks/deliver.ts";
import { createWebhookSecret } from "../../src/payments/webhooks/secret.ts";
import { newSecret } from "../../src/webhooks/sign.ts";

const ORGANIZATION = "org_0000000000000000000000";
const env = { SEALING_SECRETS: "s1:fedcba9876543210fedcba9876543210" } as Env;

interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly trust: (secret: string) => void;
  readonly stop: () => Promise<void>;
}
let receiver: Receiver;
const lines: string[] = [];
afterEach(async () => {
  await receiver.stop();
  lines.length = 0;
});

const start = async (secrets: string[] = []): Promise<Receiver> => {
  receiver = await startWebhookReceiver({ secrets, print: (line: string) => lines.push(line) });
  return receiver;
};

/** What Rails really puts on the wire, to a real server. */
async function sendTo({ url, port }: Receiver, sealed: string, vendor = "shop.example", id = "evt_1") {
  const data = { amount: 2.5, currency: "USD", vendor, status: "authorized" };
  const order: WebhookOrder = {
    organization_id: ORGANIZATION,
    url: `${url}/hook`,
    message_id: id,
    body: JSON.stringify({ id, type: "transaction.approved", timestamp: "2026-11-21T08:00:00.000Z", seq: 1, data }),
    sealed_secrets: [sealed],
    approval_link: null,
  };
  const policy = { ownHosts: ["quetra.test"], allowLoopback: true, loopbackPorts: [port] };
  return deliver(order, { env, outbound: { fetch, policy }, now: Date.now });
}

describe("the receiver of the sandbox", () => {
  it("verifies, says one line per event, and counts a repeated one once", async () => {
    const { secret, sealed_secret } = await createWebhookSecret(env, ORGANIZATION);
    const running = await start([newSecret()]);
    running.trust(secret);
    expect((await sendTo(running, sealed_secret)).status).toBe(204);
    expect((await sendTo(running, sealed_secret)).status).toBe(204);
    expect(lines).toEqual([
      "webhook transaction.approved evt_1 2.5 USD · shop.example · authorized",
      "webhook transaction.approved evt_1 (again) 2.5 USD · shop.example · authorized",
    ]);
    const events = (await (await fetch(`${running.url}/events`)).json()) as { id: string }[];
    expect(events.map(({ id }) => id)).toEqual(["evt_1"]);
  });

  it("takes nothing that does not verify", async () => {
    const { sealed_secret } = await createWebhookSecret(env, ORGANIZATION);
    const running = await start([newSecret()]);
    expect((await sendTo(running, sealed_secret)).status).toBe(401);
    expect((await fetch(running.url, { method: "POST", body: "{}" })).status).toBe(401);
    expect(await (await fetch(`${running.url}/events`)).json()).toEqual([]);
  });

  it("shows what came as text, whatever it says", async () => {
    const { secret, sealed_secret } = await createWebhookSecret(env, ORGANIZATION);
    const running = await start([secret]);
    await sendTo(running, sealed_secret, "<script>alert(1)</script>\u202e\u001b[2J");
    const html = await (await fetch(running.url)).text();
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;\ufffd");
    expect(html).not.toContain("<script>");
    expect(lines.join()).not.toContain("\u001b");
  });

  it("bounds a body", async () => {
    const running = await start();
    const large = await fetch(running.url, { method: "POST", body: "x".repeat(256 * 1024 + 1) });
    expect(large.status).toBe(413);
    expect((await fetch(running.url, { method: "PUT" })).status).toBe(405);
  });
});
