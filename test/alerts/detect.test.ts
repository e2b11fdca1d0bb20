import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateSpike, repeatedRejections } from "../../src/alerts/detect/pace.ts";
import { largeTransaction, newVendor, unusualAmount } from "../../src/alerts/detect/size.ts";
import {
  budgetThreshold,
  dispute,
  overdraft,
  storage,
  unknownOutcome,
  webhookDisabled,
} from "../../src/alerts/detect/state.ts";
import { factOf, type PurchaseFact } from "../../src/alerts/facts.ts";
import { ALERT_KINDS, AMOUNT_FIGURES, BURST, doublings } from "../../src/alerts/kinds.ts";
import { DEFAULT_SETTINGS } from "../../src/alerts/settings.ts";
import { micros } from "../../src/money.ts";

const purchase = (amount: number, more: Partial<PurchaseFact> = {}): PurchaseFact => ({
  agent_id: "agt_1",
  mandate_id: "mdt_1",
  transaction_id: "txn_1",
  vendor: "shop.example",
  amount: amount * 1_000_000,
  currency: "USD",
  ...more,
});

describe("large_transaction", () => {
  const { large_transaction } = DEFAULT_SETTINGS;
  it.each([
    [500, "USD", false],
    [500.000001, "USD", true],
    [500.000001, "CHF", true],
    [9_000, "JPY", false],
    [10_001, "JPY", true],
  ])("%d %s: %s", (amount, currency, raised) => {
    const settings = { ...large_transaction, thresholds: { JPY: micros(10_000_000_000) } };
    expect(largeTransaction(purchase(amount, { currency }), true, settings) !== null).toBe(raised);
  });

  it("does not take a member that every object has for a currency's threshold", () => {
    expect(largeTransaction(purchase(501, { currency: "constructor" }), true, large_transaction)).not.toBeNull();
  });

  it("rises by one with each doubling", () => {
    expect([500, 501, 999, 1_000, 2_000, 90_000].map((amount) => doublings(amount, 500))).toEqual([0, 0, 0, 1, 2, 7]);
    expect(doublings(5, 0)).toBe(0);
  });
});

describe("unusual_amount", () => {
  const settings = DEFAULT_SETTINGS.unusual_amount;
  const usual = (count: number) => Array.from({ length: count }, () => 10_000_000);
  it("needs the minimum sample", () => {
    expect(unusualAmount(purchase(1_000), true, usual(9), settings)).toBeNull();
    expect(unusualAmount(purchase(1_000), true, usual(10), settings)?.figures).toMatchObject({
      purchases: 10,
      score: 667.75,
    });
  });

  it("rises with the amount, not above a median that the agent can move in between", () => {
    const small = unusualAmount(
      purchase(100),
      true,
      Array.from({ length: 10 }, () => 10_000),
      settings,
    );
    const large = unusualAmount(
      purchase(50_000),
      true,
      Array.from({ length: 10 }, () => 100_000_000),
      settings,
    );
    expect(large!.level).toBeGreaterThan(small!.level);
  });

  it("is silent about usual and about small amounts", () => {
    expect(unusualAmount(purchase(10), true, usual(50), settings)).toBeNull();
    expect(unusualAmount(purchase(0.01), true, usual(50), settings)).toBeNull();
  });
});

describe("pace", () => {
  it("is a spike only above the most that is allowed", () => {
    expect(rateSpike(purchase(1), 10, DEFAULT_SETTINGS.rate_spike)).toBeNull();
    expect(rateSpike(purchase(1), 11, DEFAULT_SETTINGS.rate_spike)).toMatchObject({ severity: "critical" });
  });

  it.each([
    [9, null],
    [10, "warning"],
    [49, "warning"],
    [50, "critical"],
  ])("%d refusals: %s", (count, severity) => {
    const finding = repeatedRejections("agt_1", count, DEFAULT_SETTINGS.repeated_rejections);
    expect(finding?.severity ?? null).toBe(severity);
  });
});

describe("storage", () => {
  const [limit, end] = [7, 9].map((gib) => gib * 1024 ** 3) as [number, number];
  it("is critical from the limit on", () => {
    expect(storage(limit - 1, limit, end)).toBeNull();
    expect(storage(limit, limit, end)).toMatchObject({
      severity: "critical",
      message: "The organization's record takes 7 GiB; at 9 GiB nothing more can be authorized.",
    });
  });
});

const budget = {
  is: "budget",
  exhausted: true,
  agent_id: "agt_1",
  mandate_id: "mdt_1",
  budget_id: "bud_1",
  period: "daily",
  label: "2026-11-20",
  currency: "USD",
  limit: 100_000_000,
  used: 101_000_000,
  share: 0.8,
} as const;
const over = {
  is: "overdraft",
  agent_id: "agt_1",
  transaction_id: "txn_1",
  currency: "USD",
  authorized: 1_000_000,
  settled: 2_000_000,
} as const;

describe("every finding", () => {
  const texts = fc.string({ unit: "binary", maxLength: 120 });
  it("keeps an agent's words in quotes, on one line, and short", () => {
    fc.assert(
      fc.property(texts, (vendor) => {
        const bought = purchase(5_000, { vendor: `${vendor} x` });
        const found = [
          largeTransaction(bought, true, DEFAULT_SETTINGS.large_transaction),
          unusualAmount(
            bought,
            true,
            Array.from({ length: 10 }, () => 1_000_000),
            DEFAULT_SETTINGS.unusual_amount,
          ),
          newVendor(bought, 1),
          unknownOutcome(bought, DEFAULT_SETTINGS.unknown_outcome),
        ];
        for (const finding of found) {
          expect(finding?.message).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\.$/u);
          expect(finding?.message.length).toBeLessThan(1_200);
          expect(finding?.message.replace(/"(?:[^"\\]|\\.)*"/u, "")).not.toContain('"');
        }
      }),
    );
  });

  it("is of a kind that has a burst, and names its amounts so that edges know them", () => {
    const found = [
      largeTransaction(purchase(501), false, DEFAULT_SETTINGS.large_transaction),
      rateSpike(purchase(1), 11, DEFAULT_SETTINGS.rate_spike),
      newVendor(purchase(1), 0),
      budgetThreshold(budget),
      unusualAmount(
        purchase(90),
        true,
        Array.from({ length: 10 }, () => 10_000_000),
        DEFAULT_SETTINGS.unusual_amount,
      ),
      repeatedRejections("agt_1", 10, DEFAULT_SETTINGS.repeated_rejections),
      overdraft(over),
      unknownOutcome(purchase(1), DEFAULT_SETTINGS.unknown_outcome),
      storage(9, 7, 9),
      webhookDisabled("whk_1"),
      dispute({ is: "disputed", purchase: purchase(20), disputed: 20_000_000, reason: "fraudulent" }),
    ];
    expect(found.map((finding) => finding?.kind)).toEqual([...ALERT_KINDS]);
    expect(Object.keys(BURST)).toEqual([...ALERT_KINDS]);
    for (const finding of found) {
      for (const [name, value] of Object.entries(finding!.figures)) {
        // Every amount in these samples is a whole number of major units, nothing else is as large.
        if (typeof value === "number") expect(AMOUNT_FIGURES.has(name)).toBe(value >= 1_000_000);
      }
    }
  });

  it("says what took a budget above its limit where the purchase itself did not", () => {
    expect(overdraft(over).message).toContain("cost 2.00 USD where 1.00 USD was authorized");
    expect(overdraft({ ...over, settled: 1_000_000 }).message).toContain("took a budget above its limit");
  });
});

describe("what is small hides nothing large", () => {
  const levels = (...found: { readonly about: string; readonly level: number }[]) => {
    expect(new Set(found.map(({ about }) => about)).size).toBe(1);
    return found.map(({ level }) => level);
  };
  it("an overdraft rises by what was booked above the authorization", () => {
    const by = (micros: number) => overdraft({ ...over, settled: over.authorized + micros });
    expect(levels(by(1), by(2), by(10_000), by(19_999), by(900_000_000_000))).toEqual([0, 1, 13, 14, 39]);
  });

  it("one that only took a budget above its limit is another thing, and rises by its amount", () => {
    const whole = (settled: number) => overdraft({ ...over, authorized: settled, settled });
    expect(levels(whole(1), whole(1_024))).toEqual([0, 10]);
    expect(whole(1).about).not.toBe(overdraft(over).about);
  });

  it("a new vendor and an unknown outcome rise with the amount", () => {
    const { unknown_outcome } = DEFAULT_SETTINGS;
    const [small, large] = levels(newVendor(purchase(0.01), 1), newVendor(purchase(9_000), 1));
    expect(large).toBeGreaterThan(small!);
    expect(levels(...[0.01, 9_000].map((amount) => unknownOutcome(purchase(amount), unknown_outcome)))).toEqual([
      small,
      large,
    ]);
  });

  it("what waits is counted apart from what is approved", () => {
    const { large_transaction, unusual_amount } = DEFAULT_SETTINGS;
    const usual = Array.from({ length: 10 }, () => 10_000_000);
    for (const found of [
      (approved: boolean) => largeTransaction(purchase(600), approved, large_transaction),
      (approved: boolean) => unusualAmount(purchase(600), approved, usual, unusual_amount),
    ]) {
      expect(found(false)!.about).not.toBe(found(true)!.about);
      expect(found(false)!.level).toBe(found(true)!.level);
    }
  });
});

describe("facts", () => {
  const read = (type: string, data: object, subject: string | null = null) =>
    factOf(type, subject, JSON.stringify({ schema: 1, data }));
  const request = { agent_id: "agt_1", vendor: "a.com", amount: 5, currency: "USD" };

  it("tell a first decision from a person's later yes", () => {
    const data = { transaction_id: "txn_1", request, mandate: { id: "mdt_1" } };
    const bought = { ...request, mandate_id: "mdt_1", transaction_id: "txn_1" };
    expect(read("transaction.approved", { ...data, outcome: "approved" })).toEqual({
      is: "decided",
      purchase: bought,
      approved: true,
    });
    expect(read("transaction.approved", { ...data, from: "pending_approval" })).toEqual({
      is: "approved_later",
      purchase: bought,
    });
  });

  it.each([
    [undefined, 1],
    [10, 9],
    [100, 90],
  ])("a refusal logged at repeat_count %s stands for %d", (repeat_count, weight) => {
    expect(read("transaction.rejected", { request, repeat_count })).toMatchObject({ is: "refused", weight });
  });

  it("are not the watch's own events, nor the pauses it causes, nor what was erased", () => {
    for (const type of [
      "alert.raised",
      "alert.acknowledged",
      "mandate.paused",
      "alerts.settings_changed",
      "constructor",
    ]) {
      expect(read(type, { agent_id: "agt_1", request })).toBeNull();
    }
    expect(factOf("transaction.overdraft", "txn_1", null)).toBeNull();
  });
});
