import { mayManage, type OrganizationVisit } from "../../route.ts";
import { BudgetBar, Card, Empty, LinkButton, Money, When } from "../../ui/parts.tsx";
import { labelWords, plain } from "../../ui/words.ts";
import { type AgentView, currencyOf, type MandateView } from "./data.ts";
import { MandateBadge } from "./parts.tsx";

/** What the agent may spend, and how much of it is used. */
export function MandateCard({
  visit,
  agent,
  mandate,
}: {
  readonly visit: OrganizationVisit;
  readonly agent: AgentView;
  readonly mandate: MandateView | undefined;
}) {
  const { base, organization } = visit;
  const write = mayManage(organization) && agent.status !== "decommissioned";
  if (mandate === undefined) {
    return (
      <Card title="Limits" id="limits" live>
        <Empty
          icon="shield"
          title="It can spend nothing"
          action={
            write ? (
              <LinkButton href={`${base}/mandates/new?agent_id=${agent.id}`}>Set its limits</LinkButton>
            ) : undefined
          }
        >
          Without a mandate in force every purchase is refused. A mandate says how much, where and when it may spend.
        </Empty>
      </Card>
    );
  }
  const currency = currencyOf(mandate);
  return (
    <Card
      title="Limits"
      id="limits"
      live
      hint={
        <>
          <bdi>{plain(String(mandate.terms.name ?? ""))}</bdi>
          {`, version ${mandate.version} `}
          <MandateBadge status={mandate.status} />
        </>
      }
      actions={<LinkButton href={`${base}/mandates/${mandate.id}`}>Open the mandate</LinkButton>}
    >
      {mandate.status === "paused" ? <p class="warn-text">It is paused: nothing new is authorized.</p> : null}
      <p>
        Up to <Money amount={Number(mandate.terms.per_transaction_limit)} currency={currency} /> per purchase.
      </p>
      <div class="budgets">
        {mandate.budgets.map(({ period, limit, settled, held, remaining, resets_at }) => (
          <BudgetBar
            label={labelWords(period)}
            settled={settled}
            held={held}
            limit={limit}
            remaining={remaining}
            currency={currency}
            note={
              resets_at === null ? undefined : (
                <>
                  begins anew <When at={resets_at} now={visit.now} timezone={organization.timezone} />
                </>
              )
            }
          />
        ))}
      </div>
      <details class="more">
        <summary>All of it in words</summary>
        <ul>
          {mandate.summary.map((sentence) => (
            <li>
              <bdi>{plain(sentence)}</bdi>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}
