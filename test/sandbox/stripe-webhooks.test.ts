import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { afterEach, describe, expect, it } from "vitest";
import { charge, refusal, type StandIn, sdk, standIn } from "./stripe-stand-in.ts";

const SECRET = "whsec_sandbox_0123456789abcdef";
const provider = Stripe.createSubtleCryptoProvider();

interface Message {
  readonly body: string;
  readonly signature: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Something that takes webhooks; `refuse` = how many it answers with 500 first. */
async function receiver(refuse = 0): Promise<{ url: string; messages: Message[] }> {
  const messages: Message[] = [];
  let left = refuse;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    messages.push({ body, signature: String(request.headers["stripe-signature"]) });
    left -= 1;
    response.writeHead(left >= 0 ? 500 : 204).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, messages };
}

const verify = (stand: StandIn, { body, signature }: Message, secret = SECRET, tolerance = 300) =>
  sdk(stand).webhooks.constructEventAsync(body, signature, secret, tolerance, provider);
const types = (messages: readonly Message[]): string[] => messages.map(({ body }) => JSON.parse(body).type);

async function told(mode: string, more: Record<string, unknown> = {}) {
  const stand = await standIn();
  const { url, messages } = await receiver();
  await stand.control("webhook", { url, secret: SECRET, mode, ...more });
  const intent = await sdk(stand).paymentIntents.create(charge());
  await stand.control("settled", {});
  return { stand, messages, intent };
}

describe("a webhook", () => {
  it("is signed so that the library takes it, and tells what the API tells", async () => {
    const { stand, messages, intent } = await told("normal");
    expect(new Set(types(messages))).toEqual(
      new Set(["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]),
    );
    for (const message of messages) {
      const event = await verify(stand, message);
      expect(await sdk(stand).events.retrieve(event.id)).toMatchObject({ id: event.id, type: event.type });
    }
    const done = messages.find(({ body }) => JSON.parse(body).type === "payment_intent.succeeded")!;
    const { lastResponse, ...shown } = intent;
    expect((await verify(stand, done)).data.object).toEqual(shown);
    await expect(verify(stand, done, "whsec_another_secret")).rejects.toThrow("signature");
    const listed = await sdk(stand).events.list({ type: "payment_intent.*" });
    expect(listed.data.map(({ type }) => type)).toEqual(["payment_intent.succeeded", "payment_intent.created"]);
  });

  it("that was tampered with does not verify, and where it was refused the true one follows", async () => {
    const stand = await standIn();
    const { url, messages } = await receiver(3);
    await stand.control("webhook", { url, secret: SECRET, mode: "tamper" });
    await sdk(stand).paymentIntents.create(charge());
    await stand.control("settled", {});
    expect(messages).toHaveLength(3);
    for (const message of messages) {
      await expect(verify(stand, message)).rejects.toThrow("signature");
      expect(JSON.parse(message.body).data.object.amount).not.toBe(2_500);
    }
    await stand.control("clock", { advance_ms: 1_000 });
    await stand.control("settled", {});
    expect(messages).toHaveLength(6);
    for (const message of messages.slice(3))
      expect((await verify(stand, message)).data.object).toMatchObject({ amount: 2_500 });
  });

  it("comes twice, with the same id", async () => {
    const { stand, messages } = await told("duplicate");
    expect(messages).toHaveLength(6);
    const ids = await Promise.all(messages.map(async (message) => (await verify(stand, message)).id));
    expect(new Set(ids).size).toBe(3);
  });

  it("comes in another order", async () => {
    const { stand, messages } = await told("reorder");
    expect(messages).toHaveLength(3);
    for (const message of messages) await verify(stand, message);
    const { deliveries } = await stand.control("state");
    expect(deliveries.map(({ type }: { type: string }) => type)).toEqual([
      "payment_intent.succeeded",
      "charge.succeeded",
      "payment_intent.created",
    ]);
  });

  it("does not come, or comes later", async () => {
    expect((await told("drop")).messages).toEqual([]);
    const { stand, messages } = await told("delayed", { delay_ms: 5_000 });
    expect(messages).toEqual([]);
    await stand.control("clock", { advance_ms: 5_000 });
    await stand.control("settled", {});
    expect(messages).toHaveLength(3);
  });

  it("comes again until it is taken", async () => {
    const stand = await standIn();
    const { url, messages } = await receiver(2);
    await stand.control("webhook", { url, secret: SECRET, events: ["payment_intent.succeeded"] });
    await sdk(stand).paymentIntents.create(charge());
    await stand.control("settled", {});
    expect(messages).toHaveLength(1);
    for (const advance_ms of [1_000, 60_000, 3_600_000]) {
      await stand.control("clock", { advance_ms });
      await stand.control("settled", {});
    }
    expect(messages).toHaveLength(3);
    expect(new Set(messages.map(({ body }) => body)).size).toBe(1);
    await stand.control("resend", { event: JSON.parse(messages[0]!.body).id });
    await stand.control("settled", {});
    expect(messages).toHaveLength(4);
  });

  it("tells of declines, cancellations, refunds that fail, and disputes", async () => {
    const stand = await standIn();
    const stripe = sdk(stand);
    const { url, messages } = await receiver();
    await stand.control("webhook", { url, secret: SECRET });
    const toldOf = async (work: () => Promise<unknown>): Promise<Set<string>> => {
      await stand.control("settled", {});
      messages.length = 0;
      await work();
      await stand.control("settled", {});
      return new Set(types(messages));
    };
    const paid = await stripe.paymentIntents.create(charge({ payment_method: "pm_card_refundFail" }));
    const declined = charge({ payment_method: "pm_card_chargeDeclined" });
    expect(await toldOf(() => refusal(stripe.paymentIntents.create(declined)))).toContain(
      "payment_intent.payment_failed",
    );
    expect(
      await toldOf(() => stripe.paymentIntents.create(charge({ payment_method: "pm_card_processing" }))),
    ).toContain("payment_intent.processing");
    const held = await stripe.paymentIntents.create(charge({ capture_method: "manual" }));
    expect(await toldOf(() => stripe.paymentIntents.cancel(held.id))).toEqual(new Set(["payment_intent.canceled"]));
    const refund = () => stripe.refunds.create({ payment_intent: paid.id, amount: 100 });
    expect(await toldOf(refund)).toEqual(new Set(["refund.created", "charge.refunded"]));
    const [{ id }] = (await stripe.refunds.list({ payment_intent: paid.id })).data as [Stripe.Refund];
    expect(await toldOf(() => stand.control("finish", { refund: id, outcome: "failed" }))).toEqual(
      new Set(["refund.updated", "refund.failed"]),
    );
    const dispute = { payment_intent: paid.id, outcome: "disputed" };
    expect(await toldOf(() => stand.control("finish", dispute))).toEqual(new Set(["charge.dispute.created"]));
    const [{ id: disputed }] = (await stand.control("state")).disputes;
    expect(await toldOf(() => stand.control("finish", { dispute: disputed, outcome: "lost" }))).toEqual(
      new Set(["charge.dispute.closed"]),
    );
  });
});
