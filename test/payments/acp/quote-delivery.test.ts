import { describe, expect, it } from "vitest";
import { ACP_LIMITS } from "../../../src/payments/acp/limits.ts";
import type { Json } from "./published.ts";
import { codeOf, NEWEST, type Order, quoteOf } from "./quoting.ts";
import { BUYER, bodyOf, chosen, digital, session, shipping, steps, VERSIONS } from "./shop.ts";

describe("delivery", () => {
  const options = [
    shipping(NEWEST, "b", 200, "2026-12-01T00:00:00Z"),
    shipping(NEWEST, "a", 200, "2026-12-05T00:00:00Z"),
    shipping(NEWEST, "c", 900, "2026-11-24T00:00:00Z"),
  ];
  const pick = async (fulfillment_options: Json[], changes: Order) => {
    const answer = session(NEWEST, { fulfillment_options, selected_fulfillment_options: [] });
    const { outbound, quoted } = await quoteOf(answer, changes);
    const sent = outbound.seen[1]?.body ? bodyOf(outbound.seen[1]).selected_fulfillment_options : undefined;
    return { picked: sent?.[0]?.option_id, code: codeOf(quoted) };
  };

  it("is the cheapest, and of two the one with the lower id", async () => {
    expect((await pick(options, { delivery: "cheapest" })).picked).toBe("a");
  });

  it("or the fastest", async () => {
    expect((await pick(options, { delivery: "fastest" })).picked).toBe("c");
  });

  it("replaces what the merchant chose by itself", async () => {
    const answer = (step: string) =>
      session(NEWEST, chosen(NEWEST, "shipping", step === "create" ? "fast" : "slow", ["item_1", "item_2"]));
    const { quoted, outbound } = await quoteOf(answer);
    expect([codeOf(quoted), steps(outbound)]).toEqual(["session", ["create", "update"]]);
  });

  it("needs no address for what is digital, and takes nothing else without one", async () => {
    const buyer = { ...BUYER, address: null };
    const mixed = [shipping(NEWEST, "ship", 0), digital(NEWEST, "load")];
    expect((await pick(mixed, { buyer })).picked).toBe("load");
    expect((await pick(mixed, {})).picked).toBe("ship");
    expect(await pick([shipping(NEWEST, "ship", 0)], { buyer })).toEqual({ picked: undefined, code: "no_delivery" });
  });

  it("keeps an order split as the merchant splits it, each part by the best of its way", async () => {
    const offered = { fulfillment_options: [...options, digital(NEWEST, "mail"), digital(NEWEST, "post", 5)] };
    const split = (shipped: string, loaded: string) => ({
      ...offered,
      selected_fulfillment_options: [
        { type: "shipping", option_id: shipped, item_ids: ["item_1"] },
        { type: "digital", option_id: loaded, item_ids: ["item_2", "gift"] },
      ],
    });
    const answer = (step: string) => session(NEWEST, step === "create" ? split("b", "post") : split("a", "mail"));
    const { quoted, outbound } = await quoteOf(answer);
    expect([codeOf(quoted), steps(outbound)]).toEqual(["session", ["create", "update"]]);
    expect(bodyOf(outbound.seen[1]).selected_fulfillment_options).toEqual([
      { type: "shipping", option_id: "a", item_ids: ["item_1"] },
      { type: "digital", option_id: "mail", item_ids: ["item_2"] },
    ]);
  });

  it("adds what the merchant left out of its split", async () => {
    const mail = { type: "digital", option_id: "mail", item_ids: ["item_2"] };
    const fulfillment_options = [...options, digital(NEWEST, "mail")];
    const both = [{ type: "shipping", option_id: "a", item_ids: ["item_1"] }, mail];
    const answer = (step: string) =>
      session(NEWEST, {
        status: step === "create" ? "incomplete" : "ready_for_payment",
        fulfillment_options,
        selected_fulfillment_options: step === "create" ? [mail] : both,
      });
    const { quoted, outbound } = await quoteOf(answer);
    expect([codeOf(quoted), steps(outbound)]).toEqual(["session", ["create", "update"]]);
    expect(bodyOf(outbound.seen[1]).selected_fulfillment_options).toEqual(both);
  });

  it.each(VERSIONS)("need not be repeated by the merchant once it was told (%s)", async (version) => {
    const silent = { selected_fulfillment_options: [], fulfillment_option_id: undefined };
    const { quoted, outbound } = await quoteOf(session(version, silent), {}, version);
    expect([codeOf(quoted), steps(outbound)]).toEqual(["session", ["create", "update"]]);
  });

  it("is what is missing, when there is no address and the merchant offers nothing", async () => {
    const open = session(NEWEST, { status: "incomplete", fulfillment_options: [], selected_fulfillment_options: [] });
    expect(codeOf((await quoteOf(open, { buyer: { ...BUYER, address: null } })).quoted)).toBe("no_delivery");
    expect(codeOf((await quoteOf(open)).quoted)).toBe("not_ready");
  });

  it("is refused when the merchant does not take what was chosen", async () => {
    const stubborn = session(NEWEST, chosen(NEWEST, "shipping", "fast", ["item_1"]));
    expect(codeOf((await quoteOf(stubborn)).quoted)).toBe("no_delivery");
  });

  it("never sends somebody to a shop", async () => {
    const pickup = { type: "pickup", id: "p", title: "Shop", location: {}, totals: [] };
    expect(
      codeOf(
        (await quoteOf(session(NEWEST, { fulfillment_options: [pickup], selected_fulfillment_options: [] }))).quoted,
      ),
    ).toBe("session");
  });

  it("asks so many times and no more of a merchant that changes its options each time", async () => {
    const moving = (step: string, count: number) =>
      session(NEWEST, {
        status: "incomplete",
        fulfillment_options: [shipping(NEWEST, `${step}${count}`, 100)],
      });
    const { quoted, outbound } = await quoteOf(moving);
    expect(codeOf(quoted)).toBe("not_ready");
    expect(steps(outbound).filter((step) => step === "update")).toHaveLength(ACP_LIMITS.updates);
  });

  it("and takes what is ready with the last update", async () => {
    const moving = (step: string, count: number) => {
      const at = step === "create" ? 0 : count;
      const isLast = at === ACP_LIMITS.updates;
      return session(NEWEST, {
        status: isLast ? "ready_for_payment" : "incomplete",
        fulfillment_options: [shipping(NEWEST, isLast ? `o${at - 1}` : `o${at}`, 100)],
        ...chosen(NEWEST, "shipping", `o${at - 1}`),
      });
    };
    const { quoted, outbound } = await quoteOf(moving);
    expect(codeOf(quoted)).toBe("session");
    expect(steps(outbound).filter((step) => step === "update")).toHaveLength(ACP_LIMITS.updates);
  });
});
