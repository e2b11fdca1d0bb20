import { describe, expect, it } from "vitest";
import { PAIRS_MAX, pairsOf, type Simulation } from "../../../../../src/dashboard/pages/mandates/rehearsal/days.ts";

type Day = Simulation["days"][number];
const none = { count: 0, amount: 0 };
const day = (name: string, approved: number): Day => ({
  day: name,
  actual: { approved: { count: 1, amount: approved }, rejected: none, asked: none },
  rehearsed: { approved: none, rejected: { count: 1, amount: approved }, asked: none },
});

describe("days of a picture", () => {
  it("have the quiet ones between them, in order", () => {
    const pairs = pairsOf([day("2026-11-03", 2), day("2026-11-01", 1)], "amount");
    expect(pairs.map(({ from, actual, rehearsed }) => [from, actual.approved, rehearsed.rejected])).toEqual([
      ["2026-11-01", 1, 1],
      ["2026-11-02", 0, 0],
      ["2026-11-03", 2, 2],
    ]);
  });

  it("are as many as can be told apart, and put together beyond that, none lost", () => {
    const days = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        day(new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10), 0.1),
      );
    expect(pairsOf(days(PAIRS_MAX), "amount")).toHaveLength(PAIRS_MAX);
    const more = pairsOf(days(PAIRS_MAX + 1), "amount");
    expect(more).toHaveLength(Math.ceil((PAIRS_MAX + 1) / 2));
    expect(more[0]).toMatchObject({ from: "2026-01-01", to: "2026-01-02", actual: { approved: 0.2 } });
    expect(pairsOf(days(400), "count").reduce((sum, { actual }) => sum + actual.approved, 0)).toBe(400);
  });

  it("are none where nothing was asked for", () => {
    expect(pairsOf([], "amount")).toEqual([]);
  });
});
