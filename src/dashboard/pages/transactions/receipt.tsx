import { organizationPage } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { Card, Copyable, Facts, LinkButton, PageHead, When } from "../../ui/parts.tsx";
import { labelWords, plain } from "../../ui/words.ts";

const params = ({ params: { transaction_id = "" } }: OrganizationVisit) => ({ transaction_id });

/** What Quetra signs about a transaction, in words and as it is signed. */
export async function receiptPage(visit: OrganizationVisit): Promise<Response> {
  const { receipt, kid, payload } = await visit.api.get("getReceipt", { params: params(visit) });
  const { base, now, organization } = visit;
  const path = `${base}/transactions/${payload.transaction_id}`;
  const { settlement, decision, mandate, currency } = payload;
  const when = (at: string) => <When at={at} now={now} timezone={organization.timezone} exact />;
  const money = (decimal: string) => <span class="money">{`${decimal} ${currency}`}</span>;
  return organizationPage(
    visit,
    { title: "Receipt", section: "transactions" },
    <>
      <PageHead
        title="Signed receipt"
        lead="Anybody can check it with your public keys, without asking Quetra. Nothing in it is the agent's free text, but for the name of an external vendor."
        back={{ href: path, label: "Transaction" }}
      >
        <LinkButton kind="main" href={`${path}/receipt.json`}>
          Download the receipt
        </LinkButton>
      </PageHead>
      <div class="columns even">
        <Card title="What it says">
          <Facts
            items={[
              ["Status", labelWords(payload.status)],
              ["Vendor", <bdi>{plain(payload.vendor)}</bdi>],
              ["Asked for", money(payload.amount)],
              ["Held", money(settlement.held)],
              ["Settled", money(settlement.settled)],
              ["Refunded", money(settlement.refunded)],
              ["Decision", `${labelWords(decision.outcome)}, event ${decision.seq}`],
              mandate === null ? null : ["Mandate", `Version ${mandate.version}`],
              ["Signed", when(payload.at)],
              ["Log when signed", `Event ${payload.head.seq}`],
            ]}
          />
        </Card>
        <Card title="How to check it" hint="With Node on any machine. It asks nobody but for the keys.">
          <div class="stack">
            <Copyable block label="the command" text={`npx quetra verify-receipt receipt.json --jwks keys.json`} />
            <p class="hint">
              {"The keys are on the page "}
              <a href={`${base}/audit`}>Audit</a>
              {". This receipt was signed with the key "}
              <code>{kid}</code>.
            </p>
          </div>
        </Card>
      </div>
      <Card title="The signature" hint="JWS in compact form, EdDSA.">
        <Copyable block text={receipt} label="the signed receipt" />
      </Card>
    </>,
  );
}

/** The same as a file for the verifier. */
export async function receiptFile(visit: OrganizationVisit): Promise<Response> {
  const receipt = await visit.api.get("getReceipt", { params: params(visit) });
  return new Response(`${JSON.stringify(receipt, null, 2)}\n`, {
    headers: {
      "content-type": "application/json; charset=utf-8",
      "content-disposition": `attachment; filename="receipt-${receipt.payload.transaction_id}.json"`,
      "cross-origin-resource-policy": "same-origin",
    },
  });
}
