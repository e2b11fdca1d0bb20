import type { OrganizationVisit } from "../../route.ts";
import { Card, Money, Table, When } from "../../ui/parts.tsx";
import { TransactionStatusBadge } from "../../ui/transaction.tsx";
import { plain } from "../../ui/words.ts";
import type { OverviewData } from "./data.ts";

/** The newest transactions, whatever became of them. */
export function Latest({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  const { base, now, organization } = visit;
  return (
    <Card
      id="latest"
      live
      flush
      title="Latest transactions"
      actions={<a href={`${base}/transactions`}>All transactions</a>}
    >
      {data.latest.length === 0 ? (
        <p class="soft">No agent has asked for anything yet.</p>
      ) : (
        <Table
          caption="Latest transactions"
          columns={["Vendor", "Status", { label: "Amount", end: true }, { label: "When", end: true }]}
          narrow="pair"
        >
          {data.latest.map(({ id, vendor, agent_id, status, amount, currency, created_at }) => (
            <tr>
              <th scope="row">
                <a href={`${base}/transactions/${id}`}>
                  <bdi>{plain(vendor)}</bdi>
                </a>
                <p class="hint">
                  <bdi>{plain(data.nameOf(agent_id))}</bdi>
                </p>
              </th>
              <td data-label="Status">
                <TransactionStatusBadge status={status} />
              </td>
              <td class="end" data-label="Amount">
                <Money amount={amount} currency={currency} />
              </td>
              <td class="end soft" data-label="When">
                <When at={created_at} now={now} timezone={organization.timezone} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
