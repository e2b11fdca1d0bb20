import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { ACP_LIMITS } from "../../../src/payments/acp/limits.ts";
import { violations } from "./published.ts";
import { codeOf, NEWEST, quoteOf } from "./quoting.ts";
import {
  BASE,
  bodyOf,
  byHandler,
  chosen,
  handler,
  json,
  merchant,
  NOW,
  quoteOrder,
  rails,
  session,
  shipping,
  shop,
  steps,
  VERSIONS,
} from "./shop.ts";

afterEach(() => vi.restoreAllMocks());

describe.each(VERSIONS)("a quote by %s", (version) => {
  it("control: the merchant's session is as published", () => {
    expect(violations(version, "CheckoutSession", session(version))).toEqual([]);
  });

  it("creates, and takes what is ready", async () => {
    const { quoted, outbound } = await quoteOf(session(version), {}, version);
    expect(quoted).toEqual({
      kind: "session",
      session: {
        id: "cs_1",
        version,
        api_base_url: BASE,
        status: "ready",
        currency: "USD",
        total: 430,
        expires_at: null,
        handler: {
          id: byHandler(version) ? "card_tokenized" : "stripe",
          merchant_id: version >= "2026-01-16" ? "acct_1" : null,
        },
        lines: [
          { id: "item_1", quantity: 2, total: 200 },
          { id: "item_2", quantity: 1, total: 100 },
        ],
        order: null,
        refunds: [],
        words: {
          messages: [],
          lines: byHandler(version) ? ["Thing item_1", "Thing item_2"] : [],
          continue_url: null,
          order_url: null,
        },
        codes: [],
      },
    });
    expect(steps(outbound)).toEqual(["create"]);
    expect(outbound.seen[0]?.url).toBe(`${BASE}/checkout_sessions`);
    expect(outbound.seen[0]?.headers.get("idempotency-key")).toBe("quetra-a1b2c3-create");
  });

  it("chooses the delivery that the profile wants, and waits until it is taken", async () => {
    const open = session(version, { status: "not_ready_for_payment", ...chosen(version, "shipping", "") });
    const options = [shipping(version, "slow", 130), shipping(version, "fast", 530)];
    const answer = (step: string) =>
      step === "create"
        ? { ...open, fulfillment_options: options, selected_fulfillment_options: [], fulfillment_option_id: undefined }
        : session(version);
    const { quoted, outbound } = await quoteOf(answer, {}, version);
    expect(codeOf(quoted)).toBe("session");
    expect(steps(outbound)).toEqual(["create", "update"]);
    expect(bodyOf(outbound.seen[1])).toEqual(chosen(version, "shipping", "slow", ["item_1", "item_2"]));
    expect(outbound.seen[1]?.headers.get("idempotency-key")).toBe("quetra-a1b2c3-update-1");
  });

  it("says once more who buys to a merchant that did not listen", async () => {
    const answer = (step: string) => session(version, step === "create" ? { status: "not_ready_for_payment" } : {});
    const { quoted, outbound } = await quoteOf(answer, {}, version);
    expect(codeOf(quoted)).toBe("session");
    expect(bodyOf(outbound.seen[1])).toMatchObject({ buyer: { email: "ada@example.com" } });
  });

  it("gives up a session that never gets ready, and cancels it", async () => {
    const { quoted, outbound } = await quoteOf(session(version, { status: "not_ready_for_payment" }), {}, version);
    expect(codeOf(quoted)).toBe("not_ready");
    expect(steps(outbound)).toEqual(["create", "update", "cancel"]);
    expect(outbound.seen[2]?.url).toBe(`${BASE}/checkout_sessions/cs_1/cancel`);
    expect(outbound.seen[2]?.headers.get("idempotency-key")).toBe("quetra-cancel-cs_1");
  });
});

describe("the handler", () => {
  it("of the first answer stands when a later one lists none", async () => {
    const answer = (step: string) =>
      session(NEWEST, step === "create" ? { status: "incomplete" } : { capabilities: { payment: { handlers: [] } } });
    expect((await quoteOf(answer)).quoted).toMatchObject({ session: { handler: { id: "card_tokenized" } } });
  });

  it("is withdrawn by a later list without it", async () => {
    const answer = (step: string) =>
      session(
        NEWEST,
        step === "create"
          ? { status: "incomplete" }
          : { capabilities: { payment: { handlers: [handler({ psp: "adyen" })] } } },
      );
    expect(codeOf((await quoteOf(answer)).quoted)).toBe("unsupported_handler");
  });

  it("is the one that the merchant shows first", async () => {
    const handlers = [
      handler({ id: "z", display_order: 2 }),
      handler({ id: "y", display_order: 1 }),
      handler({ id: "a" }),
    ];
    expect((await quoteOf(session(NEWEST, { capabilities: { payment: { handlers } } }))).quoted).toMatchObject({
      session: { handler: { id: "y" } },
    });
  });
});

describe("time", () => {
  it("a quote has one deadline for all of its steps, and its cancellation one of its own", async () => {
    const waits: number[] = [];
    const ends = AbortSignal.timeout.bind(AbortSignal);
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      waits.push(ms);
      return ends(ms === ACP_LIMITS.quoteMs ? 40 : 10_000);
    });
    const outbound = shop(NEWEST, (step) => {
      if (step === "update") return new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 80));
      return json(session(NEWEST, { status: step === "cancel" ? "canceled" : "incomplete" }));
    });
    const quoted = await rails(outbound).checkoutQuote(await quoteOrder(NEWEST));
    expect([codeOf(quoted), steps(outbound)]).toEqual(["no_answer", ["create", "update", "cancel"]]);
    const { quoteMs, cancelMs } = ACP_LIMITS;
    const { providerCallMs } = LIMITS;
    expect(waits).toEqual([quoteMs, providerCallMs, providerCallMs, cancelMs, providerCallMs]);
  });
});

describe("what is never sent", () => {
  it("anything, when the bearer cannot be opened", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const outbound = shop(NEWEST, () => json(session(NEWEST)));
    const other = await merchant({ organization_id: "org_0000000000000000000002" });
    const quoted = await rails(outbound, NOW).checkoutQuote(await quoteOrder(NEWEST, { merchant: other }));
    expect([codeOf(quoted), outbound.seen.length]).toEqual(["bearer_unreadable", 0]);
  });

  it("more pieces than fit a request", async () => {
    const of = async (quantity: number) => {
      const { quoted, outbound } = await quoteOf(session(NEWEST), { items: [{ id: "item_1", quantity }] });
      return [codeOf(quoted), outbound.seen.length > 0];
    };
    expect(await of(ACP_LIMITS.lines)).toEqual(["items_changed", true]);
    expect(await of(ACP_LIMITS.lines + 1)).toEqual(["too_many_items", false]);
  });

  it("a request to an address that the guard refuses", async () => {
    const outbound = shop(NEWEST, () => json(session(NEWEST)));
    const inside = await merchant({ api_base_url: "https://169.254.169.254/acp" });
    expect(codeOf(await rails(outbound).checkoutQuote(await quoteOrder(NEWEST, { merchant: inside })))).toBe(
      "api_base_url",
    );
    expect(outbound.seen).toHaveLength(0);
  });
});
