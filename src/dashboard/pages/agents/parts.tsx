import { Badge, type Tone } from "../../ui/parts.tsx";
import { amountWords, labelWords, moneyWords } from "../../ui/words.ts";
import { type AgentView, currencyOf, type MandateView } from "./data.ts";

const AGENT_TONES: Readonly<Record<AgentView["status"], Tone>> = {
  active: "good",
  suspended: "warn",
  decommissioned: "quiet",
};
export const AgentBadge = ({ status }: Pick<AgentView, "status">) => (
  <Badge tone={AGENT_TONES[status]}>{labelWords(status)}</Badge>
);

const MANDATE_TONES: Readonly<Record<MandateView["status"], Tone>> = {
  draft: "info",
  active: "good",
  paused: "warn",
  revoked: "quiet",
  expired: "quiet",
};
export const MandateBadge = ({ status }: Pick<MandateView, "status">) => (
  <Badge tone={MANDATE_TONES[status]}>{labelWords(status)}</Badge>
);

const PERIODS: Readonly<Record<string, string>> = {
  hourly: "this hour",
  daily: "today",
  weekly: "this week",
  monthly: "this month",
  total: "in total",
};
/** "today" for a daily budget. */
export const periodWords = (period: string): string => PERIODS[period] ?? period;

/** What is left of each budget, one short line each: for lists. */
export function BudgetLines({ mandate }: { readonly mandate: MandateView | undefined }) {
  if (mandate === undefined) return <span class="soft">Nothing: it has no mandate</span>;
  const currency = currencyOf(mandate);
  return (
    <ul class="budget-lines">
      {mandate.budgets.map(({ period, limit, remaining }) => (
        <li>
          <span class="money">
            {moneyWords(remaining, currency)} <small>{`of ${amountWords(limit)} ${periodWords(period)}`}</small>
          </span>
          <svg class="bar thin" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-all" width="100" height="4" />
            <rect class="bar-settled" width={usedShare(limit, remaining).toFixed(2)} height="4" />
          </svg>
        </li>
      ))}
    </ul>
  );
}

/** For the picture only. */
const usedShare = (limit: number, remaining: number): number =>
  limit > 0 ? Math.max(0, Math.min(100, 100 - (remaining / limit) * 100)) : 100;
