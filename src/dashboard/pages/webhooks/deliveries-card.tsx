import type { OrganizationVisit } from "../../route.ts";
import { Card, Pager, Table, When } from "../../ui/parts.tsx";
import { DeliveryBadge, type DeliveryView, KIND_WORDS, outcomeWords, type WebhookView } from "./words.tsx";

const FILTERS = [
  ["", "All"],
  ["pending", "Pending"],
  ["delivered", "Delivered"],
  ["failed", "Failed"],
] as const;

/** What was sent to the endpoint, newest first. */
export async function deliveriesCard(visit: OrganizationVisit, webhook: WebhookView) {
  const { api, base, url } = visit;
  const path = `${base}/webhooks/${webhook.id}`;
  const wanted = url.searchParams.get("status");
  const status = FILTERS.some(([value]) => value !== "" && value === wanted) ? (wanted ?? undefined) : undefined;
  const cursor = url.searchParams.get("cursor") ?? undefined;
  const { data, next_cursor } = await api.get("listWebhookDeliveries", {
    params: { webhook_id: webhook.id },
    query: { status, cursor },
  });
  return (
    <Card title="Deliveries" id="deliveries" live hint="Kept for 30 days, the newest 10,000.">
      <nav class="tabs" aria-label="Which deliveries">
        {FILTERS.map(([value, label]) => (
          <a
            href={value === "" ? `${path}#deliveries` : `${path}?status=${value}#deliveries`}
            aria-current={value === (status ?? "") ? "page" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {data.length === 0 ? (
        <p class="soft">
          {next_cursor === null
            ? "Nothing here. What happens is sent as it happens; a test event shows whether it arrives."
            : "None among these. There is more to look through: go on to the older ones."}
        </p>
      ) : (
        <Table caption="Deliveries" columns={["Event", "Status", "Attempts", "Last answer", "Next try", "Made"]}>
          {data.map((delivery) => (
            <DeliveryRow visit={visit} path={path} delivery={delivery} />
          ))}
        </Table>
      )}
      <Pager url={url} next={next_cursor} />
    </Card>
  );
}

const DeliveryRow = ({
  visit: { now, organization },
  path,
  delivery,
}: {
  readonly visit: OrganizationVisit;
  readonly path: string;
  readonly delivery: DeliveryView;
}) => (
  <tr>
    <td data-label="Event">
      <a href={`${path}/deliveries/${delivery.id}`}>
        <code>{delivery.event_type}</code>
      </a>
      {delivery.kind === "event" ? null : <p class="hint">{KIND_WORDS[delivery.kind]}</p>}
    </td>
    <td data-label="Status">
      <DeliveryBadge status={delivery.status} />
    </td>
    <td data-label="Attempts">{String(delivery.attempts)}</td>
    <td data-label="Last answer">{outcomeWords(delivery.last_status, delivery.last_error)}</td>
    <td data-label="Next try">
      {delivery.next_attempt_at === null ? (
        <span class="soft">–</span>
      ) : (
        <When at={delivery.next_attempt_at} now={now} timezone={organization.timezone} />
      )}
    </td>
    <td data-label="Made">
      <When at={delivery.created_at} now={now} timezone={organization.timezone} />
    </td>
  </tr>
);
