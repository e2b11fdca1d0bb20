import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { refundsOf } from "../../../src/payments/acp/refunds.ts";
import { type Json, orderExample, violations } from "./published.ts";

const refund = (changes: Json = {}): Json => ({
  id: "adj_1",
  type: "refund",
  occurred_at: "2026-11-21T00:00:00Z",
  status: "completed",
  amount: 100,
  ...changes,
});
const read = (adjustments: unknown, currency: string | null = "USD") => refundsOf({ adjustments }, currency);

describe("refunds of an order", () => {
  it("are the completed refunds of the published order, by their ids", () => {
    expect(refundsOf(orderExample("refunded-order"), "USD")).toEqual([
      { id: "adj_refund_1", amount: 32516, currency: "USD" },
    ]);
    expect(violations("2026-04-17", "Adjustment", refund())).toEqual([]);
  });

  it.each<[string, Json]>([
    ["pending", { status: "pending" }],
    ["a store credit", { type: "credit" }],
    ["a return", { type: "return" }],
    ["an exchange", { type: "exchange" }],
    ["a price adjustment", { type: "price_adjustment" }],
    ["a cancellation", { type: "cancellation" }],
    ["a dispute", { type: "dispute" }],
    ["no amount", { amount: undefined }],
    ["nothing", { amount: 0 }],
    ["negative", { amount: -100 }],
    ["a float", { amount: 99.5 }],
    ["text", { amount: "100" }],
    ["beyond what a double holds", { amount: 2 ** 53 }],
    ["no id", { id: undefined }],
    ["an id that is a sentence", { id: "refund of everything" }],
    ["another currency", { currency: "eur" }],
    ["no currency at all", { currency: "dollars" }],
  ])("%s is not counted", (_name, changes) => {
    expect(read([refund(changes)])).toEqual([]);
  });

  it("control: it is, without these", () => {
    expect(
      read([refund(), refund({ id: "adj_2", type: "partial_refund", status: "succeeded", currency: "usd" })]),
    ).toEqual([
      { id: "adj_1", amount: 100 },
      { id: "adj_2", amount: 100, currency: "USD" },
    ]);
  });

  it("one id is one refund, whatever else it says the second time", () => {
    expect(read([refund(), refund({ amount: 900 })])).toEqual([{ id: "adj_1", amount: 100 }]);
  });

  it("that has failed is told as failed, also where it is told twice", () => {
    const failed = refund({ status: "failed" });
    for (const list of [[failed], [refund(), failed], [failed, refund()]]) {
      expect(read(list)).toEqual([{ id: "adj_1", amount: 100, failed: true }]);
    }
  });

  it("the sum is no refund beside them, nor without them", () => {
    const totals = [{ type: "amount_refunded", display_text: "Refunded", amount: 100 }];
    expect(refundsOf({ adjustments: [], totals, refunds: [{ type: "original_payment", amount: 100 }] }, "USD")).toEqual(
      [],
    );
  });

  it("so many, and no more", () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => refund({ id: `adj_${at}` }));
    expect(read(many(LIMITS.refundsPerTransaction))).toHaveLength(LIMITS.refundsPerTransaction);
    expect(read(many(LIMITS.refundsPerTransaction + 1))).toHaveLength(LIMITS.refundsPerTransaction);
  });
});
