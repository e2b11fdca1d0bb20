import { organizationPage } from "../../answer.tsx";
import type { AnswerOf, ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Form, Submit } from "../../ui/form.tsx";
import { Card, Copyable, Facts, Notice, PageHead, Table, When } from "../../ui/parts.tsx";
import { Refused } from "../../ui/refused.tsx";
import { visibleJson } from "../../ui/visible-json.ts";
import { plain } from "../../ui/words.ts";
import { DeliveryBadge, KIND_WORDS, outcomeWords } from "./words.tsx";

type Delivery = AnswerOf<"getWebhookDelivery">;

export const showDelivery = (visit: OrganizationVisit): Promise<Response> => deliveryPage(visit, null);

/** @param refusal Why what was just asked for here was not done. */
export async function deliveryPage(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { api, base, organization, params } = visit;
  const { webhook_id = "", delivery_id = "" } = params;
  const delivery = await api.get("getWebhookDelivery", { params: { webhook_id, delivery_id } });
  const path = `${base}/webhooks/${webhook_id}`;
  return organizationPage(
    visit,
    { title: "Delivery", section: "webhooks", status: refusal?.status ?? 200 },
    <>
      <PageHead title={<code>{delivery.event_type}</code>} back={{ href: path, label: "The webhook" }}>
        {mayManage(organization) && delivery.status !== "pending" && delivery.kind !== "test" ? (
          <Form visit={visit} action={`${path}/deliveries/${delivery.id}/replay`}>
            <Submit kind="plain">Send it once more</Submit>
          </Form>
        ) : undefined}
      </PageHead>
      {refusal === null ? null : <Refused refusal={refusal} />}
      {/* Replaced by script until it has ended. */}
      <div id="delivery" data-follow={delivery.status === "pending" || undefined}>
        <Verdict delivery={delivery} url={visit.url} />
        <FactsCard visit={visit} delivery={delivery} />
        <AttemptsCard visit={visit} delivery={delivery} />
      </div>
      <Card title="What is sent" hint="Exactly this text is signed, without an approval link where it gets one.">
        <Copyable block text={visibleJson(delivery.body)} label="the body" />
      </Card>
    </>,
  );
}

/** The outcome in one sentence. */
function Verdict({ delivery, url }: { readonly delivery: Delivery; readonly url: URL }) {
  if (delivery.status === "delivered") return <Notice tone="good">Your server took it.</Notice>;
  if (delivery.status === "failed") {
    return (
      <Notice tone="bad">
        <strong>Your server did not take it.</strong>{" "}
        {delivery.kind === "test"
          ? "A test is sent once. Look at the answer below, mend it and send another."
          : "All attempts are used up. Send it once more when your server is back."}
      </Notice>
    );
  }
  return (
    <Notice tone="info">
      <strong>On its way.</strong> It usually takes a second. <a href={url.pathname}>Look again</a>
    </Notice>
  );
}

const FactsCard = ({ visit, delivery }: { readonly visit: OrganizationVisit; readonly delivery: Delivery }) => {
  const { now, organization } = visit;
  const when = (at: string | null) =>
    at === null ? null : <When at={at} now={now} timezone={organization.timezone} exact />;
  const next = when(delivery.next_attempt_at);
  const ended = when(delivery.ended_at);
  return (
    <Card title="Delivery">
      <Facts
        items={[
          ["Status", <DeliveryBadge status={delivery.status} />],
          ["Why", KIND_WORDS[delivery.kind]],
          ["Event id", <Copyable text={delivery.event_id} label="the event id" />],
          ["Attempts", String(delivery.attempts)],
          next === null ? null : ["Next try", next],
          ["Made", when(delivery.created_at)],
          ended === null ? null : ["Ended", ended],
        ]}
      />
    </Card>
  );
};

const AttemptsCard = ({
  visit: { now, organization },
  delivery,
}: {
  readonly visit: OrganizationVisit;
  readonly delivery: Delivery;
}) => (
  <Card title="Attempts" hint="With the beginning of what your server answered, in its words.">
    {delivery.attempt_log.length === 0 ? (
      <p class="soft">None yet.</p>
    ) : (
      <Table
        caption="Attempts"
        columns={["No.", "When", "Answer", { label: "Took", end: true }, "Your server's words"]}
      >
        {delivery.attempt_log.map(({ n, at, status, ms, error, excerpt }) => (
          <tr>
            <td data-label="No.">{String(n)}</td>
            <td data-label="When">
              <When at={at} now={now} timezone={organization.timezone} exact />
            </td>
            <td data-label="Answer">{outcomeWords(status, error)}</td>
            <td data-label="Took" class="end">
              {ms === null ? "–" : `${ms} ms`}
            </td>
            <td data-label="Your server's words">
              {excerpt === null || plain(excerpt) === "" ? (
                <span class="soft">–</span>
              ) : (
                <blockquote class="quote">
                  <bdi>{plain(excerpt)}</bdi>
                </blockquote>
              )}
            </td>
          </tr>
        ))}
      </Table>
    )}
  </Card>
);
