import { raw } from "hono/html";
import { Table } from "./parts.tsx";
import { amountWords, moneyWords, plain } from "./words.ts";

/** Stacked bars or areas: one label per place on the line, one value per label and series. Amounts in major units. */
export interface ChartData {
  readonly kind: "bars" | "area";
  readonly unit: string;
  readonly labels: readonly string[];
  /** At most six: as many colours there are. */
  readonly series: readonly {
    /** Anybody's words. */
    readonly label: string;
    readonly values: readonly number[];
    readonly total: number;
  }[];
}

/**
 * A picture for those who have script, drawn by `app.client.js`, with its legend; and the same as a table, which is the
 * form for everybody else.
 */
export function Chart({
  data,
  caption,
  column,
}: {
  readonly data: ChartData;
  readonly caption: string;
  readonly column: string;
}) {
  const series = data.series.map((one) => ({ ...one, label: plain(one.label) }));
  // In a script element text ends at "<" only: whoever named an agent cannot close it.
  const json = JSON.stringify({ ...data, series }).replaceAll("<", "\\u003c");
  return (
    <div class="chart-part">
      <div class="chart" data-chart hidden>
        {raw(`<script type="application/json">${json}</script>`)}
      </div>
      <ul class="legend">
        {series.map(({ label, total }, at) => (
          <li class={`key k${(at % 6) + 1}`}>
            <bdi>{label}</bdi>
            <span class="money">{moneyWords(total, data.unit)}</span>
          </li>
        ))}
      </ul>
      <details>
        <summary>The same as a table</summary>
        <Table caption={caption} columns={[column, ...series.map(({ label }) => ({ label, end: true as const }))]}>
          {data.labels.map((label, place) =>
            series.every(({ values }) => values[place] === 0) ? null : (
              <tr>
                <th scope="row">{label}</th>
                {series.map((one) => (
                  <td class="end" data-label={one.label}>
                    {amountWords(one.values[place] ?? 0)}
                  </td>
                ))}
              </tr>
            ),
          )}
        </Table>
      </details>
    </div>
  );
}
