import { toMajor } from "../../../money.ts";
import type { ChartData } from "../../ui/chart.tsx";
import type { Statistics } from "./statistics.ts";

/** Agents that have a colour of their own; the rest share the last one. */
const SHOWN = 5;

export interface SpendingChart {
  /** Those with most spending first; null stands for all others. */
  readonly agents: readonly (string | null)[];
  /** Micros per agent, in the same order, one value a day. */
  readonly amounts: readonly (readonly number[])[];
}

/** Spending in one currency, per day and agent. */
export function spendingChart(
  { days, spending }: Pick<Statistics, "days" | "spending">,
  currency: string,
): SpendingChart {
  const totals = new Map<string, number>();
  const rows = spending.filter((row) => row.currency === currency);
  for (const { agent_id, amount } of rows) totals.set(agent_id, (totals.get(agent_id) ?? 0) + amount);
  const ranked = [...totals].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([id]) => id);
  const own = ranked.slice(0, SHOWN);
  const agents: (string | null)[] = ranked.length > SHOWN ? [...own, null] : own;
  const amounts = agents.map(() => days.map(() => 0));
  for (const { agent_id, day, amount } of rows) {
    const at = own.indexOf(agent_id);
    amounts[at === -1 ? own.length : at]![day]! += amount;
  }
  return { agents, amounts };
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
/** "2026-11-21" as "21 Nov". */
export const dayWords = (label: string): string => DAY.format(Date.parse(label));

/** For the picture: amounts in major units, and a name for each agent. */
export const chartData = (
  { agents, amounts }: SpendingChart,
  days: readonly string[],
  currency: string,
  nameOf: (agentId: string) => string,
): ChartData => ({
  kind: "bars",
  unit: currency,
  labels: days.map(dayWords),
  series: agents.map((agent, at) => ({
    label: agent === null ? "Other agents" : nameOf(agent),
    values: amounts[at]!.map(toMajor),
    total: toMajor(amounts[at]!.reduce((sum, amount) => sum + amount, 0)),
  })),
});
