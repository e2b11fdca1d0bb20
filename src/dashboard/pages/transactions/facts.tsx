import type { Child } from "hono/jsx";
import type { TransactionView } from "../../../schema/transaction.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Card, Copyable, Facts, Money, When } from "../../ui/parts.tsx";
import { PROTOCOL_WORDS } from "../../ui/transaction.tsx";
import { labelWords, plain } from "../../ui/words.ts";

type Fact = readonly [label: Child, value: Child] | null;

/** What was asked for, by whom, and what the agent said about it. */
export function AskedFor({
  visit,
  transaction,
  agentName,
  approvalId,
}: {
  readonly visit: OrganizationVisit;
  readonly transaction: TransactionView;
  readonly agentName: string;
  /** Of the approval that this purchase went through, or waits for. */
  readonly approvalId: string | null;
}) {
  const { base, now, organization } = visit;
  const { vendor, category, protocol, mandate_id, mandate_version, reason, metadata = {} } = transaction;
  const when = (at: string) => <When at={at} now={now} timezone={organization.timezone} exact />;
  const items: readonly Fact[] = [
    [
      "Vendor",
      <>
        <a href={`${base}/transactions?vendor=${encodeURIComponent(vendor)}`}>
          <bdi>{plain(vendor)}</bdi>
        </a>
        {protocol === "external" ? <p class="hint">As the agent named it</p> : null}
      </>,
    ],
    [
      "Agent",
      <a href={`${base}/agents/${transaction.agent_id}`}>
        <bdi>{plain(agentName)}</bdi>
      </a>,
    ],
    category === undefined ? null : ["Category", <bdi>{plain(category)}</bdi>],
    ["Paid by", PROTOCOL_WORDS[protocol]],
    mandate_id === undefined
      ? null
      : ["Mandate", <a href={`${base}/mandates/${mandate_id}`}>{`Version ${mandate_version} judged it`}</a>],
    approvalId === null ? null : ["Approval", <a href={`${base}/approvals/${approvalId}`}>See the approval</a>],
    ["Asked", when(transaction.created_at)],
    ["Last change", when(transaction.updated_at)],
    transaction.settle_by === undefined
      ? null
      : [
          "Report by",
          <>
            {when(transaction.settle_by)}
            <p class="hint">After that it counts as spent in full.</p>
          </>,
        ],
    ["Id", <Copyable text={transaction.id} label="the transaction's id" />],
  ];
  return (
    <Card title="What it was" id="facts">
      <Facts items={items} />
      {reason === undefined && Object.keys(metadata).length === 0 ? null : (
        <blockquote class="words agent-words">
          <span class="tag">In the agent's own words</span>
          {reason === undefined ? null : (
            <p>
              <bdi>{plain(reason)}</bdi>
            </p>
          )}
          <Facts
            items={Object.entries(metadata).map(([key, value]) => [<bdi>{plain(key)}</bdi>, <bdi>{plain(value)}</bdi>])}
          />
        </blockquote>
      )}
    </Card>
  );
}

/** Where the money stands: every figure as the ledger has it. */
export function Amounts({ transaction }: { readonly transaction: TransactionView }) {
  const { currency, amount, amount_held, amount_settled, amount_refunded, amount_claimed } = transaction;
  const money = (value: number) => <Money amount={value} currency={currency} />;
  return (
    <Card title="The money" id="amounts" live>
      <div class="sums">
        <Facts
          items={[
            ["Asked for", money(amount)],
            ["Held", money(amount_held)],
            ["Settled", money(amount_settled)],
            amount_refunded === undefined ? null : ["Refunded", money(amount_refunded)],
            amount_claimed === undefined ? null : ["Agent reported", money(amount_claimed)],
          ]}
        />
      </div>
    </Card>
  );
}

const NETWORKS: Readonly<Record<string, { readonly name: string; readonly explorer: string }>> = {
  "eip155:8453": { name: "Base", explorer: "https://basescan.org/tx/" },
  "eip155:84532": { name: "Base Sepolia (test network)", explorer: "https://sepolia.basescan.org/tx/" },
};

const LABELS: Readonly<Record<string, string>> = {
  network: "Network",
  asset: "Token contract",
  pay_to: "Paid to",
  request: "Request",
  outcome: "What is known",
  settlement_hash: "On the chain",
  profile: "Profile",
  profile_version: "Version of the profile",
  payment_intent: "PaymentIntent at Stripe",
  merchant_id: "Merchant",
  seller_profile: "Seller at Stripe",
  items_hash: "Digest of the items",
};
const IDS: ReadonlySet<string> = new Set([
  "asset",
  "pay_to",
  "payment_intent",
  "merchant_id",
  "seller_profile",
  "items_hash",
]);

/** What the payment tool has on record about the payment itself. */
export function PaymentFacts({ transaction: { payment, waiting_for } }: { readonly transaction: TransactionView }) {
  if (payment === undefined) return null;
  const network = NETWORKS[payment.network ?? ""];
  const items = Object.entries(payment).flatMap(([name, value]): Fact[] => {
    if (name === "simulated") return [];
    return [[LABELS[name] ?? labelWords(name), paymentValue(name, value, network)]];
  });
  return (
    <Card title="The payment" id="payment" live>
      <Facts
        items={[
          ...items,
          waiting_for === undefined ? null : ["Waits for", <bdi>{plain(labelWords(waiting_for))}</bdi>],
        ]}
      />
    </Card>
  );
}

function paymentValue(name: string, value: string, network: (typeof NETWORKS)[string] | undefined): Child {
  const text = plain(value);
  if (name === "network") return network?.name ?? <bdi>{text}</bdi>;
  if (name === "outcome") return labelWords(text);
  if (name === "settlement_hash") {
    return (
      <>
        <Copyable text={text} label="the transaction's hash" />
        {network !== undefined && /^0x[0-9a-f]{64}$/.test(value) ? (
          <p class="hint">
            <a href={`${network.explorer}${value}`} rel="noreferrer noopener" target="_blank">
              Look at it on the chain (another site)
            </a>
          </p>
        ) : null}
      </>
    );
  }
  return IDS.has(name) ? <Copyable text={text} label={LABELS[name] ?? name} /> : <bdi>{text}</bdi>;
}
