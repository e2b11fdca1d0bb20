import { describe, expect, it } from "vitest";
import { charge, refusal, sdk, standIn } from "./stripe-stand-in.ts";

describe("keys", () => {
  it("see their own account only", async () => {
    const stand = await standIn();
    const { id } = await sdk(stand).paymentIntents.create(charge());
    const other = sdk(stand, "sk_test_other_sandbox");
    const foreign = await refusal(other.paymentIntents.retrieve(id));
    const unknown = await refusal(other.paymentIntents.retrieve("pi_x"));
    expect(foreign).toMatchObject({ statusCode: 404, code: "resource_missing", param: unknown.param });
    expect(foreign.message.replace(id, "pi_x")).toBe(unknown.message);
    expect((await other.paymentIntents.list()).data).toEqual([]);
  });

  it("are refused: unknown, of the other mode, publishable, revoked, or without the right", async () => {
    const stand = await standIn();
    const status = async (key: string) => (await refusal(sdk(stand, key).paymentIntents.list())).statusCode;
    expect(await status("sk_test_nobody")).toBe(401);
    expect(await status("sk_live_org_sandbox")).toBe(401);
    expect(await status("pk_test_org_sandbox")).toBe(403);
    const restricted = sdk(stand, "rk_test_norefund_sandbox");
    const { id } = await restricted.paymentIntents.create(charge());
    const error = await refusal(restricted.refunds.create({ payment_intent: id }));
    expect(error).toMatchObject({ statusCode: 403, type: "StripePermissionError" });
    expect(error.message).not.toContain("rk_test_norefund_sandbox");
    expect((await refusal(restricted.balance.retrieve())).statusCode).toBe(403);
    const whole = sdk(stand, "rk_test_org_sandbox");
    expect(await whole.refunds.create({ payment_intent: id })).toMatchObject({ status: "succeeded" });
    await stand.control("revoke", { key: "rk_test_org_sandbox" });
    expect(await refusal(whole.paymentIntents.list())).toMatchObject({ statusCode: 401, code: "api_key_expired" });
    expect(JSON.stringify(await stand.control("state"))).not.toMatch(/[sr]k_test_/);
  });
});

describe("a request", () => {
  const raw = (url: string, init: RequestInit = {}) =>
    fetch(url, {
      ...init,
      headers: { authorization: "Bearer sk_test_org_sandbox", "stripe-version": "2026-10-28.endive", ...init.headers },
    });

  it("names its version and its key", async () => {
    const { url } = await standIn();
    const path = `${url}/v1/payment_intents`;
    expect((await raw(path, { headers: { "stripe-version": "" } })).status).toBe(400);
    expect((await raw(path, { headers: { "stripe-version": "newest" } })).status).toBe(400);
    expect((await raw(path, { headers: { authorization: "" } })).status).toBe(401);
    expect((await raw(path, { headers: { authorization: `Basic ${btoa("sk_test_org_sandbox:")}` } })).status).toBe(200);
    expect((await raw(`${url}/v1/nothing`)).status).toBe(404);
  });

  it("is form encoded, and cannot reach a prototype", async () => {
    const { url } = await standIn();
    const post = async (body: string, type = "application/x-www-form-urlencoded") => {
      const answer = await raw(`${url}/v1/payment_intents`, {
        method: "POST",
        body,
        headers: { "content-type": type },
      });
      return [answer.status, ((await answer.json()) as { error?: { param?: string } }).error?.param];
    };
    const good = "amount=100&currency=usd";
    expect(await post(good)).toEqual([200, undefined]);
    expect(await post(good, "application/json")).toEqual([400, undefined]);
    expect(await post(`${good}&__proto__[x]=1`)).toEqual([400, "__proto__"]);
    expect(await post(`${good}&metadata[__proto__]=1&constructor=1`)).toEqual([400, "constructor"]);
    expect(await post("amount=100&amount[x]=1&currency=usd")).toEqual([400, "amount[x]"]);
    expect(await post("amount=&currency=usd")).toEqual([400, "amount"]);
    expect(await post("amount=1e3&currency=usd")).toEqual([400, "amount"]);
    expect(await post(`${good}&amount[=1`)).toEqual([400, "amount["]);
  });

  it("holds as much metadata as Stripe takes", async () => {
    const stripe = sdk(await standIn());
    const of = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, n) => [`k${n}`, "v"]));
    const create = (metadata: Record<string, string>) => stripe.paymentIntents.create(charge({ metadata }));
    expect(Object.keys((await create(of(50))).metadata)).toHaveLength(50);
    expect(await refusal(create(of(51)))).toMatchObject({ param: "metadata" });
    await create({ ["k".repeat(40)]: "v".repeat(500) });
    expect(await refusal(create({ ["k".repeat(41)]: "v" }))).toMatchObject({ statusCode: 400 });
    expect(await refusal(create({ k: "v".repeat(501) }))).toMatchObject({ param: "metadata[k]" });
  });
});
