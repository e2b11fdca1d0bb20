import type { MandateTerms } from "../../../../policy/terms.ts";
import type { OrganizationVisit } from "../../../route.ts";
import { BudgetBar, Card, Empty, LinkButton, Notice } from "../../../ui/parts.tsx";
import { countWords, moneyWords, timeWords } from "../../../ui/words.ts";
import { BUDGET_TITLES } from "../terms/catalogue.ts";
import type { Simulation } from "./days.ts";
import { BusiestRules, Differences, ruleWords, Totals } from "./figures.tsx";
import { optionsQuery, type RehearsalOptions } from "./options.ts";
import { Pictures } from "./picture.tsx";

/** What a rehearsal has found: the answer in one sentence, the picture, and then the purchases. */
export function Result({
  visit,
  simulation,
  terms,
  options,
  path,
}: {
  readonly visit: OrganizationVisit;
  readonly simulation: Simulation;
  readonly terms: MandateTerms;
  readonly options: RehearsalOptions;
  readonly path: string;
}) {
  const { actual, rehearsed, differences, truncated, kind } = simulation;
  if (actual.total === 0 && rehearsed.total === 0 && !truncated) {
    return (
      <Empty icon="list" title="Nothing to rehearse on">
        The agent has asked for nothing in this time. Choose a longer one, or let the draft follow its purchases from
        now on.
      </Empty>
    );
  }
  return (
    <>
      <Progress visit={visit} simulation={simulation} options={options} path={path} />
      <Card
        title={kind === "as_recorded" ? "Decided again" : "What would have happened"}
        hint={stretchWords(visit, simulation)}
      >
        <p class="rehearsal-verdict">{verdictWords(simulation, terms.currency)}</p>
        <Totals counts={simulation} currency={terms.currency} />
        <Pictures simulation={simulation} currency={terms.currency} />
      </Card>
      <Differences
        visit={visit}
        title="What would have gone otherwise"
        count={differences.count}
        differences={differences.first}
      />
      <BusiestRules counts={simulation} terms={terms} />
      <Peaks visit={visit} simulation={simulation} terms={terms} />
      <SmallPrint simulation={simulation} />
    </>
  );
}

function verdictWords(simulation: Simulation, currency: string): string {
  const { kind, differences, actual, rehearsed } = simulation;
  if (kind === "as_recorded") {
    return differences.count === 0
      ? `All ${countWords(rehearsed.total, "decision")} come out as they were recorded.`
      : `${countWords(differences.count, "decision")} of ${rehearsed.total} would come out otherwise than they were recorded. The record or the rules have changed.`;
  }
  if (differences.count === 0)
    return `Nothing would have gone otherwise: all ${countWords(actual.total, "purchase")} fit these terms just as well.`;
  return `Of ${countWords(actual.total, "purchase")}, ${differences.count} would have gone otherwise.${stoppedWords(simulation, currency)}`;
}

/** What more these terms would have stopped, and how much more often they would have asked. */
function stoppedWords({ actual, rehearsed }: Simulation, currency: string): string {
  const rejected = (world: Simulation["actual"]) =>
    world.amounts.find((one) => one.currency === currency)?.rejected ?? 0;
  const more = rehearsed.rejected - actual.rejected;
  const worth = Math.round((rejected(rehearsed) - rejected(actual)) * 1_000_000) / 1_000_000;
  const asks = rehearsed.asked - actual.asked;
  return [
    more > 0 && worth > 0
      ? ` ${countWords(more, "purchase")} more would have been stopped, worth ${moneyWords(worth, currency)}.`
      : "",
    more < 0 && worth < 0
      ? ` ${countWords(-more, "purchase")} less would have been stopped, worth ${moneyWords(-worth, currency)}.`
      : "",
    asks > 0 ? ` A person would have been asked ${countWords(asks, "time")} more.` : "",
    asks < 0 ? ` A person would have been asked ${countWords(-asks, "time")} less.` : "",
  ].join("");
}

function stretchWords({ organization }: OrganizationVisit, { since, until }: Simulation): string | undefined {
  if (since === null || until === null) return undefined;
  const words = (at: string) => timeWords(Date.parse(at), organization.timezone);
  return `From ${words(since)} to ${words(until)}.`;
}

/** One call reads so much of the log; the rest is a press away, with books that go on from there. */
function Progress({
  visit,
  simulation: { truncated, next_since, next_after_seq, until },
  options,
  path,
}: {
  readonly visit: OrganizationVisit;
  readonly simulation: Simulation;
  readonly options: RehearsalOptions;
  readonly path: string;
}) {
  if (!truncated || next_since === null) return null;
  const next: RehearsalOptions = {
    ...options,
    run: "start",
    turn: 0,
    since: next_since,
    after_seq: next_after_seq === null ? "" : String(next_after_seq),
  };
  return (
    <Notice tone="info">
      <strong>This is the first part.</strong>{" "}
      {`There is more than one rehearsal reads at once. It got as far as ${timeWords(Date.parse(until ?? next_since), visit.organization.timezone)}.`}{" "}
      <LinkButton href={`${path}${optionsQuery(next)}`}>Go on from there</LinkButton>
    </Notice>
  );
}

/** How full each budget would have been at its fullest. */
function Peaks({
  visit,
  simulation,
  terms,
}: {
  readonly visit: OrganizationVisit;
  readonly simulation: Simulation;
  readonly terms: MandateTerms;
}) {
  if (simulation.peaks.length === 0) return null;
  return (
    <Card title="Budgets at their fullest" hint="Each at the moment at which most of it would have been used.">
      {simulation.peaks.map(({ id, period, limit, used, at }) => (
        <BudgetBar
          label={ruleWords(terms, id) ?? BUDGET_TITLES[period]}
          settled={used}
          held={0}
          limit={limit}
          remaining={Math.max(0, Math.round((limit - used) * 1_000_000) / 1_000_000)}
          currency={terms.currency}
          note={timeWords(Date.parse(at), visit.organization.timezone)}
        />
      ))}
    </Card>
  );
}

/** What the figures leave out. */
function SmallPrint({
  simulation: { repeats, skipped, other_reasons, judged_again, warm_up, kind },
}: {
  readonly simulation: Simulation;
}) {
  const lines = [
    kind === "counterfactual"
      ? "A purchase that was refused in reality, and would have been approved, is taken as bought in full. What the agent never tried is not in it."
      : null,
    judged_again > 0
      ? `${countWords(judged_again, "purchase")} judged a second time, when they were approved or paid.`
      : null,
    other_reasons > 0 ? `${countWords(other_reasons, "purchase")} with the same outcome for other reasons.` : null,
    repeats > 0
      ? `${countWords(repeats, "refusal")} repeated an earlier one and ${repeats === 1 ? "is" : "are"} not judged again.`
      : null,
    skipped.repeats > 0
      ? `${countWords(skipped.repeats, "repeat")} of refusals that these terms would not have made.`
      : null,
    skipped.erased > 0
      ? `${countWords(skipped.erased, "event")} of the log ${skipped.erased === 1 ? "was" : "were"} erased.`
      : null,
    warm_up !== null && !warm_up.complete
      ? "What the budgets had used before this time could not be read far enough back."
      : null,
  ].filter((line) => line !== null);
  return lines.length === 0 ? null : (
    <details class="small-print">
      <summary>How this was reckoned</summary>
      <ul>
        {lines.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
    </details>
  );
}
