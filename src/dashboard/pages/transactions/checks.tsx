import type { OrganizationVisit } from "../../route.ts";
import { Badge, Card, Notice, When } from "../../ui/parts.tsx";
import { amountWords, labelWords } from "../../ui/words.ts";
import type { Judged, Judgement } from "./judgements.ts";

const STAGES: Readonly<Record<Judgement["stage"], string>> = {
  first: "When the agent asked",
  approval: "Again, when a person approved",
  execution: "Again, right before it was paid",
};

const stageWords = ({ stage, repeat }: Judgement): string =>
  repeat === 1 ? STAGES[stage] : `When it asked for the ${repeat}th time`;

const OUTCOMES: Readonly<Record<Judgement["outcome"], string>> = {
  approved: "Nothing stood against it.",
  approval_required: "Nothing stood against it, and the mandate asks for a person.",
  rejected: "One failed check is enough to refuse.",
};

/** What the policy looked at, in its own fixed order, each time that it judged. Open where there is something to see. */
export function Checks({
  visit,
  judgements,
  currency,
}: {
  readonly visit: OrganizationVisit;
  readonly judgements: readonly Judgement[];
  readonly currency: string;
}) {
  if (judgements.length === 0) return null;
  return (
    <Card
      id="checks"
      live
      title="What was checked"
      hint="In this order, always all of them. Figures are those of that moment."
    >
      {judgements.map((judgement, index) => (
        <details class="judgement" open={index === judgements.length - 1 && !isPlain(judgement)}>
          <summary>
            <strong>{stageWords(judgement)}</strong>{" "}
            <span class="soft">
              <When at={judgement.at} now={visit.now} timezone={visit.organization.timezone} exact />
            </span>
            <Tally judgement={judgement} />
          </summary>
          <p class="hint">
            {OUTCOMES[judgement.outcome]} <JudgedBy visit={visit} judgement={judgement} />
          </p>
          {judgement.checks === null ? (
            <Codes codes={judgement.codes} />
          ) : (
            <ol class="verdicts">
              {judgement.checks.map((check) => (
                <CheckLine check={check} currency={currency} visit={visit} />
              ))}
            </ol>
          )}
        </details>
      ))}
    </Card>
  );
}

function JudgedBy({
  visit,
  judgement: { mandate },
}: {
  readonly visit: OrganizationVisit;
  readonly judgement: Judgement;
}) {
  if (mandate === null) return <>No mandate was in force.</>;
  return (
    <>
      {"Judged by "}
      <a href={`${visit.base}/mandates/${mandate.id}`}>{`version ${mandate.version} of the mandate`}</a>.
    </>
  );
}

/** Is every check simply passed? */
const isPlain = ({ checks }: Judgement): boolean => checks?.every(({ passed, asks }) => passed && !asks) ?? false;

function Tally({ judgement: { checks, outcome } }: { readonly judgement: Judgement }) {
  if (checks === null) return null;
  const failed = checks.filter(({ passed }) => !passed).length;
  if (failed > 0) return <Badge tone="bad">{`${failed} of ${checks.length} failed`}</Badge>;
  if (outcome === "approval_required") return <Badge tone="warn">Asks for a person</Badge>;
  return <Badge tone="good">{`All ${checks.length} passed`}</Badge>;
}

function CheckLine({
  check,
  currency,
  visit,
}: {
  readonly check: Judged;
  readonly currency: string;
  readonly visit: OrganizationVisit;
}) {
  const [state, word] = check.passed ? (check.asks ? ["asks", "Asks"] : ["passed", "Passed"]) : ["failed", "Failed"];
  const figures = figuresOf(check, currency);
  return (
    <li class={figures === null ? `${state} quiet` : state}>
      <span class="check-state">{word}</span>
      <div>
        <p>
          <bdi>{figures !== null && state === "passed" ? nameOf(check) : check.detail}</bdi>
        </p>
        {figures === null ? null : (
          <p class="hint number">
            {figures}
            {check.resets_at === undefined ? null : (
              <>
                {" · resets "}
                <When at={check.resets_at} now={visit.now} timezone={visit.organization.timezone} exact />
              </>
            )}
          </p>
        )}
      </div>
    </li>
  );
}

/** Limit, what was used and what was left, as the check found it. A rate limit counts purchases. */
function figuresOf(check: Judged, currency: string): string | null {
  if (check.limit === undefined) return null;
  const counts = check.rule === "rate_limit";
  const words = (value: number) => (counts ? String(value) : amountWords(value));
  const parts = [`Limit ${words(check.limit)}${counts ? "" : ` ${currency}`}`];
  if (check.used !== undefined) parts.push(`used ${words(check.used)}`);
  if (check.remaining !== undefined) parts.push(`left ${words(check.remaining)}`);
  return parts.join(" · ");
}

/** What was compared: for checks whose figures say the rest. */
function nameOf({ rule, period, detail }: Judged): string {
  const [name, inside = name] = NAMES[rule] ?? [];
  if (name === undefined) return detail;
  return period === null ? name : `${labelWords(period)} ${inside}`;
}
const NAMES: Readonly<Record<string, readonly [alone: string, withPeriod?: string]>> = {
  per_transaction: ["Limit for one purchase"],
  budget: ["Budget", "budget"],
  organization_budget: ["Budget of the organization", "budget of the organization"],
  vendor_budget: ["Budget for these vendors", "budget for these vendors"],
  max_amount: ["Limit for such purchases"],
  rate_limit: ["Purchases in the sliding window"],
};

const Codes = ({ codes }: { readonly codes: readonly string[] }) => (
  <Notice tone="quiet">
    {codes.length === 0
      ? "The details of this judgement are not at hand any more; the log holds what was decided."
      : `Refused for: ${codes.map(labelWords).join(", ")}.`}
  </Notice>
);
