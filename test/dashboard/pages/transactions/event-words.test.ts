import { describe, expect, it } from "vitest";
import { eventWords } from "../../../../src/dashboard/pages/transactions/event-words.ts";

const event = (type: string, data: object | null, actor = { type: "key", id: "key_1" }) => ({
  seq: 7,
  id: "evt_1",
  type,
  at: 0,
  subject: "txn_1",
  text: data === null ? null : JSON.stringify({ schema: 1, actor, key_id: null, request_id: null, data }),
});

describe("an event in words", () => {
  it("shows millionths as whole units, with every digit that counts", () => {
    const { lines } = eventWords(
      event("transaction.completed", { currency: "USD", held: 0, settled: 1_234_560_003, refunded: 0 }),
    );
    expect(lines).toEqual(["Now 0.00 USD held, 1,234.560003 USD settled."]);
  });

  it("says how much was asked for", () => {
    const request = { amount: 12_500_000, currency: "EUR" };
    expect(eventWords(event("transaction.approved", { request })).lines).toEqual(["Asked for 12.50 EUR."]);
    expect(eventWords(event("transaction.approved", { request: { amount: null, currency: "EUR" } })).lines).toEqual([]);
  });

  it("tells who ended it from how it ended", () => {
    const title = (type: string, data: object, actor?: { type: string; id: string }) =>
      eventWords(event(type, data, actor)).title;
    expect(title("transaction.approved", {})).toContain("Authorized");
    expect(title("transaction.approved", { from: "pending_approval" })).toBe("Approved by a person");
    expect(title("transaction.completed", { presumed: true })).toContain("Nobody said");
    expect(title("transaction.completed", { late: true })).toContain("late");
    expect(title("transaction.completed", { from: "unknown", evidence: "x" })).toContain("evidence");
    expect(title("transaction.completed", {}, { type: "person", id: "p" })).toContain("A person stated");
    expect(title("transaction.rejected", { repeat_count: 100 })).toContain("100th");
  });

  it("keeps what somebody wrote apart from its own sentences", () => {
    const note = "Now 5,000.00 USD held.";
    const words = eventWords(event("transaction.voided", { note, evidence: "statement" }));
    expect(words.lines.join(" ")).not.toContain("5,000");
    expect(words.said.map(({ text }) => text)).toEqual([note, "statement"]);
  });

  it("names what is proof, wherever the event holds it", () => {
    const { ids } = eventWords(
      event("transaction.completed", {
        proof: { transaction_hash: "0xab" },
        x402: { nonce: "0x01" },
        refund_id: "rfd_1",
      }),
    );
    expect(ids.map(({ text }) => text)).toEqual(["0xab", "rfd_1", "0x01"]);
  });

  it("says that an erased one was erased", () => {
    expect(eventWords(event("transaction.approved", null)).lines[0]).toContain("was erased");
  });
});
