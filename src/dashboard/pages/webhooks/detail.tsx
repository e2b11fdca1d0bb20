import { organizationPage } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Form, Submit } from "../../ui/form.tsx";
import { Card, Copyable, Facts, LinkButton, Notice, PageHead, When } from "../../ui/parts.tsx";
import { Refused } from "../../ui/refused.tsx";
import { countWords, plain } from "../../ui/words.ts";
import { deliveriesCard } from "./deliveries-card.tsx";
import { ReplayCard } from "./replay-card.tsx";
import { VerifyCard } from "./secret.tsx";
import { SecretCard } from "./secret-card.tsx";
import { disabledWords, EventsOf, titleOf, WebhookBadge, type WebhookView } from "./words.tsx";

export const showWebhook = (visit: OrganizationVisit): Promise<Response> => webhookPage(visit, null);

/** @param refusal Why what was just asked for here was not done. */
export async function webhookPage(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { api, base, organization, params } = visit;
  const webhook_id = params.webhook_id ?? "";
  const webhook = await api.get("getWebhook", { params: { webhook_id } });
  const deliveries = await deliveriesCard(visit, webhook);
  const manage = mayManage(organization);
  const path = `${base}/webhooks/${webhook.id}`;
  return organizationPage(
    visit,
    { title: titleOf(webhook), section: "webhooks", live: true, status: refusal?.status ?? 200 },
    <>
      <PageHead
        title={
          <>
            <bdi>{titleOf(webhook)}</bdi> <WebhookBadge {...webhook} />
          </>
        }
        back={{ href: `${base}/webhooks`, label: "Webhooks" }}
      >
        {manage ? (
          <>
            <LinkButton href={`${path}/edit`}>Edit</LinkButton>
            {webhook.status === "enabled" ? (
              <Form visit={visit} action={`${path}/test`}>
                <Submit>Send a test event</Submit>
              </Form>
            ) : null}
          </>
        ) : undefined}
      </PageHead>
      {refusal === null ? null : <Refused refusal={refusal} />}
      <StateNotice visit={visit} webhook={webhook} />
      <EndpointCard visit={visit} webhook={webhook} />
      {deliveries}
      {manage ? <ReplayCard visit={visit} webhook={webhook} /> : null}
      <VerifyCard />
      {manage ? <SecretCard visit={visit} webhook={webhook} /> : null}
    </>,
  );
}

function StateNotice({ visit, webhook }: { readonly visit: OrganizationVisit; readonly webhook: WebhookView }) {
  const { base, now, organization } = visit;
  if (webhook.status === "disabled") {
    return (
      <Notice tone="bad">
        <strong>Nothing is sent to it.</strong> {disabledWords(webhook)} What waits is kept; what happens meanwhile is
        not sent by itself afterwards, so replay that time.
        {mayManage(organization) ? (
          <Form visit={visit} action={`${base}/webhooks/${webhook.id}/enable`}>
            <Submit kind="plain">Enable it again</Submit>
          </Form>
        ) : null}
      </Notice>
    );
  }
  if (webhook.failing_since === null) return null;
  return (
    <Notice tone="warn">
      <strong>Its attempts fail</strong> since{" "}
      <When at={webhook.failing_since} now={now} timezone={organization.timezone} exact />. Each message is tried ten
      times over three days. After five days of nothing but failures the webhook is disabled.
    </Notice>
  );
}

const EndpointCard = ({ visit, webhook }: { readonly visit: OrganizationVisit; readonly webhook: WebhookView }) => (
  <Card title="Endpoint">
    <Facts
      items={[
        ["URL", <Copyable text={plain(webhook.url)} label="the URL" />],
        ["Events", <EventsOf events={webhook.events} />],
        ["Approval links", webhook.approval_links ? "On: whoever receives a purchase that waits can decide it" : "Off"],
        ["Waiting", webhook.pending === 0 ? "Nothing" : countWords(webhook.pending, "message")],
        ["Id", <Copyable text={webhook.id} label="the id" />],
        ["Created", <When at={webhook.created_at} now={visit.now} timezone={visit.organization.timezone} exact />],
      ]}
    />
  </Card>
);
