import { organizationPage } from "../../answer.tsx";
import type { AnswerOf } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Form, Submit } from "../../ui/form.tsx";
import { Card, Copyable, LinkButton, Notice, PageHead, When } from "../../ui/parts.tsx";
import { VERIFY_SNIPPETS } from "./verify-snippets.ts";
import { titleOf } from "./words.tsx";

/** The one page that shows a secret. It answers the form itself, so no address leads here. */
export function secretPage(visit: OrganizationVisit, made: AnswerOf<"createWebhook">): Response {
  const { base, now, organization } = visit;
  const path = `${base}/webhooks/${made.id}`;
  return organizationPage(
    visit,
    { title: "The webhook's secret", section: "webhooks" },
    <>
      <PageHead
        title="The webhook's secret"
        lead={<bdi>{titleOf(made)}</bdi>}
        back={{ href: path, label: "The webhook" }}
      />
      <Notice tone="warn">
        <strong>This is the only time you see it.</strong> Give it to your server as WEBHOOK_SECRET. If it gets lost,
        rotate it.
      </Notice>
      {made.old_secret_until === null ? null : (
        <Notice tone="info">
          The secret before signs as well until{" "}
          <When at={made.old_secret_until} now={now} timezone={organization.timezone} exact />, so that you can change
          over without a gap.
        </Notice>
      )}
      <Card title="Secret" hint="Whoever has it can forge messages that look like ours.">
        <Copyable block text={made.secret} label="the secret" />
      </Card>
      <VerifyCard />
      <div class="actions">
        <Form visit={visit} action={`${path}/test`}>
          <Submit>Send a test event</Submit>
        </Form>
        <LinkButton href={path}>To the webhook</LinkButton>
      </div>
    </>,
  );
}

/** How a receiver knows that a message is ours. */
export const VerifyCard = () => (
  <Card
    title="Verify what arrives"
    hint="Messages are signed by Standard Webhooks. Verify each one before you believe it: anybody can send to your URL."
  >
    <div class="clients">
      {VERIFY_SNIPPETS.map(({ id, label, install, text }) => (
        <details class="client" name="verify" id={`verify-${id}`}>
          <summary>{label}</summary>
          <div class="client-body">
            <Copyable block text={install} label={`the command for ${label}`} />
            <Copyable block text={text} label={`the code for ${label}`} />
          </div>
        </details>
      ))}
    </div>
  </Card>
);
