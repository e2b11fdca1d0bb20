import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judge, openShop, type Release, type Shop } from "./buyer.ts";

const SECRET = "whsec_of_the_shop";

interface Heard {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the order, in the words of any release
  readonly data: any;
  readonly verified: boolean;
  /** Whether its time is within the tolerance. */
  readonly fresh: boolean;
}

let mart: Shop;
let server: Server;
let url: string;
const heard: Heard[] = [];
/** What to answer to the next messages; 200 when there is nothing left. */
const statuses: number[] = [];

beforeEach(async () => {
  heard.length = 0;
  statuses.length = 0;
  server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const [, second = "", given = ""] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(request.headers["merchant-signature"])) ?? [];
    const wanted = createHmac("sha256", SECRET).update(`${second}.${body}`).digest();
    const verified = given !== "" && timingSafeEqual(wanted, Buffer.from(given, "hex"));
    heard.push({ ...JSON.parse(body), verified, fresh: Math.abs(Date.now() / 1000 - Number(second)) < 300 });
    response.statusCode = statuses.shift() ?? 200;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  mart = await openShop({ webhook: { url, secret: SECRET } });
});
afterEach(async () => {
  await mart.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function buy(release: Release = "2026-04-17") {
  const { path, token, total } = await mart.cart(["paper"], release);
  const { body } = await mart.complete(path, token, { release });
  return { order: body.order.id as string, session: body.id as string, total };
}
const adjustments = () => heard.map(({ data }) => data.adjustments.map(({ amount }: { amount: number }) => amount));

describe("an order", () => {
  it("is told of with the whole order, signed over its bytes", async () => {
    const { order, session } = await buy();
    await mart.control("flush");
    expect(heard).toMatchObject([{ type: "order_create", verified: true, fresh: true, data: { id: order } }]);
    expect(heard[0]?.data).toMatchObject({ type: "order", checkout_session_id: session, status: "confirmed" });
    expect(judge("2026-04-17", "Order")(heard[0]?.data)).toBe(true);
  });

  it("of an older release has refunds without ids, and no id of its own", async () => {
    const { order, session, total } = await buy("2025-12-12");
    await mart.control("refund", { order, amount: 100 });
    await mart.control("flush");
    expect(heard.map(({ type, data }) => [type, data.status, data.refunds])).toEqual([
      ["order_create", "created", []],
      ["order_update", "confirmed", [{ type: "original_payment", amount: 100 }]],
    ]);
    expect(Object.keys(heard[0]?.data)).toEqual(["type", "checkout_session_id", "permalink_url", "status", "refunds"]);
    expect(heard[0]?.data.checkout_session_id).toBe(session);
    expect(total).toBeGreaterThan(100);
  });
});

describe("a refund", () => {
  it("is given at the bank, and told of, in parts, never above what was paid", async () => {
    const { order, total } = await buy();
    const first = await mart.control("refund", { order, amount: 1000 });
    expect(first).toMatchObject({ type: "refund", amount: 1000, currency: "usd", status: "completed" });
    await mart.control("refund", { order, amount: total - 1000 });
    expect(await mart.control("refund", { order, amount: 1 })).toHaveProperty("error");
    await mart.control("flush");
    expect(adjustments()).toEqual([[], [1000], [1000, total - 1000]]);
    expect(mart.stripe.refunds.map(({ amount }) => amount)).toEqual([1000, total - 1000]);
    expect(heard[2]?.data.totals.at(-1)).toMatchObject({ type: "amount_refunded", amount: total });
  });

  it("of everything by twenty at once is given once", async () => {
    const { order, total } = await buy();
    const all = await Promise.all(Array.from({ length: 20 }, () => mart.control("refund", { order, amount: total })));
    expect(all.filter(({ error }) => error === undefined)).toHaveLength(1);
    expect(mart.stripe.refunds).toEqual([{ payment: "pi_1", amount: total }]);
  });

  it.each([0, -1, 1.5, "10"])("of %s is none", async (amount) => {
    const { order } = await buy();
    expect(await mart.control("refund", { order, amount })).toHaveProperty("error");
    expect(mart.stripe.refunds).toEqual([]);
  });

  it("may be announced without being made, also above what was paid, and may fail later", async () => {
    const { order, total } = await buy();
    const lie = await mart.control("refund", { order, amount: total * 2, stripe: false, force: true });
    expect(mart.stripe.refunds).toEqual([]);
    await mart.control("refund_status", { order, refund: lie.id, status: "failed" });
    await mart.control("flush");
    expect(heard.map(({ data }) => data.adjustments[0]?.status)).toEqual([undefined, "completed", "failed"]);
  });

  it("that the bank refuses is not announced", async () => {
    const { order } = await buy();
    mart.stripe.payments.clear();
    expect(await mart.control("refund", { order, amount: 1 })).toHaveProperty("error");
    await mart.control("flush");
    expect(heard).toHaveLength(1);
  });

  it("is of all that is left when the shop cancels the order", async () => {
    const { order, total } = await buy();
    await mart.control("refund", { order, amount: 1 });
    await mart.control("cancel", { order });
    await mart.control("flush");
    expect(adjustments().at(-1)).toEqual([1, total - 1]);
    expect(heard.at(-1)?.data).toMatchObject({ status: "canceled", line_items: [{ status: "removed" }] });
  });
});

describe("messages", () => {
  const three = async () => {
    const { order } = await buy();
    await mart.control("refund", { order, amount: 1 });
    await mart.control("refund", { order, amount: 2 });
    await mart.control("flush");
  };

  it("come in the order of what happened", async () => {
    await three();
    expect(adjustments()).toEqual([[], [1], [1, 2]]);
  });

  it("come twice on demand", async () => {
    await mart.control("webhook", { url, secret: SECRET, duplicate: true });
    await three();
    expect(adjustments()).toEqual([[], [], [1], [1], [1, 2], [1, 2]]);
  });

  it("come in another order on demand", async () => {
    await mart.control("webhook", { url, secret: SECRET, reorder: true });
    await three();
    expect(adjustments()).toEqual([[1], [], [1, 2]]);
  });

  it("are lost on demand", async () => {
    await mart.control("webhook", { url, secret: SECRET, drop: true });
    await three();
    expect(heard).toEqual([]);
    expect((await mart.state()).messages).toMatchObject([{ dropped: true }, { dropped: true }, { dropped: true }]);
  });

  it.each([
    ["body", false, true],
    ["signature", false, true],
    ["time", true, false],
  ])("with another %s on demand do not verify", async (tamper, verified, fresh) => {
    await mart.control("webhook", { url, secret: SECRET, tamper });
    await buy();
    await mart.control("flush");
    expect(heard).toMatchObject([{ verified, fresh }]);
  });

  it("are sent again after a failure, and not after a refusal", async () => {
    statuses.push(500, 429, 200, 401);
    const { order } = await buy();
    await mart.control("refund", { order, amount: 1 });
    await mart.control("flush");
    expect((await mart.state()).messages.map(({ statuses }: { statuses: number[] }) => statuses)).toEqual([
      [500, 429, 200],
      [401],
    ]);
  });
});
