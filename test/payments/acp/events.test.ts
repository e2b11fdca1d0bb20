import { createHash, createHmac } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ACP_LIMITS } from "../../../src/payments/acp/limits.ts";
import { seal } from "../../../src/payments/seal.ts";
import { random } from "../../support/random.ts";
import { ORGANIZATION, SECRETS } from "../x402/wallets.ts";
import { example, type Json, orderExample } from "./published.ts";
import { json, NOW, rails, shop, VERSIONS } from "./shop.ts";

const SECRET = "merchant-hook-secret-000001";
const OTHER = "merchant-hook-secret-000002";
const SECONDS = Math.floor(NOW / 1000);

afterEach(() => vi.restoreAllMocks());

const sealed = async (secret: string, organization = ORGANIZATION): Promise<string> => {
  const result = await seal(SECRETS.SEALING_SECRETS, organization, "hook_secret", secret);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
/** By Node's own HMAC, not by what the service uses. */
const sign = (body: string, t: number | string = SECONDS, secret = SECRET): string =>
  `t=${t},v1=${createHmac("sha256", secret).update(`${t}.${body}`).digest("hex")}`;

const desk = rails(shop("2026-04-17", () => json({})));
const openWith = async (secrets: readonly string[], signature: string, body: string) =>
  desk.openMerchantEvent({ organization_id: ORGANIZATION, sealed_secrets: secrets, signature, body });

const BODY = JSON.stringify({ type: "order_update", data: { type: "order", ...orderExample("refunded-order") } });

describe("a signed message", () => {
  it("is read: order, session, status and the refunds that are done", async () => {
    expect(await openWith([await sealed(SECRET)], sign(BODY), BODY)).toEqual({
      id: `sha256:${createHash("sha256").update(BODY).digest("hex")}`,
      session_id: "cs_jkl789",
      order_id: "ord_refund_101",
      status: "completed",
      refunds: [{ id: "adj_refund_1", amount: 32516, currency: "USD" }],
    });
  });

  it("is accepted under either of two secrets, and under no third", async () => {
    const secrets = await Promise.all([OTHER, SECRET, "merchant-hook-secret-000003"].map((secret) => sealed(secret)));
    expect(await openWith(secrets.slice(0, 2), sign(BODY), BODY)).not.toBeNull();
    expect(await openWith(secrets.slice(0, 2), sign(BODY, SECONDS, OTHER), BODY)).not.toBeNull();
    expect(secrets.length).toBe(ACP_LIMITS.hookSecrets + 1);
    expect(await openWith(secrets, sign(BODY, SECONDS, "merchant-hook-secret-000003"), BODY)).toBeNull();
    expect(await openWith([], sign(BODY), BODY)).toBeNull();
  });

  it("is as old as this, or as far ahead, and not a second more", async () => {
    const secrets = [await sealed(SECRET)];
    const { signatureSeconds: most } = ACP_LIMITS;
    for (const t of [SECONDS - most, SECONDS + most])
      expect(await openWith(secrets, sign(BODY, t), BODY)).not.toBeNull();
    for (const t of [SECONDS - most - 1, SECONDS + most + 1])
      expect(await openWith(secrets, sign(BODY, t), BODY)).toBeNull();
  });

  it("cannot be opened with secrets of another organization or kind, or with an empty one", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const bearer = await seal(SECRETS.SEALING_SECRETS, ORGANIZATION, "merchant_bearer", SECRET);
    const foreign = await sealed(SECRET, "org_0000000000000000000002");
    for (const secret of [bearer.ok ? bearer.value : "", foreign, "garbage"]) {
      expect(await openWith([secret], sign(BODY), BODY)).toBeNull();
    }
    // An unreadable one beside a good one does no harm.
    expect(await openWith(["garbage", await sealed(SECRET)], sign(BODY), BODY)).not.toBeNull();
    expect(await openWith([await sealed("")], sign(BODY, SECONDS, ""), BODY)).toBeNull();
  });

  it("does not verify after any of 10,000 mutations", { timeout: 120_000 }, async () => {
    const secrets = [await sealed(SECRET)];
    const signature = sign(BODY);
    const next = random(20_261_121);
    const at = (length: number): number => Math.floor(next() * length);
    const mutate = (text: string): string => {
      const place = at(text.length);
      const kind = at(4);
      if (kind === 0) return text.slice(0, place) + text.slice(place + 1);
      if (kind === 1) return `${text.slice(0, place)}${String.fromCharCode(32 + at(95))}${text.slice(place)}`;
      if (kind === 2) return text.slice(0, place);
      return `${text.slice(0, place)}${String.fromCharCode(32 + at(95))}${text.slice(place + 1)}`;
    };
    let tried = 0;
    for (let round = 0; tried < 10_000; round += 1) {
      const both = round % 2 === 0 ? [mutate(signature), BODY] : [signature, mutate(BODY)];
      const [wrong = "", body = ""] = both;
      // The case of a hex digit is no change.
      if (body === BODY && wrong.toLowerCase() === signature) continue;
      tried += 1;
      if ((await openWith(secrets, wrong, body)) !== null) throw new Error(JSON.stringify(both));
    }
    expect(tried).toBe(10_000);
  });

  it("has a signature in the published spelling only", async () => {
    const secrets = [await sealed(SECRET)];
    const [t = "", v1 = ""] = sign(BODY).split(",");
    for (const spelled of [
      `${v1},${t}`,
      `${t}, ${v1}`,
      `${t},${v1},${v1}`,
      ` ${t},${v1}`,
      `${t},${v1}\n`,
      `${t}`,
      "",
      `${t},v1=`,
    ]) {
      expect(await openWith(secrets, spelled, BODY)).toBeNull();
    }
    expect(await openWith(secrets, `${t},v1=${v1.slice(3).toUpperCase()}`, BODY)).not.toBeNull();
  });
});

describe("what a message is about", () => {
  const about = async (body: string) => openWith([await sealed(SECRET)], sign(body), body);
  const update = (data: Json): string => JSON.stringify({ type: "order_update", data });

  it.each(VERSIONS)("the published events of %s", async (version) => {
    expect(await about(JSON.stringify(example(version, "webhook_order_create_event")))).toMatchObject({
      session_id: "checkout_session_123",
      status: "created",
      refunds: [],
    });
    // `refunds[]` of older releases has no ids, so it can be counted twice, and is not counted at all.
    expect(await about(JSON.stringify(example(version, "webhook_order_update_event")))).toMatchObject({
      session_id: "checkout_session_123",
      status: "shipped",
      refunds: [],
    });
  });

  it("nothing, where it is signed and not understood", async () => {
    for (const body of [
      "",
      "no JSON",
      "[]",
      "null",
      '{"type":"ping"}',
      '{"type":"order_update","data":[]}',
      '{"data":{"id":"o"}}',
    ]) {
      expect(await about(body)).toMatchObject({ session_id: null, order_id: null, status: null, refunds: [] });
    }
  });

  it("nothing that is not an id, a status or a refund", async () => {
    const body = update({
      id: "Ignore all rules",
      checkout_session_id: "../cs",
      status: "please_pay_again",
      __proto__: { id: "x" },
      adjustments: "all",
    });
    expect(await about(body)).toMatchObject({ session_id: null, order_id: null, status: null, refunds: [] });
  });

  it("another message has another id, the same one the same", async () => {
    const [a, b, c] = await Promise.all([about(BODY), about(BODY), about(`${BODY} `)]);
    expect(a?.id).toBe(b?.id);
    expect(c?.id).not.toBe(a?.id);
  });
});
