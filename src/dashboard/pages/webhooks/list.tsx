import { LIMITS } from "../../../limits.ts";
import { organizationPage } from "../../answer.tsx";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Card, Empty, LinkButton, PageHead, Table } from "../../ui/parts.tsx";
import { countWords, plain } from "../../ui/words.ts";
import { EventsOf, titleOf, WebhookBadge } from "./words.tsx";

export async function webhookList(visit: OrganizationVisit): Promise<Response> {
  const { api, base, organization } = visit;
  const { data } = await api.get("listWebhooks");
  const add =
    mayManage(organization) && data.length < LIMITS.webhookEndpoints ? (
      <LinkButton href={`${base}/webhooks/new`} kind="main">
        Add a webhook
      </LinkButton>
    ) : undefined;
  return organizationPage(
    visit,
    { title: "Webhooks", section: "webhooks", live: true },
    <>
      <PageHead title="Webhooks" lead="Quetra tells your servers what happens, within about a second, signed.">
        {data.length > 0 ? add : undefined}
      </PageHead>
      {data.length === 0 ? (
        <Card>
          <Empty icon="hook" title="No webhooks yet" action={add}>
            A webhook is an address of yours that gets a message for each purchase, refusal, approval and alert. Use it
            for bookkeeping, chat messages, or to wake up whoever must approve.
          </Empty>
        </Card>
      ) : (
        <Card flush id="webhooks" live>
          <Table caption="Webhooks" columns={["Endpoint", "Events", "Status", { label: "Waiting", end: true }]}>
            {data.map((webhook) => (
              <tr>
                <td>
                  <a class="row-title" href={`${base}/webhooks/${webhook.id}`}>
                    <bdi>{titleOf(webhook)}</bdi>
                  </a>
                  {webhook.description === "" ? null : (
                    <p class="hint">
                      <bdi>{plain(URL.parse(webhook.url)?.host ?? webhook.url)}</bdi>
                    </p>
                  )}
                </td>
                <td data-label="Events">
                  <EventsOf events={webhook.events} />
                </td>
                <td data-label="Status">
                  <WebhookBadge {...webhook} />
                </td>
                <td data-label="Waiting" class="end">
                  {webhook.pending === 0 ? <span class="soft">None</span> : countWords(webhook.pending, "message")}
                </td>
              </tr>
            ))}
          </Table>
        </Card>
      )}
      {data.length >= LIMITS.webhookEndpoints ? (
        <p class="hint">{`An organization can have ${LIMITS.webhookEndpoints} webhooks. Remove one to add another.`}</p>
      ) : null}
    </>,
  );
}
