import { afterEach, describe, expect, it, vi } from "vitest";
import * as token from "../../../src/approvals/link-token.ts";
import type { Env } from "../../../src/env.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { WebhookOrder } from "../../../src/payments/rails-api.ts";
import { seal } from "../../../src/payments/seal.ts";
import { deliver } from "../../../src/payments/webhooks/deliver.ts";
import { createWebhookSecret, openWebhookSecrets } from "../../../src/payments/webhooks/secret.ts";
import { verifies, verifiesPlain } from "../../support/verify-webhook.ts";
import { POLICY, world } from "../support.ts";

const ORGANIZATION = "org_0000000000000000000000";
const OLD = "s0:0123456789abcdef0123456789abcdef";
const NEW = "s1:fedcba9876543210fedcba9876543210";
const env = { SEALING_SECRETS: NEW, PUBLIC_URL: "https://quetra.example.com/" } as Env;
const NOW = 1_795_248_000_000;

afterEach(() => vi.restoreAllMocks());

async function order(change: Partial<WebhookOrder> = {}): Promise<{ order: WebhookOrder; secret: string }> {
  const { secret, sealed_secret } = await createWebhookSecret(env, ORGANIZATION);
  return {
    secret,
    order: {
      organization_id: ORGANIZATION,
      url: "https://hooks.example.com/in?token=t",
      message_id: "evt_1",
      body: '{"id":"evt_1","data":{"approval_id":"apr_1"}}',
      sealed_secrets: [sealed_secret],
      approval_link: null,
      ...change,
    },
  };
}

const context = (outbound: ReturnType<typeof world>) => ({ env, outbound, now: () => NOW });
const answering = (response: () => Response | Promise<Response>) => world(response);

describe("one delivery", () => {
  it("is one POST with both signatures, verified from what was on the wire", async () => {
    const { order: given, secret } = await order();
    const out = answering(() => new Response("thanks", { status: 202 }));
    expect(await deliver(given, context(out))).toEqual({
      status: 202,
      ms: 0,
      error: null,
      excerpt: "thanks",
      retry_after_ms: null,
      resealed: [],
    });
    const [seen] = out.seen;
    expect(out.seen).toHaveLength(1);
    expect(seen).toMatchObject({ url: given.url, method: "POST", body: given.body });
    const headers = Object.fromEntries(seen!.headers);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "quetra",
      "webhook-id": "evt_1",
    });
    expect(verifies(secret, headers, seen!.body!, NOW / 1000)).toBe(true);
    expect(verifiesPlain(secret, headers["x-quetra-signature"]!, seen!.body!)).toBe(true);
  });

  it("during a rotation verifies with either secret", async () => {
    const [one, two] = [await order(), await order()];
    const sealed_secrets = [...one.order.sealed_secrets, ...two.order.sealed_secrets];
    const out = answering(() => new Response());
    await deliver({ ...one.order, sealed_secrets }, context(out));
    const headers = Object.fromEntries(out.seen[0]!.headers);
    for (const { secret } of [one, two]) expect(verifies(secret, headers, one.order.body, NOW / 1000)).toBe(true);
  });

  it("follows no redirect and says so", async () => {
    const out = answering(() => Response.redirect("https://elsewhere.example.com/", 307));
    expect(await deliver((await order()).order, context(out))).toMatchObject({ status: 307, error: "redirect" });
    expect(out.seen).toHaveLength(1);
  });

  it.each([
    "http://hooks.example.com/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://user:pass@hooks.example.com/",
    "https://hooks.example.com:8443/",
    "https://quetra.test/",
    "https://169.254.169.254/",
  ])("to %s never leaves", async (url) => {
    const out = answering(() => new Response());
    const outcome = await deliver((await order({ url })).order, context(out));
    expect(outcome.status).toBeNull();
    expect(outcome.error).toMatch(/^(url_|host_)/);
    expect(out.seen).toEqual([]);
  });

  it("reaches the sandbox's ports of loopback where they are open", async () => {
    const out = world(() => new Response(), { ...POLICY, allowLoopback: true, loopbackPorts: [4100] });
    expect((await deliver((await order({ url: "http://127.0.0.1:4100/hook" })).order, context(out))).status).toBe(200);
    expect((await deliver((await order({ url: "http://127.0.0.1:4101/hook" })).order, context(out))).status).toBeNull();
  });

  it("reads Retry-After, and keeps the beginning of an answer, without what could deceive a reader", async () => {
    const busy = answering(() => new Response("\u202eevil\u0007\n", { status: 429, headers: { "retry-after": "60" } }));
    expect(await deliver((await order()).order, context(busy))).toMatchObject({
      status: 429,
      retry_after_ms: 60_000,
      excerpt: "\ufffdevil\ufffd\n",
    });
    const sized = (bytes: number) => answering(() => new Response("x".repeat(bytes)));
    for (const bytes of [LIMITS.webhookExcerptBytes, LIMITS.webhookExcerptBytes + 1]) {
      const { excerpt } = await deliver((await order()).order, context(sized(bytes)));
      expect(excerpt).toHaveLength(LIMITS.webhookExcerptBytes);
    }
    // What was replaced is three bytes, and counts as such.
    for (const byte of ["\u0001", new Uint8Array([0xff])]) {
      const parts = Array.from({ length: LIMITS.webhookExcerptBytes }, () => byte);
      const { excerpt } = await deliver((await order()).order, context(answering(() => new Response(new Blob(parts)))));
      expect(excerpt).toBe("\ufffd".repeat(Math.floor(LIMITS.webhookExcerptBytes / 3)));
    }
  });

  it("that is reset, or has no whole answer, is an outcome and never a throw", async () => {
    const reset = answering(() => Promise.reject(new TypeError("secret of the runtime")));
    expect(await deliver((await order()).order, context(reset))).toMatchObject({ status: null, error: "no_answer" });
    const endless = answering(
      () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("cut")) }), { status: 200 }),
    );
    expect(await deliver((await order()).order, context(endless))).toMatchObject({ status: 200, excerpt: null });
  });

  it("gives up after its time", async () => {
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
    const out = answering(() => Promise.reject(new DOMException("late", "TimeoutError")));
    expect(await deliver((await order()).order, context(out))).toMatchObject({ status: null, error: "timeout" });
    expect(timeout).toHaveBeenCalledWith(LIMITS.webhookTimeoutMs);
  });
});

describe("a secret", () => {
  it("of another organization, or changed, signs nothing", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { order: given } = await order();
    const out = answering(() => new Response());
    const foreign = { ...given, organization_id: "org_1111111111111111111111" };
    const broken = { ...given, sealed_secrets: [`${given.sealed_secrets[0]}A`] };
    for (const wrong of [foreign, broken]) {
      expect(await deliver(wrong, context(out))).toMatchObject({ status: null, error: "secret_unreadable" });
    }
    expect(out.seen).toEqual([]);
    expect(vi.mocked(console.error).mock.calls.join()).not.toContain("whsec_");
  });

  it("under an older sealing secret is sealed again", async () => {
    const sealed = await seal(OLD, ORGANIZATION, "webhook_secret", (await order()).secret);
    if (!sealed.ok) throw new Error("not sealed");
    const both = { SEALING_SECRETS: `${NEW},${OLD}` } as Env;
    const out = answering(() => new Response());
    const given = { ...(await order()).order, sealed_secrets: [sealed.value] };
    const { resealed } = await deliver(given, { ...context(out), env: both });
    expect(resealed).toEqual([{ from: sealed.value, to: expect.stringMatching(/^v1\.s1\./) }]);
    const opened = await openWebhookSecrets(env, ORGANIZATION, [resealed[0]!.to]);
    expect(opened.ok && opened.value.secrets[0]).toMatch(/^whsec_/);
  });

  it("is not made without a sealing secret", async () => {
    await expect(createWebhookSecret({}, ORGANIZATION)).rejects.toThrow("SEALING_SECRETS is not set");
  });
});

describe("a link that decides", () => {
  const link = { region: 0, organization_id: ORGANIZATION, approval_id: "apr_1", endpoint_id: "whk_1" } as const;

  it("is put into the body right before signing, and no excerpt is kept", async () => {
    const make = vi.spyOn(token, "makeApprovalToken").mockResolvedValue({ ok: true, value: "tok123" });
    const { order: given, secret } = await order({ approval_link: link });
    const out = answering(() => new Response("you sent /approve/tok123"));
    const outcome = await deliver(given, context(out));
    expect(make).toHaveBeenCalledWith(NEW, link);
    const [seen] = out.seen;
    expect(JSON.parse(seen!.body!).data).toEqual({
      approval_id: "apr_1",
      approval_link: "https://quetra.example.com/approve/tok123",
    });
    expect(verifies(secret, Object.fromEntries(seen!.headers), seen!.body!, NOW / 1000)).toBe(true);
    expect(JSON.stringify(outcome)).not.toContain("tok123");
  });

  it("is left out where it cannot be made", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    vi.spyOn(token, "makeApprovalToken").mockResolvedValue({ ok: false, error: "not_configured" });
    const { order: given } = await order({ approval_link: link });
    const out = answering(() => new Response());
    await deliver(given, context(out));
    expect(out.seen[0]!.body).toBe(given.body);
  });
});
