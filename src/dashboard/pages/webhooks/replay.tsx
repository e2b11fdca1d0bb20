import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Form, FormErrors, fieldErrors, Submit } from "../../ui/form.tsx";
import { instantOfLocal } from "../../ui/local-time.ts";
import { Card, LinkButton, Notice, PageHead } from "../../ui/parts.tsx";
import { countWords } from "../../ui/words.ts";
import { deliveryPage } from "./delivery.tsx";
import { ReplayCard, type ReplayValues } from "./replay-card.tsx";

/** Sends one delivery that has ended once more, and shows what becomes of it. */
export async function replayOne(visit: OrganizationVisit): Promise<Response> {
  const { webhook_id = "", delivery_id = "" } = visit.params;
  const made = await visit.api.call("replayWebhookDelivery", { params: { webhook_id, delivery_id } });
  if (!made.ok) return deliveryPage(visit, made);
  return redirect(`${visit.base}/webhooks/${webhook_id}/deliveries/${made.body.id}`, { done: "delivery_replayed" });
}

/**
 * One step over the log. Long times take many: each answer holds the form of the next step, which script sends by itself
 * and which otherwise waits for a press.
 */
export async function replayRange(visit: OrganizationVisit): Promise<Response> {
  const { api, form, organization } = visit;
  const webhook_id = visit.params.webhook_id ?? "";
  const values: ReplayValues = {
    since: form.text("since"),
    until: form.text("until"),
    only_failed: form.checked("only_failed"),
  };
  const step = await api.call("replayWebhookEvents", {
    params: { webhook_id },
    body: {
      since: instantOfLocal(values.since, organization.timezone),
      until: values.until === "" ? undefined : instantOfLocal(values.until, organization.timezone),
      only_failed: values.only_failed,
      after_seq: form.number("after_seq"),
    },
  });
  if (!step.ok) return refused(visit, values, step);
  const before = /^\d{1,12}$/.test(form.text("sent")) ? Number(form.text("sent")) : 0;
  const sent = before + step.body.replayed;
  return step.body.next_after_seq === null
    ? finished(visit, sent)
    : underWay(visit, values, sent, step.body.next_after_seq);
}

const back = ({ base, params }: OrganizationVisit): string => `${base}/webhooks/${params.webhook_id}`;

async function refused(visit: OrganizationVisit, values: ReplayValues, refusal: ApiRefusal): Promise<Response> {
  const webhook_id = visit.params.webhook_id ?? "";
  const webhook = await visit.api.get("getWebhook", { params: { webhook_id } });
  const { fields: errors, above } = fieldErrors(refusal);
  return organizationPage(
    visit,
    { title: "Send again", section: "webhooks", status: refusal.status },
    <>
      <PageHead title="Send again" back={{ href: back(visit), label: "The webhook" }} />
      <FormErrors above={above} fields={errors} />
      <ReplayCard visit={visit} webhook={webhook} values={values} errors={errors} />
    </>,
  );
}

const finished = (visit: OrganizationVisit, sent: number): Response =>
  organizationPage(
    visit,
    { title: "Sent again", section: "webhooks" },
    <>
      <PageHead title="Sent again" back={{ href: back(visit), label: "The webhook" }} />
      <Notice tone="good">
        {sent === 0
          ? "There was nothing to send: no event of that time is missing at this webhook, or all of them are waiting already."
          : `${countWords(sent, "message is", "messages are")} on the way.`}
      </Notice>
      <p>
        <LinkButton href={`${back(visit)}#deliveries`}>Show the deliveries</LinkButton>
      </p>
    </>,
  );

const underWay = (visit: OrganizationVisit, values: ReplayValues, sent: number, nextAfterSeq: number): Response =>
  organizationPage(
    visit,
    { title: "Sending again", section: "webhooks" },
    <>
      <PageHead title="Sending again" back={{ href: back(visit), label: "The webhook" }} />
      <Card>
        <p role="status">
          <strong>{countWords(sent, "message")} so far.</strong>{" "}
          {`The log is read up to entry ${nextAfterSeq.toLocaleString("en-US")}; there is more.`}
        </p>
        <progress class="progress" aria-label="Going through the log" />
        <div data-goes-on>
          <Form visit={visit} action={`${back(visit)}/replay`}>
            <input type="hidden" name="since" value={values.since} />
            <input type="hidden" name="until" value={values.until} />
            {values.only_failed ? <input type="hidden" name="only_failed" value="on" /> : null}
            <input type="hidden" name="after_seq" value={String(nextAfterSeq)} />
            <input type="hidden" name="sent" value={String(sent)} />
            <div class="actions">
              <Submit>Go on</Submit>
              <LinkButton href={back(visit)}>Stop here</LinkButton>
            </div>
          </Form>
        </div>
      </Card>
    </>,
  );
