import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { TRICK_NAMES } from "../../../sandbox/acp/hostile.mjs";
import { completion, creation, judge, openShop, type Release, type Shop } from "./buyer.ts";

let mart: Shop;
beforeEach(async () => {
  mart = await openShop();
});
afterEach(() => mart.close());

async function hostile(tricks: readonly string[], release: Release = "2026-04-17") {
  await mart.control("mode", { mode: "hostile", tricks });
  const answer = await mart.ask("POST", "/checkout_sessions", creation(release, ["paper"]), {
    release,
    judge: false,
  });
  expect(answer.status).toBe(201);
  return answer.body;
}
const totals = (body: { totals: { type: string; amount: unknown }[] }) =>
  body.totals.filter(({ type }) => type === "total").map(({ amount }) => amount);

describe("a shop that means harm", () => {
  it.each(TRICK_NAMES as string[])("can do %s, to one session alone, in each release", async (trick) => {
    for (const release of ["2026-04-17", "2025-09-29"] as const) {
      const twisted = await hostile([trick], release);
      const honest = await mart.ask("POST", "/checkout_sessions", creation(release, ["paper"]), { release });
      expect(honest.status).toBe(201);
      // The first release does not name the shop's account, so there is nothing to change.
      if (trick === "other_merchant" && release === "2025-09-29") continue;
      expect(scrub(twisted)).not.toBe(scrub(honest.body));
    }
    expect((await mart.state()).faults).toEqual([]);
  });

  it.each(["injection", "bidi", "two_totals", "other_merchant", "other_items", "negative"])(
    "does %s within the schema, so a client cannot rely on that",
    async (trick) => {
      expect(judge("2026-04-17", "CheckoutSession")(await hostile([trick]))).toBe(true);
    },
  );

  it("can do several things at once", async () => {
    const body = await hostile(["two_totals", "other_currency", "links"]);
    expect([totals(body).length, body.currency, body.continue_url.slice(0, 11)]).toEqual([2, "jpy", "javascript:"]);
  });

  it("may be honest at first", async () => {
    await mart.control("mode", { mode: "hostile", tricks: ["two_totals"], steps: ["complete"] });
    const { path, token, ready } = await mart.cart(["paper"]);
    expect(totals(ready.body)).toHaveLength(1);
    expect(totals((await mart.complete(path, token, { judge: false })).body)).toHaveLength(2);
  });

  it("leads elsewhere, or says what is no session at all", async () => {
    await mart.control("mode", { mode: "redirect_before", to: "http://169.254.169.254/" });
    const one = await mart.cart(["paper"]);
    const away = await fetch(`${mart.shop.apiUrl}${one.path}/complete`, {
      method: "POST",
      redirect: "manual",
      headers: {
        authorization: "Bearer acp_sandbox_bearer",
        "api-version": "2026-04-17",
        "content-type": "application/json",
        "idempotency-key": "k",
      },
      body: JSON.stringify(completion("2026-04-17", one.token)),
    });
    expect([away.status, away.headers.get("location")]).toEqual([307, "http://169.254.169.254/"]);
    await mart.control("mode", { mode: "garbage_after" });
    const two = await mart.cart(["paper"]);
    await expect(mart.complete(two.path, two.token, { key: "k" })).rejects.toThrow(/JSON/);
    expect((await mart.complete(two.path, two.token, { key: "k" })).body.status).toBe("completed");
    expect(mart.stripe.taken()).toBe(two.total);
  });

  it("says what tricks there are", async () => {
    expect(await mart.control("mode", { mode: "hostile", tricks: ["magic"] })).toHaveProperty("error");
  });
});

describe("a shop that lies", () => {
  it("sells without being paid", async () => {
    await mart.control("mode", { mode: "says_paid" });
    const { path, token } = await mart.cart(["paper"]);
    expect((await mart.complete(path, token)).body.status).toBe("completed");
    expect(mart.stripe.calls).toEqual([]);
  });

  it("takes the money and denies it", async () => {
    await mart.control("mode", { mode: "says_declined" });
    const { path, token, total } = await mart.cart(["paper"]);
    const answer = await mart.complete(path, token);
    expect([answer.body.status, answer.body.messages[0].code]).toEqual(["ready_for_payment", "payment_declined"]);
    expect(mart.stripe.taken()).toBe(total);
  });

  it("tries to take twice, and the token lets it once", async () => {
    await mart.control("mode", { mode: "takes_twice" });
    const { path, token, total } = await mart.cart(["paper"]);
    await mart.complete(path, token);
    expect(new Set(mart.stripe.calls.map(({ key }) => key)).size).toBe(2);
    expect(mart.stripe.taken()).toBe(total);
    expect((await mart.state()).sessions[0].second).toEqual({ kind: "refused", code: "token_used" });
  });
});

/** Without what differs between any two sessions. */
const scrub = (body: unknown) =>
  JSON.stringify(body)
    .replaceAll(/cs_[0-9a-f]{24}/g, "cs")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
