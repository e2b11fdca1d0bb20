import type { OrganizationVisit } from "../../route.ts";
import { Chart } from "../../ui/chart.tsx";
import { Card } from "../../ui/parts.tsx";
import type { OverviewData } from "./data.ts";
import { chartData, spendingChart } from "./spending-chart.ts";

/** Spending of the last 30 days per agent, in one currency; the others are a press away. */
export function Spending({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  const { statistics, nameOf } = data;
  const currencies = [...new Set(statistics.spending.map(({ currency }) => currency))];
  const wanted = visit.url.searchParams.get("currency");
  const preferred = statistics.totals.map(({ currency }) => currency).find((one) => currencies.includes(one));
  const currency = currencies.find((one) => one === wanted) ?? preferred ?? currencies[0];
  return (
    <Card
      id="spending"
      live
      title="Spending per day"
      hint="Last 30 days, by agent: what is settled less refunds, and what is held"
      actions={currencies.length < 2 ? undefined : <Currencies base={visit.base} all={currencies} shown={currency} />}
    >
      {currency === undefined ? (
        <p class="soft">Nothing was spent in the last 30 days.</p>
      ) : (
        <Chart
          data={chartData(spendingChart(statistics, currency), statistics.days, currency, nameOf)}
          caption={`Spending per day and agent in ${currency}`}
          column="Day"
        />
      )}
    </Card>
  );
}

const Currencies = ({
  base,
  all,
  shown,
}: {
  readonly base: string;
  readonly all: readonly string[];
  readonly shown: string | undefined;
}) => (
  <nav class="tabs small" aria-label="Currency">
    {all.map((one) => (
      <a href={`${base}?currency=${one}`} aria-current={one === shown ? "true" : undefined}>
        {one}
      </a>
    ))}
  </nav>
);
