import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { bodySchema, isPublicType } from "../../../src/webhooks/catalogue.ts";
import { freeAlarms } from "../../support/alarms.ts";
import { api, eventTypes, type Json, newAgent, newOrganization, tool } from "../../support/service.ts";
import { HOOK, newHook } from "../../support/webhooks.ts";

beforeAll(freeAlarms);
afterEach(() => vi.unstubAllGlobals());

interface Arrival {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly at: number;
}

/** Stands in for the world behind Rails. */
function world(answer: (arrival: Arrival) => Response | Promise<Response> = () => new Response("ok")): Arrival[] {
  const arrivals: Arrival[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    expect(init).toMatchObject({ method: "POST", redirect: "manual", cache: "no-store" });
    const arrival = { url, headers: new Headers(init.headers), body: init.body as string, at: Date.now() };
    arrivals.push(arrival);
    return answer(arrival);
  });
  return arrivals;
}

const until = (done: () => boolean, ms = 8_000) =>
  vi.waitFor(() => expect(done()).toBe(true), { timeout: ms, interval: 20 });

describe("an event, through the real alarm, queue, consumer and Rails", () => {
  it("arrives once within about a second, signed in both ways, with nothing of the agent's text", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization, { rules: [{ type: "approval", above: 50 }] });
    const { secret, id } = await newHook(organization, { events: ["transaction.*"] });
    const arrivals = world();
    const began = Date.now();
    const buy = (amount: number) =>
      tool(organization.spend, "quetra_evaluate", {
        agent_id: agent,
        amount,
        vendor: "shop.example",
        idempotency_key: `k${amount}`,
        reason: "canary-reason",
        metadata: { note: "canary-metadata" },
      });
    await buy(2);
    await buy(500);
    await buy(60);
    await until(() => arrivals.length === 3);
    expect(Math.max(...arrivals.map(({ at }) => at)) - began).toBeLessThan(8_000);
    const bodies: Json[] = arrivals.map(({ body }) => JSON.parse(body)).sort((a: Json, b: Json) => a.seq - b.seq);
    expect(bodies.map(({ type }) => type)).toEqual([
      "transaction.approved",
      "transaction.rejected",
      "transaction.pending_approval",
    ]);
    for (const { headers, body, url } of arrivals) {
      expect(url).toBe(HOOK);
      expect(headers.get("content-type")).toBe("application/json");
      expect(new Webhook(secret).verify(body, Object.fromEntries(headers))).toEqual(JSON.parse(body));
      const plain = createHmac("sha256", Buffer.from(secret.slice(6), "base64"))
        .update(body)
        .digest("hex");
      expect(headers.get("x-quetra-signature")).toBe(plain);
      const read = JSON.parse(body);
      expect(headers.get("webhook-id")).toBe(read.id);
      expect(isPublicType(read.type) && bodySchema(read.type).safeParse(read).error).toBeUndefined();
      expect(body).not.toContain("canary");
      expect(body).not.toContain("sk_quetra");
    }
    expect(bodies[0].data).toMatchObject({
      amount: 2,
      vendor: "shop.example",
      status: "authorized",
      mandate_version: 1,
    });
    expect(bodies[1].data.reasons[0]).toMatchObject({ code: "per_transaction_limit", limit: 100, passed: false });
    expect(bodies[2].data).toMatchObject({ approval_url: `https://localhost/approvals/${bodies[2].data.approval_id}` });
    const log = async () =>
      (await api(organization.read, "GET", `/webhooks/${id}/deliveries?status=delivered`)).body.data;
    await vi.waitFor(async () => expect(await log()).toHaveLength(3), { timeout: 8_000 });
    await new Promise((done) => setTimeout(done, 700));
    expect(arrivals).toHaveLength(3);
    expect(await eventTypes(organization)).toContain("webhook.endpoint.created");
  });

  it("is not held up by a receiver that never answers", async () => {
    const organization = await newOrganization();
    const slow = await newHook(organization, { url: "https://slow.example.com/", events: ["key.*"] });
    const fast = await newHook(organization, { url: "https://fast.example.com/", events: ["key.*"] });
    const arrivals = world(({ url }) =>
      url.includes("slow") ? new Promise(() => {}) : new Response(null, { status: 204 }),
    );
    const make = () => api(organization.admin, "POST", "/keys", { name: "x", role: "read" });
    for (let n = 0; n < 3; n++) await make();
    await until(() => arrivals.filter(({ url }) => url.includes("fast")).length === 3, 15_000);
    // The slow ones are still open, and a later event is not behind them in the queue.
    await make();
    await until(() => arrivals.filter(({ url }) => url.includes("fast")).length === 4, 15_000);
    const status = async (id: string) =>
      (await api(organization.read, "GET", `/webhooks/${id}/deliveries`)).body.data.map((row: Json) => row.status);
    await vi.waitFor(async () => expect(await status(fast.id)).toEqual(Array(4).fill("delivered")), { timeout: 8_000 });
    expect(await status(slow.id)).toEqual(Array(4).fill("pending"));
  });
});
