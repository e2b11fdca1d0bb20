import type { TransactionView } from "../../../schema/transaction.ts";
import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { LinkButton, Notice, PageHead } from "../../ui/parts.tsx";
import { Flags, flagsOf, STATUS_WORDS, TransactionStatusBadge } from "../../ui/transaction.tsx";
import { amountWords, plain } from "../../ui/words.ts";
import { asOf, bodyOf, eventsAbout, type PastEvent } from "../audit/log.ts";
import { Actions, type Attempt } from "./actions.tsx";
import { Checks } from "./checks.tsx";
import { Amounts, AskedFor, PaymentFacts } from "./facts.tsx";
import { judgementsOf } from "./judgements.ts";
import { namesOf } from "./names.ts";
import { Timeline } from "./timeline.tsx";

export const transactionDetail = (visit: OrganizationVisit): Promise<Response> => transactionPage(visit, null);

/** Everything about one purchase. `attempt`: a form that was not taken. */
export async function transactionPage(visit: OrganizationVisit, attempt: Attempt | null): Promise<Response> {
  const { api, base, params, organization } = visit;
  const id = params.transaction_id ?? "";
  const transaction = await api.get("getTransaction", { params: { transaction_id: id } });
  const [events, { seq }] = await Promise.all([eventsAbout(visit, id), asOf(visit)]);
  const actors = events.flatMap((event) => bodyOf(event)?.actor ?? []);
  const [names, judgements] = await Promise.all([
    namesOf(visit, actors),
    judgementsOf(visit, transaction.agent_id, events),
  ]);
  const { currency, approval_id } = transaction;
  const manages = mayManage(organization);
  return organizationPage(
    visit,
    {
      title: `${amountWords(transaction.amount)} ${currency}`,
      section: "transactions",
      live: attempt === null,
      status: attempt === null ? 200 : attempt.refusal.status,
    },
    <>
      <Heading visit={visit} transaction={transaction} />
      <div class="columns side-first">
        <div>
          <Amounts transaction={transaction} />
          {manages ? <Actions visit={visit} transaction={transaction} attempt={attempt} /> : null}
          <PaymentFacts transaction={transaction} />
        </div>
        <div>
          <AskedFor
            visit={visit}
            transaction={transaction}
            agentName={names.agents.get(transaction.agent_id) ?? transaction.agent_id}
            approvalId={approval_id ?? approvalIn(events)}
          />
          <Checks visit={visit} judgements={judgements} currency={currency} />
          <Timeline
            visit={visit}
            events={events}
            names={names}
            asOf={seq}
            erase={manages ? `${base}/audit/erase?subject=${id}` : null}
          />
        </div>
      </div>
    </>,
  );
}

/** The amount, to whom, and where it stands. */
function Heading({
  visit: { base },
  transaction,
}: {
  readonly visit: OrganizationVisit;
  readonly transaction: TransactionView;
}) {
  const { id, status, vendor, amount, currency, approval_id } = transaction;
  return (
    <>
      <PageHead
        back={{ href: `${base}/transactions`, label: "Transactions" }}
        title={
          <>
            <span class="sum-main">
              {amountWords(amount)} <small>{currency}</small>
            </span>{" "}
            <span class="sum-payee">
              to <bdi>{plain(vendor)}</bdi>
            </span>
          </>
        }
      >
        {approval_id === undefined ? null : (
          <LinkButton kind="main" href={`${base}/approvals/${approval_id}`}>
            See the approval
          </LinkButton>
        )}
        <LinkButton href={`${base}/transactions/${id}/receipt`}>Signed receipt</LinkButton>
      </PageHead>
      <div id="status" data-live class="status-line">
        <p>
          <TransactionStatusBadge status={status} />
          <Flags transaction={transaction} /> <span class="soft">{STATUS_WORDS[status].means}</span>
        </p>
        {flagsOf(transaction).map(({ tone, label, means }) => (
          <Notice tone={tone}>
            <strong>{label}.</strong> {means}
          </Notice>
        ))}
      </div>
    </>
  );
}

/** The approval that the log names, for purchases that do not wait any more. */
function approvalIn(events: readonly PastEvent[]): string | null {
  for (const event of events) {
    const { approval_id } = (bodyOf(event)?.data ?? {}) as { approval_id?: unknown };
    if (typeof approval_id === "string" && /^apr_[0-9A-Za-z]{1,40}$/.test(approval_id)) return approval_id;
  }
  return null;
}
