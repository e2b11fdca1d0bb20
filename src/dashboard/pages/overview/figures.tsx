import type { Child } from "hono/jsx";
import { toMajor } from "../../../money.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Money, When } from "../../ui/parts.tsx";
import { countWords } from "../../ui/words.ts";
import type { OverviewData } from "./data.ts";

/** The four figures that answer "is all well?". */
export function Figures({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  const { totals, today, as_of } = data.statistics;
  const { base, now, organization } = visit;
  const [main] = totals;
  const asked = today.approved + today.refused + today.waiting;
  const waiting = data.waiting.data.length;
  return (
    <section id="figures" data-live aria-label="Figures">
      <dl class="glance">
        <Figure label="Spent this month">
          <Money
            amount={toMajor(main?.spent ?? 0)}
            currency={main?.currency ?? data.organization.budgets[0]?.currency ?? "USD"}
          />
          <Others totals={totals} of="spent" />
        </Figure>
        <Figure label="Held now" hint="Set aside for purchases that are not finished">
          <Money
            amount={toMajor(main?.held ?? 0)}
            currency={main?.currency ?? data.organization.budgets[0]?.currency ?? "USD"}
          />
          <Others totals={totals} of="held" />
        </Figure>
        <Figure
          label="Asked for today"
          hint={`${countWords(today.approved, "approved", "approved")}, ${countWords(today.refused, "refused", "refused")}, ${countWords(today.waiting, "waiting", "waiting")}`}
        >
          <a class="number" href={`${base}/transactions`}>
            {countWords(asked, "purchase")}
          </a>
        </Figure>
        <Figure
          label="Waiting for a person"
          hint={waiting === 0 ? "Nobody is kept waiting" : "The agent goes on once somebody decides"}
        >
          <a class={waiting === 0 ? "number" : "number waits"} href={`${base}/approvals`}>
            {data.waiting.next_cursor === null
              ? countWords(waiting, "approval")
              : `More than ${countWords(waiting, "approval")}`}
          </a>
        </Figure>
      </dl>
      <p class="hint as-of">
        {as_of.at === null ? (
          "Nothing has been recorded yet."
        ) : (
          <>
            Counted up to event {as_of.seq}, <When at={as_of.at} now={now} timezone={organization.timezone} />.
          </>
        )}
      </p>
    </section>
  );
}

const Figure = ({
  label,
  hint,
  children,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly children?: Child;
}) => (
  <div class="glance-item">
    <dt>{label}</dt>
    <dd>
      {children}
      {hint === undefined ? null : <p class="hint">{hint}</p>}
    </dd>
  </div>
);

function Others({
  totals,
  of,
}: {
  readonly totals: OverviewData["statistics"]["totals"];
  readonly of: "spent" | "held";
}) {
  return (
    <>
      {totals.slice(1).map((total) =>
        total[of] === 0 ? null : (
          <p class="hint">
            and <Money amount={toMajor(total[of])} currency={total.currency} />
          </p>
        ),
      )}
    </>
  );
}
