import { organizationPage, redirect } from "../../answer.tsx";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { type FieldErrors, Form, FormErrors, fieldErrors, NO_ERRORS, Submit, TextArea } from "../../ui/form.tsx";
import { Icon } from "../../ui/icons.tsx";
import { Card, PageHead } from "../../ui/parts.tsx";

/** What was typed, and what is wrong with it. */
interface Typed {
  readonly reason: string;
  readonly errors: FieldErrors;
}

/** The switch that stops everything, and the one that lets spending begin again. Both ask once more. */
export function FreezeSwitch({ visit, frozen }: { readonly visit: OrganizationVisit; readonly frozen: boolean }) {
  return (
    <div id="freeze" data-live>
      <details class="confirm">
        <summary class={frozen ? "button main" : "button danger-quiet"}>
          <Icon name="snow" />
          {frozen ? "Allow spending again" : "Freeze all spending"}
        </summary>
        <FreezeForm visit={visit} frozen={frozen} typed={{ reason: "", errors: NO_ERRORS }} boxed />
      </details>
    </div>
  );
}

function FreezeForm({
  visit,
  frozen,
  typed,
  boxed = false,
}: {
  readonly visit: OrganizationVisit;
  readonly frozen: boolean;
  readonly typed: Typed;
  readonly boxed?: boolean;
}) {
  return (
    <Form
      visit={visit}
      action={`${visit.base}/${frozen ? "unfreeze" : "freeze"}`}
      class={boxed ? "confirm-box" : "form"}
    >
      <p>
        {frozen
          ? "Agents may spend again at once, each within its mandate."
          : "No agent can begin to spend anything until you allow it again. Payments that are under way are not called back, and budgets stay as they are."}
      </p>
      <TextArea
        name="reason"
        label="Reason"
        hint="It goes into the audit log."
        optional
        rows={2}
        value={typed.reason}
        errors={typed.errors}
      />
      <Submit kind={frozen ? "main" : "danger"}>{frozen ? "Allow spending again" : "Freeze all spending now"}</Submit>
    </Form>
  );
}

export async function freeze(visit: OrganizationVisit): Promise<Response> {
  const answer = await visit.api.call("freezeOrganization", { body: { reason: visit.form.optional("reason") } });
  return answer.ok ? redirect(visit.base, { done: "frozen" }) : refused(visit, answer, false);
}

export async function unfreeze(visit: OrganizationVisit): Promise<Response> {
  const answer = await visit.api.call("unfreezeOrganization", { body: { reason: visit.form.optional("reason") } });
  return answer.ok ? redirect(visit.base, { done: "unfrozen" }) : refused(visit, answer, true);
}

/** The question again, by itself: whoever wants to stop spending must not look for what went wrong. */
function refused(visit: OrganizationVisit, refusal: ApiRefusal, frozen: boolean): Response {
  const { fields, above } = fieldErrors(refusal);
  const title = frozen ? "Allow spending again" : "Freeze all spending";
  return organizationPage(
    visit,
    { title, section: "overview", status: refusal.status },
    <>
      <PageHead title={title} back={{ href: visit.base, label: "Overview" }} />
      <FormErrors fields={fields} above={above} />
      <Card>
        <FreezeForm visit={visit} frozen={frozen} typed={{ reason: visit.form.text("reason"), errors: fields }} />
      </Card>
    </>,
  );
}
