import { compileMandate } from "../../../../policy/compile.ts";
import { REASONS, type ReasonCode } from "../../../../policy/reasons.ts";
import type { MandateTerms } from "../../../../policy/terms.ts";
import type { OrganizationVisit } from "../../../route.ts";
import { Badge, Card, Table, type Tone, When } from "../../../ui/parts.tsx";
import { countWords, moneyWords, plain } from "../../../ui/words.ts";
import { BUDGET_TITLES } from "../terms/catalogue.ts";
import type { Outcome, Simulation } from "./days.ts";

type Counts = Pick<Simulation, "actual" | "rehearsed" | "per_rule">;
type Difference = Simulation["differences"]["first"][number];

const WORDS: Readonly<Record<Outcome, readonly [tone: Tone, happened: string]>> = {
  approved: ["good", "Approved"],
  asked: ["warn", "Person asked"],
  rejected: ["bad", "Refused"],
};

/** The three figures, each beside what really happened. */
export function Totals({ counts, currency }: { readonly counts: Counts; readonly currency: string }) {
  const line = (world: "actual" | "rehearsed", outcome: Outcome) => {
    const amount = counts[world].amounts.find((one) => one.currency === currency)?.[outcome] ?? 0;
    return { count: counts[world][outcome], money: moneyWords(amount, currency) };
  };
  const tile = (title: string, outcome: Outcome) => {
    const [would, did] = [line("rehearsed", outcome), line("actual", outcome)];
    return (
      <div class={`outcome-total ${outcome}`}>
        <dt>{title}</dt>
        <dd>
          <strong>{would.count}</strong>
          <span class="money">{would.money}</span>
          <span class="hint">{`In reality ${did.count}, ${did.money}`}</span>
        </dd>
      </div>
    );
  };
  return (
    <dl class="outcome-totals">
      {tile("Would approve", "approved")}
      {tile("Would ask a person", "asked")}
      {tile("Would refuse", "rejected")}
    </dl>
  );
}

/** Which limits and rules refuse and ask, the busiest first. */
export function BusiestRules({ counts, terms }: { readonly counts: Counts; readonly terms: MandateTerms }) {
  if (counts.per_rule.length === 0) return null;
  const busiest = [...counts.per_rule].sort((a, b) => b.rejected + b.asked - (a.rejected + a.asked));
  return (
    <Card title="Why" hint="What refuses and asks. One purchase can stand in several lines." flush>
      <Table
        caption="How often each limit and rule refuses or asks"
        columns={[
          "Limit or rule",
          { label: "Refuses", end: true },
          { label: "Asks", end: true },
          { label: "Worth", end: true },
        ]}
      >
        {busiest.map(({ code, rule_id, rejected, asked, amount, currency }) => (
          <tr>
            <th scope="row" data-label="Limit or rule">
              <bdi>{plain(ruleWords(terms, rule_id) ?? reasonWords(code))}</bdi>
            </th>
            <td class="end" data-label="Refuses">
              {rejected}
            </td>
            <td class="end" data-label="Asks">
              {asked}
            </td>
            <td class="end" data-label="Worth">
              {currency === terms.currency ? moneyWords(amount, currency) : "In another currency"}
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

/** Of a version that is not these terms, a rule can be unknown here: then its code says what it was. */
export function ruleWords(terms: MandateTerms, id: string | null): string | null {
  if (id === null) return null;
  const budget = terms.budgets.find((one) => one.id === id);
  if (budget !== undefined)
    return `${BUDGET_TITLES[budget.period]} at most ${moneyWords(budget.limit, terms.currency)}`;
  return compileMandate(terms).rules.find((one) => one.id === id)?.words ?? null;
}

export const reasonWords = (code: string): string => REASONS[code as ReasonCode] ?? code;

const STAGES: Readonly<Record<Difference["stage"], string | null>> = {
  first: null,
  approval: "When it was approved",
  execution: "When it was paid",
};

/** Purchases that would have gone otherwise, with the way to each. */
export function Differences({
  visit,
  title,
  count,
  differences,
}: {
  readonly visit: OrganizationVisit;
  readonly title: string;
  readonly count: number;
  readonly differences: readonly Difference[];
}) {
  if (count === 0) return null;
  const { now, organization, base } = visit;
  return (
    <Card
      title={title}
      hint={count > differences.length ? `${differences.length} of ${countWords(count, "difference")}.` : undefined}
      flush
    >
      <Table caption={title} columns={["When", "Vendor", { label: "Amount", end: true }, "Happened", "Would have"]}>
        {differences.map((one) => (
          <tr>
            <td data-label="When">
              <a href={`${base}/transactions/${one.transaction_id}`}>
                <When at={one.at} now={now} timezone={organization.timezone} exact />
              </a>
            </td>
            <td data-label="Vendor" class="vendor-cell">
              <bdi>{plain(one.vendor)}</bdi>
            </td>
            <td class="end" data-label="Amount">
              <span class="money">{moneyWords(one.amount, plain(one.currency))}</span>
            </td>
            <td data-label="Happened">
              <OutcomeBadge outcome={one.actual} />
            </td>
            <td data-label="Would have">
              <OutcomeBadge outcome={one.rehearsed} />
              <p class="hint">{whyWords(one)}</p>
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

/** Why these terms refuse it, or, where they do not, why it was refused in reality. */
function whyWords({ stage, codes, actual_codes, rehearsed }: Difference): string {
  const when = STAGES[stage] === null ? "" : `${STAGES[stage]}: `;
  const reasons = codes.length > 0 ? codes : rehearsed === "approved" ? actual_codes : [];
  const negated = codes.length === 0 && reasons.length > 0 ? "In reality: " : "";
  return `${when}${negated}${reasons.map(reasonWords).join(" ")}`;
}

export const OutcomeBadge = ({ outcome }: { readonly outcome: Outcome }) => (
  <Badge tone={WORDS[outcome][0]}>{WORDS[outcome][1]}</Badge>
);
