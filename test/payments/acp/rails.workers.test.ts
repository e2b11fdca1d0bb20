import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { checkoutRails } from "../../../src/payments/acp/rails.ts";
import { seal } from "../../../src/payments/seal.ts";
import { world } from "../support.ts";

/** The same code in the runtime that it is made for: signals, seals, signatures and bodies are the platform's there. */

const ORGANIZATION = "org_0000000000000000000001";
const NOW = 1_795_248_000_000;

const SESSION = {
  id: "cs_1",
  status: "ready_for_payment",
  currency: "usd",
  line_items: [{ id: "l", item: { id: "item_1" }, quantity: 2, totals: [{ type: "total", amount: 430 }] }],
  totals: [{ type: "total", display_text: "Total", amount: 430 }],
  fulfillment_options: [],
  messages: [],
  links: [],
  capabilities: { payment: { handlers: [{ id: "h", name: "dev.acp.tokenized.card", psp: "stripe", config: {} }] } },
};
const DISCOVERY = {
  protocol: { name: "acp", version: "2026-04-17", supported_versions: ["2026-04-17"] },
  api_base_url: "https://shop.example.com/acp",
  transports: ["rest"],
  capabilities: { services: ["checkout"] },
};
const buyer = { first_name: "A", last_name: "L", email: "a@example.com", phone_number: null, address: null };

const sealed = async (field: "payment_token" | "hook_secret", text: string): Promise<string> => {
  const result = await seal(env.SEALING_SECRETS, ORGANIZATION, field, text);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe("merchants, in workerd", () => {
  it("are sealed, asked, and paid", async () => {
    const outbound = world(({ url, method }) => {
      if (url.endsWith("acp.json")) return Response.json(DISCOVERY);
      if (url.endsWith("/complete")) return Response.json({ ...SESSION, status: "completed", order: { id: "ord_1" } });
      return Response.json(SESSION, { status: method === "POST" ? 201 : 200 });
    });
    const rails = checkoutRails({ env, outbound, now: () => NOW });
    const origin = "https://shop.example.com";
    const bearer = "merchant-bearer-000000000001";
    const made = await rails.sealMerchant({
      organization_id: ORGANIZATION,
      origin,
      api_base_url: null,
      version: null,
      bearer,
    });
    if (!made.ok) throw new Error(made.error.message);
    const { sealed_bearer } = made.value;
    const merchant = {
      organization_id: ORGANIZATION,
      protocol: "acp",
      origin,
      api_base_url: null,
      version: null,
      sealed_bearer,
    } as const;
    const items = [{ id: "item_1", quantity: 2 }];
    const quoted = await rails.checkoutQuote({
      merchant,
      attempt: "a",
      items,
      buyer,
      currency: "USD",
      delivery: "cheapest",
    });
    if (quoted.kind !== "session") throw new Error(quoted.refusal.code);
    const { version, api_base_url, id, handler } = quoted.session;
    const seen = await rails.checkoutComplete({
      merchant,
      version,
      api_base_url,
      session_id: id,
      transaction_id: "txn_1",
      sealed_token: await sealed("payment_token", "spt_1"),
      handler_id: handler?.id ?? null,
      buyer,
    });
    expect(seen).toMatchObject({
      kind: "session",
      session: { status: "completed", total: 430, order: { id: "ord_1" } },
    });
    expect(outbound.seen.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).toEqual([
      "GET /.well-known/acp.json",
      "GET /.well-known/acp.json",
      "POST /acp/checkout_sessions",
      "POST /acp/checkout_sessions/cs_1/complete",
    ]);
  });

  it("sign, and what is changed does not verify", async () => {
    const rails = checkoutRails({ env, outbound: world(() => new Response()), now: () => NOW });
    const body = '{"type":"order_create","data":{"checkout_session_id":"cs_1","id":"ord_1"}}';
    const t = NOW / 1000;
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode("secret"),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const mac = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${t}.${body}`));
    const signature = `t=${t},v1=${Buffer.from(mac).toString("hex")}`;
    const message = {
      organization_id: ORGANIZATION,
      sealed_secrets: [await sealed("hook_secret", "secret")],
      signature,
      body,
    };
    expect(await rails.openMerchantEvent(message)).toMatchObject({ session_id: "cs_1", order_id: "ord_1" });
    expect(await rails.openMerchantEvent({ ...message, body: `${body} ` })).toBeNull();
  });
});
