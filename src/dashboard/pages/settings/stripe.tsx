import { redirect } from "../../answer.tsx";
import type { AnswerOf, ApiRefusal } from "../../api.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Check } from "../../ui/choices.tsx";
import { Confirm, type FieldErrors, Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Card, Facts, Notice, When } from "../../ui/parts.tsx";
import { settingsPage } from "./frame.tsx";
import { HookFacts } from "./hook-facts.tsx";
import { errorsOn } from "./refused.tsx";

type Integration = AnswerOf<"getStripeIntegration">;

export const stripePage = (visit: OrganizationVisit): Promise<Response> => page(visit, null);

/** A key is never shown again, not even where it was refused: it is typed anew. */
export async function saveStripeKey(visit: OrganizationVisit): Promise<Response> {
  const saved = await visit.api.call("saveStripeKey", { body: { key: visit.form.text("key") } });
  return saved.ok ? done(visit, "stripe_saved") : page(visit, saved);
}

export async function removeStripeKey(visit: OrganizationVisit): Promise<Response> {
  const removed = await visit.api.call("removeStripeKey");
  return removed.ok ? done(visit, "stripe_removed") : page(visit, removed);
}

export async function saveStripeHook(visit: OrganizationVisit): Promise<Response> {
  const saved = await visit.api.call("setStripeHookSecret", { body: { secret: visit.form.text("secret") } });
  return saved.ok ? done(visit, "hook_saved") : page(visit, saved);
}

export async function saveStripeDisputes(visit: OrganizationVisit): Promise<Response> {
  const body = { suspend_on_dispute: visit.form.checked("suspend_on_dispute") };
  const saved = await visit.api.call("updateStripeIntegration", { body });
  return saved.ok ? done(visit, "stripe_disputes_saved") : page(visit, saved);
}

const done = ({ base }: OrganizationVisit, code: string) => redirect(`${base}/settings/stripe`, { done: code });

async function page(visit: OrganizationVisit, refusal: ApiRefusal | null): Promise<Response> {
  const { fields: errors, above } = errorsOn(visit.form, refusal);
  const integration = await visit.api.get("getStripeIntegration");
  const manage = mayManage(visit.organization);
  return settingsPage(
    visit,
    {
      part: "stripe",
      title: "Stripe",
      lead: "The organization's own Stripe account: charges of cards on file, and what is bought from merchants, go through it.",
      status: refusal?.status ?? 200,
    },
    <>
      <FormErrors above={above} fields={errors} />
      <KeyCard visit={visit} integration={integration} errors={errors} manage={manage} />
      <HookCard visit={visit} hook={integration.hook} errors={errors} manage={manage} />
      <Card title="Disputes">
        {manage ? (
          <Form visit={visit} action={`${visit.base}/settings/stripe/disputes`} class="stack">
            <Check
              name="suspend_on_dispute"
              label="A disputed charge suspends its agent"
              hint="A person has to let the agent go on."
              checked={integration.suspend_on_dispute}
            />
            <div>
              <Submit kind="plain">Save</Submit>
            </div>
          </Form>
        ) : (
          <p>
            {integration.suspend_on_dispute
              ? "A disputed charge suspends its agent."
              : "A disputed charge raises an alert, and suspends nobody."}
          </p>
        )}
      </Card>
    </>,
  );
}

function KeyCard({
  visit,
  integration: { key, mode, retired_keys },
  errors,
  manage,
}: {
  readonly visit: OrganizationVisit;
  readonly integration: Integration;
  readonly errors: FieldErrors;
  readonly manage: boolean;
}) {
  const { base, now, organization } = visit;
  return (
    <Card title="Key">
      {key === null ? (
        <Notice tone="info">
          {mode === "test"
            ? "There is no key, so charges are simulated: each is marked, and no money moves."
            : "There is no key, so nothing can be charged."}
        </Notice>
      ) : (
        <Facts
          items={[
            ["Key", <code>{`${key.kind === "restricted" ? "rk" : "sk"}_${mode}_…${key.last4}`}</code>],
            [
              "Kind",
              key.kind === "restricted" ? "Restricted, as it should be" : "Secret key: a restricted one would be safer",
            ],
            ["In use since", <When at={key.active_since} now={now} timezone={organization.timezone} exact />],
            ["Sealed with", key.key_version],
            retired_keys === 0 ? null : ["Earlier keys", `${retired_keys}, kept until their open payments have ended`],
          ]}
        />
      )}
      {!manage ? null : key === null ? (
        <Form visit={visit} action={`${base}/settings/stripe/key`} class="stack">
          <KeyField mode={mode} errors={errors} />
          <div>
            <Submit>Save the key</Submit>
          </div>
        </Form>
      ) : (
        <div class="actions top">
          <Confirm
            visit={visit}
            action={`${base}/settings/stripe/key`}
            label="Replace the key"
            kind="plain"
            question="New payments use the other key. Open ones end with the key that they began with."
            open={errors.has("key")}
          >
            <KeyField mode={mode} errors={errors} />
          </Confirm>
          <Confirm
            visit={visit}
            action={`${base}/settings/stripe/remove`}
            label="Remove the key"
            question="Nothing new is paid through Stripe then. What is open is still brought to its end."
          />
        </div>
      )}
    </Card>
  );
}

const KeyField = ({ mode, errors }: { readonly mode: Integration["mode"]; readonly errors: FieldErrors }) => (
  <>
    <Input
      name="key"
      label="Key of Stripe"
      type="password"
      required
      placeholder={`rk_${mode}_…`}
      hint="Stripe is asked whether it works; then it is sealed, and never shown again."
      errors={errors}
    />
    <details class="folded">
      <summary>Rights that a restricted key needs</summary>
      <ul class="folded-list hint">
        <li>PaymentIntents and Refunds: write</li>
        <li>Charges, Customers, PaymentMethods and Events: read</li>
        <li>Shared Payment Tokens: write, where agents buy from merchants</li>
      </ul>
    </details>
  </>
);

const HookCard = ({
  visit,
  hook,
  errors,
  manage,
}: {
  readonly visit: OrganizationVisit;
  readonly hook: Integration["hook"];
  readonly errors: FieldErrors;
  readonly manage: boolean;
}) => (
  <Card
    title="News from Stripe"
    hint="Without it the service asks Stripe by itself. With it, refunds, disputes and late payments arrive at once."
  >
    <HookFacts visit={visit} hook={hook} />
    <p class="hint">
      Enter the address in Stripe under Developers, Webhooks, for <code>payment_intent.*</code>,{" "}
      <code>charge.refunded</code>, <code>refund.*</code> and <code>charge.dispute.*</code>. Save its signing secret
      here.
    </p>
    {manage ? (
      <Form visit={visit} action={`${visit.base}/settings/stripe/hook`} class="stack">
        <Input
          name="secret"
          label="Signing secret"
          type="password"
          required
          placeholder="whsec_…"
          hint="Sealed on arrival, and never shown again. The one before is accepted for another 24 hours."
          errors={errors}
        />
        <div>
          <Submit kind="plain">Save the secret</Submit>
        </div>
      </Form>
    ) : null}
  </Card>
);
