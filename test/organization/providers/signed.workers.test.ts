import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { APPLY } from "../../../src/organization/hook-messages.ts";
import { newOrganization, send, stateOf, type TestOrganization } from "../../support/service.ts";
import { admin, newMerchant, saveKey } from "./support.ts";

/** Messages that are really signed, through the real Worker and the real Rails. */

let organization: TestOrganization;
let applied: { readonly stripe: ReturnType<typeof vi.spyOn>; readonly merchant: ReturnType<typeof vi.spyOn> };
beforeEach(async () => {
  applied = { stripe: vi.spyOn(APPLY, "stripe").mockReturnValue(), merchant: vi.spyOn(APPLY, "acp").mockReturnValue() };
  organization = await newOrganization();
});
afterEach(() => vi.restoreAllMocks());

const now = () => Math.floor(Date.now() / 1000);
const signature = (secret: string, body: string, at = now()) =>
  `t=${at},v1=${createHmac("sha256", secret).update(`${at}.${body}`).digest("hex")}`;
const post = async (url: string, header: string, value: string, body: string) =>
  (await send(new URL(url).pathname, { method: "POST", body, headers: { [header]: value } })).status;

describe("Stripe", () => {
  const SECRET = "whsec_signed0123456789abcdef";
  const NEXT = "whsec_next0123456789abcdef00";
  const message = (id: string, more: object = {}) =>
    JSON.stringify({
      id,
      object: "event",
      type: "payment_intent.succeeded",
      created: now(),
      livemode: false,
      data: { object: { id: "pi_1", object: "payment_intent", metadata: {} } },
      ...more,
    });
  let url: string;
  const setSecret = async (secret: string): Promise<string> =>
    (await admin(organization, "PUT", "/integrations/stripe/hook", { secret })).body.hook.url;
  beforeEach(async () => {
    await saveKey(organization);
    url = await setSecret(SECRET);
  });
  const deliver = (body: string, value: string) => post(url, "stripe-signature", value, body);

  it("a signed message counts once, and a tampered, old, unsigned or foreign one not at all", async () => {
    const body = message("evt_1");
    expect(await deliver(body, signature(SECRET, body))).toBe(200);
    expect(await deliver(body, signature(SECRET, body))).toBe(200);
    expect(applied.stripe).toHaveBeenCalledTimes(1);
    const before = await stateOf(organization);
    const other = message("evt_2");
    const live = message("evt_3", { livemode: true });
    const refused = [
      await deliver(other.replace("pi_1", "pi_2"), signature(SECRET, other)),
      await deliver(`${other} `, signature(SECRET, other)),
      await deliver(other, signature(SECRET, other, now() - 400)),
      await deliver(other, signature(NEXT, other)),
      await deliver(other, "t=1,v1=00"),
      await deliver(live, signature(SECRET, live)),
    ];
    expect(refused).toEqual(refused.map(() => 400));
    expect(await stateOf(organization)).toBe(before);
    expect(applied.stripe).toHaveBeenCalledTimes(1);
  });

  it("both secrets count during a rotation", async () => {
    expect(await setSecret(NEXT)).toBe(url);
    for (const [id, secret] of [
      ["evt_1", SECRET],
      ["evt_2", NEXT],
    ] as const) {
      expect(await deliver(message(id), signature(secret, message(id)))).toBe(200);
    }
    expect(applied.stripe).toHaveBeenCalledTimes(2);
  });

  it("a message of one organization means nothing at another", async () => {
    const body = message("evt_1");
    const mine = url;
    organization = await newOrganization();
    await saveKey(organization);
    url = await setSecret(NEXT);
    expect(await deliver(body, signature(SECRET, body))).toBe(400);
    expect(await post(mine, "stripe-signature", signature(NEXT, body), body)).toBe(400);
    expect(applied.stripe).not.toHaveBeenCalled();
  });
});

it("a merchant's signed message comes to its own hook alone", async () => {
  const secret = "a-secret-of-a-merchant";
  const urls: string[] = [];
  for (const name of ["one", "two"]) {
    const { id } = await newMerchant(organization, name);
    const own = name === "one" ? secret : `${secret}-2`;
    const set = await admin(organization, "PUT", `/integrations/acp/merchants/${id}/hook`, { secret: own });
    urls.push(set.body.hook.url);
  }
  const order = { type: "order", id: "o_1", checkout_session_id: "cs_1", permalink_url: "https://x.example.com/o" };
  const body = JSON.stringify({ type: "order_create", data: order });
  expect(await post(urls[1]!, "merchant-signature", signature(secret, body), body)).toBe(400);
  expect(await post(urls[0]!, "stripe-signature", signature(secret, body), body)).toBe(400);
  expect(applied.merchant).not.toHaveBeenCalled();
  expect(await post(urls[0]!, "merchant-signature", signature(secret, body), body)).toBe(200);
  expect(applied.merchant).toHaveBeenCalledTimes(1);
});
