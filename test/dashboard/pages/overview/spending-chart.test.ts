import { describe, expect, it } from "vitest";
import { chartData, spendingChart } from "../../../../src/dashboard/pages/overview/spending-chart.ts";

const DAYS = ["2026-11-20", "2026-11-21"];
const row = (agent_id: string, day: number, amount: number, currency = "USD") => ({ agent_id, day, amount, currency });

describe("spending as a picture", () => {
  it("puts whoever spent most first, and leaves other currencies out", () => {
    const spending = [
      row("agt_a", 0, 5_000_000),
      row("agt_b", 0, 1),
      row("agt_b", 1, 9_000_000),
      row("agt_c", 1, 7, "EUR"),
    ];
    const chart = spendingChart({ days: DAYS, spending }, "USD");
    expect(chart).toEqual({
      agents: ["agt_b", "agt_a"],
      amounts: [
        [1, 9_000_000],
        [5_000_000, 0],
      ],
    });
  });

  it("shows five agents by themselves and all others together, with nothing lost", () => {
    const spending = Array.from({ length: 9 }, (_, at) => row(`agt_${at}`, at % 2, (9 - at) * 1_000_000));
    const chart = spendingChart({ days: DAYS, spending }, "USD");
    expect(chart.agents).toEqual(["agt_0", "agt_1", "agt_2", "agt_3", "agt_4", null]);
    expect(chart.amounts[5]).toEqual([4_000_000, 6_000_000]);
    expect(chart.amounts.flat().reduce((sum, amount) => sum + amount, 0)).toBe(45_000_000);
  });

  it("does not make a group of others for five", () => {
    const spending = Array.from({ length: 5 }, (_, at) => row(`agt_${at}`, 0, 1));
    expect(spendingChart({ days: DAYS, spending }, "USD").agents).not.toContain(null);
  });

  it("adds up in micros before it divides", () => {
    const spending = [row("agt_a", 0, 100_000), row("agt_a", 1, 200_000)];
    const data = chartData(spendingChart({ days: DAYS, spending }, "USD"), DAYS, "USD", () => "Research");
    expect(data).toEqual({
      kind: "bars",
      unit: "USD",
      labels: ["20 Nov", "21 Nov"],
      series: [{ label: "Research", values: [0.1, 0.2], total: 0.3 }],
    });
  });
});
