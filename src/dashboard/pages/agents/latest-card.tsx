import type { AnswerOf } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Card, LinkButton, Money, Table, When } from "../../ui/parts.tsx";
import { Flags, TransactionStatusBadge } from "../../ui/transaction.tsx";
import { plain } from "../../ui/words.ts";
import type { AgentView } from "./data.ts";

type Transaction = AnswerOf<"listTransactions">["data"][number];

/** What the agent did last. */
export const LatestCard = ({
  visit: { base, now, organization },
  agent,
  transactions,
}: {
  readonly visit: OrganizationVisit;
  readonly agent: AgentView;
  readonly transactions: readonly Transaction[];
}) => (
  <Card
    title="Latest purchases"
    id="latest"
    live
    flush={transactions.length > 0}
    actions={
      transactions.length === 0 ? undefined : (
        <LinkButton href={`${base}/transactions?agent_id=${agent.id}`}>All of them</LinkButton>
      )
    }
  >
    {transactions.length === 0 ? (
      <p class="soft">It has not asked for anything yet. What it asks for appears here at once, refused or not.</p>
    ) : (
      <Table
        caption="Latest purchases of this agent"
        columns={["Vendor", "Status", { label: "Amount", end: true }, { label: "When", end: true }]}
      >
        {transactions.map((one) => (
          <tr>
            <td data-label="Vendor">
              <a href={`${base}/transactions/${one.id}`}>
                <bdi>{plain(one.vendor)}</bdi>
              </a>
            </td>
            <td data-label="Status">
              <TransactionStatusBadge status={one.status} />
              <Flags transaction={one} />
            </td>
            <td data-label="Amount" class="end">
              <Money amount={one.amount} currency={one.currency} />
            </td>
            <td data-label="When" class="end">
              <When at={one.created_at} now={now} timezone={organization.timezone} />
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);
