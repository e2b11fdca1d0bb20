import { Table } from "../../../ui/parts.tsx";
import { countWords, moneyWords } from "../../../ui/words.ts";
import { OUTCOMES, type Outcome, type Pair, pairsOf, type Simulation } from "./days.ts";

const LABELS: Readonly<Record<Outcome, string>> = {
  approved: "Approved",
  asked: "A person asked",
  rejected: "Refused",
};
const HEIGHT = 100;

/**
 * Per day what happened (left, pale) beside what would have (right, full): by amount, and by number, because one dear
 * purchase hides all cheap ones. Drawn without script; below it as a table.
 */
export const Pictures = ({ simulation, currency }: { readonly simulation: Simulation; readonly currency: string }) => (
  <>
    <ul class="picture-legend">
      {OUTCOMES.map((outcome) => (
        <li class={`picture-key ${outcome}`}>{LABELS[outcome]}</li>
      ))}
    </ul>
    <p class="hint">
      Of each pair the pale bar on the left is what happened, the full one on the right what would have.
    </p>
    {simulation.days.some(hasAmount) ? (
      <Picture
        title="By amount"
        pairs={pairsOf(simulation.days, "amount")}
        words={(value) => moneyWords(value, currency)}
        unit={currency}
      />
    ) : null}
    <Picture
      title="By number"
      pairs={pairsOf(simulation.days, "count")}
      words={(value) => countWords(value, "purchase")}
      unit="purchases"
    />
  </>
);

function Picture({
  title,
  pairs,
  words,
  unit,
}: {
  readonly title: string;
  readonly pairs: readonly Pair[];
  readonly words: (value: number) => string;
  readonly unit: string;
}) {
  const [first, last] = [pairs[0], pairs.at(-1)];
  if (first === undefined || last === undefined) return null;
  const total = (sums: Pair["actual"]) => OUTCOMES.reduce((sum, outcome) => sum + sums[outcome], 0);
  const top = Math.max(...pairs.flatMap(({ actual, rehearsed }) => [total(actual), total(rehearsed)]));
  return (
    <figure class="picture">
      <figcaption>
        <strong>{title}</strong>
        <span class="hint">{`The tallest bar is ${words(top)}.`}</span>
      </figcaption>
      <svg
        class="picture-bars"
        viewBox={`0 0 ${pairs.length * 10} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: what happened and what would have, from ${first.from} to ${last.to}. The table below has the figures.`}
      >
        <rect class="picture-ground" x="0" y={HEIGHT - 0.5} width={pairs.length * 10} height="0.5" />
        {pairs.map((pair, index) => (
          <g>
            <title>{dayWords(pair)}</title>
            <Bar x={index * 10 + 1} sums={pair.actual} top={top} world="actual" />
            <Bar x={index * 10 + 5.2} sums={pair.rehearsed} top={top} world="rehearsed" />
          </g>
        ))}
      </svg>
      <div class="picture-ends" aria-hidden="true">
        <span>{first.from}</span>
        {pairs.length > 1 ? <span>{last.to}</span> : null}
      </div>
      <details>
        <summary>The same as a table</summary>
        <Figures pairs={pairs} words={words} unit={unit} />
      </details>
    </figure>
  );
}

const hasAmount = ({ actual, rehearsed }: Simulation["days"][number]): boolean =>
  OUTCOMES.some((outcome) => actual[outcome].amount > 0 || rehearsed[outcome].amount > 0);

/** From below: approved, asked, refused. */
function Bar({
  x,
  sums,
  top,
  world,
}: {
  readonly x: number;
  readonly sums: Pair["actual"];
  readonly top: number;
  readonly world: "actual" | "rehearsed";
}) {
  let below = HEIGHT;
  return (
    <>
      {OUTCOMES.map((outcome) => {
        const height = top === 0 ? 0 : (sums[outcome] / top) * HEIGHT;
        below -= height;
        return height === 0 ? null : (
          <rect
            class={`picture-bar ${outcome} ${world}`}
            x={x}
            y={below.toFixed(2)}
            width="3.8"
            height={height.toFixed(2)}
          />
        );
      })}
    </>
  );
}

const dayWords = ({ from, to }: Pair): string => (from === to ? from : `${from} to ${to}`);

function Figures({
  pairs,
  words,
  unit,
}: {
  readonly pairs: readonly Pair[];
  readonly words: (value: number) => string;
  readonly unit: string;
}) {
  const column = (label: string) => ({ label, end: true as const });
  return (
    <Table
      caption={`What happened, and what would have, in ${unit}`}
      columns={[
        "Day",
        ...OUTCOMES.flatMap((outcome) => [column(`${LABELS[outcome]}: happened`), column("Would have")]),
      ]}
    >
      {pairs
        .filter(({ actual, rehearsed }) => OUTCOMES.some((outcome) => actual[outcome] > 0 || rehearsed[outcome] > 0))
        .map((pair) => (
          <tr>
            <th scope="row">{dayWords(pair)}</th>
            {OUTCOMES.flatMap((outcome) => [
              <td class="end" data-label={`${LABELS[outcome]}: happened`}>
                {words(pair.actual[outcome])}
              </td>,
              <td class="end" data-label={`${LABELS[outcome]}: would have`}>
                {words(pair.rehearsed[outcome])}
              </td>,
            ])}
          </tr>
        ))}
    </Table>
  );
}
