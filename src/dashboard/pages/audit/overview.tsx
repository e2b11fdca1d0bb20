import { publicUrl } from "../../../public-url.ts";
import { organizationPage } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Confirm, Form, FormErrors, NO_ERRORS, Submit } from "../../ui/form.tsx";
import { Badge, Card, Copyable, Facts, LinkButton, Notice, PageHead, Table, When } from "../../ui/parts.tsx";
import { countWords } from "../../ui/words.ts";
import { asOf, type PublishedKey } from "./log.ts";

export const auditOverview = (visit: OrganizationVisit): Promise<Response> => auditPage(visit, null);

/** The log as a whole: where it stands, what is signed, and everything that can be done with it. */
export async function auditPage(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { api, base, organization } = visit;
  const [head, published] = await Promise.all([api.get("getChainHead"), asOf(visit)]);
  const manages = mayManage(organization);
  return organizationPage(
    visit,
    { title: "Audit", section: "audit", live: refusal === null, status: refusal?.status ?? 200 },
    <>
      <PageHead
        title="Audit"
        lead="Every change in this organization is an event in one log, and each event is chained to the one before it."
      >
        <LinkButton kind="main" href={`${base}/audit/verify`}>
          Verify now
        </LinkButton>
        <LinkButton href={`${base}/audit/events`}>Browse events</LinkButton>
      </PageHead>
      {refusal === null ? null : <FormErrors above={[refusal.detail]} fields={NO_ERRORS} />}
      <div class="columns">
        <div>
          <Card title="The log" id="head" live>
            <HeadFacts visit={visit} head={head} projected={published.seq} />
            {manages ? (
              <Form visit={visit} action={`${base}/audit/sign`} class="actions">
                <Submit kind="plain">Sign the newest event</Submit>
              </Form>
            ) : null}
          </Card>
          <Keys visit={visit} keys={published.keys} manages={manages} />
        </div>
        <div>
          <Proof />
          <Export visit={visit} seq={head.seq} />
          {manages ? (
            <Card title="Personal data">
              <p>
                What an event says can be erased for good, for example when a person asks for it. Its place in the chain
                stays, so the log still verifies.
              </p>
              <p>
                <a href={`${base}/audit/erase`}>Erase what events say</a>
              </p>
            </Card>
          ) : null}
        </div>
      </div>
    </>,
  );
}

interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly at: string;
  readonly checkpoint: { readonly seq: number; readonly at: string } | null;
}

function HeadFacts({
  visit: { base, now, organization },
  head: { seq, hash, at, checkpoint },
  projected,
}: {
  readonly visit: OrganizationVisit;
  readonly head: Head;
  readonly projected: number;
}) {
  const when = (instant: string) => <When at={instant} now={now} timezone={organization.timezone} exact />;
  return (
    <Facts
      items={[
        ["Newest event", <a href={`${base}/audit/event?seq=${seq}`}>{`Event ${seq}`}</a>],
        ["Written", when(at)],
        ["Its link in the chain", <Copyable text={hash} label="the hash of the newest event" />],
        [
          "Newest signature",
          checkpoint === null ? (
            "None yet: the first one is made within a day, or when you ask for it."
          ) : (
            <>
              {checkpoint.seq === seq ? "Over the newest event" : `Over event ${checkpoint.seq}`}
              {", "}
              {when(checkpoint.at)}
              {". "}
              <a href={`${base}/audit/checkpoints`}>All signatures</a>
            </>
          ),
        ],
        [
          "Statistics",
          projected === seq ? "Up to date with the log" : `Follow the log; they have come to event ${projected}`,
        ],
      ]}
    />
  );
}

const Proof = () => (
  <Card title="What the chain proves">
    <p>
      Nobody, Quetra included, can change, remove or reorder what was logged before a signature that you have kept
      without the verification failing. It does not prove that what an agent or a merchant told Quetra was true, and it
      says nothing of events behind your last kept signature.
    </p>
  </Card>
);

function Keys({
  visit,
  keys,
  manages,
}: {
  readonly visit: OrganizationVisit;
  readonly keys: readonly PublishedKey[];
  readonly manages: boolean;
}) {
  const { base, now, organization, scope } = visit;
  const { timezone, organization_id } = organization;
  const address = `${publicUrl(scope.env)}/api/v1/organizations/${organization_id}/jwks.json`;
  return (
    <Card
      title="Public keys"
      id="keys"
      live
      hint="With these anybody can check receipts, mandates and exports. They are public."
    >
      <Copyable block text={address} label="the address of the public keys" />
      {keys.length === 0 ? (
        <Notice tone="info">There is no key yet. The first one is made with the first signature.</Notice>
      ) : (
        <Table caption="Signing keys" columns={["Key", "State", "Made"]}>
          {keys.map((key) => (
            <tr>
              <th scope="row">
                <code class="long-id">{key.kid}</code>
              </th>
              <td data-label="State">
                {key.retired_at === undefined ? <Badge tone="good">Signs</Badge> : <Badge>Still verifies</Badge>}
              </td>
              <td data-label="Made">
                {key.created_at === undefined ? "" : <When at={key.created_at} now={now} timezone={timezone} exact />}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {manages ? (
        <Confirm
          visit={visit}
          action={`${base}/audit/keys/rotate`}
          label="Change the signing key"
          confirm="Make a new key"
          question="From now on everything is signed with a new key. The old ones stay published, so what they have signed still verifies. This cannot be taken back. Whoever keeps a copy of your keys needs a new one."
        />
      ) : null}
    </Card>
  );
}

function Export({ visit: { base }, seq }: { readonly visit: OrganizationVisit; readonly seq: number }) {
  return (
    <Card title="Export">
      <p>
        {`The whole log as one signed file, ${countWords(seq, "event")} now. Check it on any machine, without Quetra:`}
      </p>
      <Copyable block text="npx quetra verify log.jsonl --jwks keys.json" label="the command" />
      <form method="get" action={`${base}/audit/export.jsonl`} class="filters">
        <div class="field">
          <label for="after_seq">Begin after event</label>
          <span class="input">
            <input id="after_seq" name="after_seq" inputmode="numeric" value="0" autocomplete="off" />
          </span>
        </div>
        <Submit kind="plain">Download</Submit>
      </form>
    </Card>
  );
}
