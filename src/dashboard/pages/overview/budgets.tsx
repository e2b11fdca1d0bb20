import type { Child } from "hono/jsx";
import type { BudgetStatus } from "../../../schema/common.ts";
import type { OrganizationVisit } from "../../route.ts";
import { BudgetBar, Card, When } from "../../ui/parts.tsx";
import { countWords, labelWords, plain } from "../../ui/words.ts";
import type { OverviewData } from "./data.ts";

const AGENTS = 6;
const BUDGETS_EACH = 3;

/** How full budgets are: the organization's first, then those of the agents that have used most of theirs. */
export function Budgets({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  const { organization, mandates, nameOf } = data;
  const fullest = [...mandates.data].sort((a, b) => fullness(b.budgets) - fullness(a.budgets)).slice(0, AGENTS);
  const more = mandates.data.length - fullest.length;
  return (
    <Card id="budgets" live title="Budgets" actions={<a href={`${visit.base}/mandates`}>All mandates</a>}>
      {organization.budgets.length === 0 ? null : (
        <BudgetGroup
          visit={visit}
          title={<a href={`${visit.base}/settings/budgets`}>All agents together</a>}
          budgets={organization.budgets}
        />
      )}
      {fullest.map(({ agent_id, budgets, terms }) => (
        <BudgetGroup
          visit={visit}
          title={
            <a href={`${visit.base}/agents/${agent_id}`}>
              <bdi>{plain(nameOf(agent_id))}</bdi>
            </a>
          }
          budgets={budgets.map((budget) => ({ ...budget, currency: String(terms.currency) }))}
        />
      ))}
      {fullest.length === 0 ? (
        <p class="soft">No mandate is in force, so no agent can spend anything.</p>
      ) : more > 0 ? (
        <p class="hint">{`The fullest ${AGENTS} of ${countWords(mandates.data.length, "mandate")}${mandates.next_cursor === null ? "" : ", the newest ones"}.`}</p>
      ) : null}
    </Card>
  );
}

const share = ({ limit, remaining }: BudgetStatus) => (limit > 0 ? 1 - remaining / limit : 1);
/** For the order on the page only. */
const fullness = (budgets: readonly BudgetStatus[]) => Math.max(0, ...budgets.map(share));

function BudgetGroup({
  visit: { now, organization },
  title,
  budgets,
}: {
  readonly visit: OrganizationVisit;
  readonly title: Child;
  readonly budgets: readonly (BudgetStatus & { readonly currency: string })[];
}) {
  const shown = [...budgets].sort((a, b) => share(b) - share(a)).slice(0, BUDGETS_EACH);
  return (
    <div class="budget-group">
      <h3>{title}</h3>
      {shown.map(({ period, resets_at, id: _id, ...budget }) => (
        <BudgetBar
          {...budget}
          label={labelWords(period)}
          note={
            resets_at === null ? undefined : (
              <>
                resets <When at={resets_at} now={now} timezone={organization.timezone} />
              </>
            )
          }
        />
      ))}
      {budgets.length > shown.length ? (
        <p class="hint">{`and ${countWords(budgets.length - shown.length, "budget")} that are less used`}</p>
      ) : null}
    </div>
  );
}
