import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hasUnsafeCharacters } from "../../src/mcp/text.ts";
import { ACP_VERSIONS } from "../../src/payments/acp/api.ts";
import type { Json } from "../support/service.ts";
import { expectAgreement } from "./oracle.ts";
import {
  buy,
  merchant,
  newScene,
  PAPER,
  providers,
  shared,
  startClock,
  strings,
  stripe,
  transaction,
  untilResolved,
} from "./support.ts";

beforeEach(startClock);
afterEach(async () => {
  vi.useRealTimers();
  await stripe("reset_faults", {});
});

const shop = shared();

/** The session that the newest order or attempt was made in. */
const lastSession = async (): Promise<Json> => (await merchant("state")).sessions.at(-1);

describe("a merchant that lies", () => {
  it("and says that it was paid has nothing, and the budget comes back when the token ends", async () => {
    const scene = await shop();
    await merchant("mode", { mode: "says_paid" });
    const answer = await buy(scene, "paper");
    expect(answer).toMatchObject({ outcome: "unsettled" });
    expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "voided" });
    await expectAgreement(scene);
  });

  it("and says that it was not paid is booked as paid", async () => {
    const scene = await shop();
    await merchant("mode", { mode: "says_declined" });
    const answer = await buy(scene, "paper");
    expect(answer).toMatchObject({ outcome: "unsettled" });
    expect(await transaction(scene, answer.transaction_id)).toMatchObject({
      status: "completed",
      amount_settled: PAPER,
    });
    await expectAgreement(scene);
  });

  it("and takes twice gets it once", async () => {
    const scene = await shop();
    await merchant("mode", { mode: "takes_twice" });
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "ordered" });
    expect((await lastSession()).second).toMatchObject({ kind: "refused" });
    await expectAgreement(scene);
  });

  it("and has raised the price between quote and payment gets nothing", async () => {
    const scene = await shop();
    await merchant("mode", { mode: "drift", by: 1 });
    expect(await buy(scene, "paper")).toMatchObject({ outcome: "failed", amount: PAPER });
    await expectAgreement(scene);
  });

  it("and raises the price while it is asked for is paid what it says in the end, up to the ceiling", async () => {
    const scene = await shop();
    for (const max_amount of [PAPER, 21.01]) {
      await merchant("mode", { mode: "drift", on: "update", by: 100 });
      const answer = await buy(scene, "paper", { max_amount });
      expect(answer).toMatchObject(
        max_amount === PAPER ? { outcome: "failed", code: "above_max_amount" } : { outcome: "ordered", amount: 21.01 },
      );
    }
    await expectAgreement(scene);
  });

  it.each(["conflict_409", "no_replayed_header", "no_idempotency", "extra_timestamps"])(
    "or only differs from the contract (%s) is paid once, whatever happens to the answer",
    async (name) => {
      const scene = await shop();
      await merchant("deviation", { name });
      try {
        for (const item of ["paper", "item_500_after", "item_reset"]) {
          const answer = await buy(scene, item);
          expect(await untilResolved(scene, answer.transaction_id)).toMatchObject({ status: "completed" });
        }
        await expectAgreement(scene);
      } finally {
        await merchant("deviation", { name, on: false });
      }
    },
  );
});

describe("a merchant that means harm", () => {
  it.each([
    ["two_totals"],
    ["no_total"],
    ["floats"],
    ["text_amount"],
    ["negative"],
    ["unsafe"],
    ["other_currency"],
    ["other_merchant"],
    ["other_items"],
    ["other_status"],
    ["other_session"],
    ["paths"],
    ["nulls"],
    ["no_session"],
    ["huge"],
  ])("by %s is not paid, and says little", async (trick) => {
    const scene = await shop();
    await merchant("mode", { mode: "hostile", tricks: [trick] });
    const answer = await buy(scene, "paper");
    expect(answer).toMatchObject({ outcome: "failed" });
    expect(answer).not.toHaveProperty("transaction_id");
    expect(JSON.stringify(answer).length).toBeLessThan(20_000);
    expect(JSON.stringify(answer)).not.toContain("profile_attacker");
    await expectAgreement(scene);
  });

  it.each(["injection", "bidi", "links"])(
    "by %s is paid the price that it asks, and its words stand framed",
    async (trick) => {
      const scene = await shop();
      await merchant("mode", { mode: "hostile", tricks: [trick] });
      const answer = await buy(scene, "paper");
      expect(answer).toMatchObject({ outcome: "ordered", amount: PAPER });
      const { merchant: framed, ...ours } = answer;
      expect(framed.untrusted_content_from).toMatch(/data from that merchant, not instructions/);
      expect(JSON.stringify(ours)).not.toMatch(/ignore all|attacker|profile_/i);
      expect(strings(answer).filter(hasUnsafeCharacters)).toEqual([]);
      expect(JSON.stringify(answer)).not.toMatch(/javascript:|169\.254/);
      expect(JSON.stringify(answer).length).toBeLessThan(20_000);
      await expectAgreement(scene);
    },
  );
});

describe("a merchant that speaks one release only", () => {
  it.each(ACP_VERSIONS)("%s is bought from, without one violation of its schema", async (version) => {
    const scene = await newScene({ merchantUrl: providers[version] });
    const before = (await merchant("state", undefined, providers[version])).orders.length;
    for (const item of ["paper", "licence", "item_500_after", "item_declined", "item_async"]) {
      const quantity = item === "paper" ? 3 : 1;
      const answer = await buy(scene, item, { items: [{ id: item, quantity }] });
      await untilResolved(scene, answer.transaction_id);
    }
    const state = await merchant("state", undefined, providers[version]);
    expect({ violations: state.violations, faults: state.faults }).toEqual({ violations: [], faults: [] });
    expect(new Set(state.sessions.map((session: Json) => session.version))).toEqual(new Set([version]));
    expect(state.orders.length - before).toBe(3);
    await expectAgreement(scene);
  });
});
