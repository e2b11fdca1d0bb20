import type { PersonRole } from "../../../people/api.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy, withRetryAfter } from "../../refused.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Radios } from "../../ui/choices.tsx";
import { type Choice, Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Card, Notice, PageHead } from "../../ui/parts.tsx";
import { ROLE_CHOICES } from "../../ui/roles.ts";
import { sendsMail } from "../sign-in/entry.tsx";

export const invitePage = (visit: OrganizationVisit): Response => show(visit, "", "approver", NOT_REFUSED);

export async function invite(visit: OrganizationVisit): Promise<Response> {
  const { base, form, organization, people, request } = visit;
  const [email, role] = [form.text("email"), form.text("role")];
  // Whether it is a role at all, and one that this person may give, is looked at where it is written.
  const outcome = await people.invite(request, organization.organization_id, { email, role: role as PersonRole });
  if (outcome.ok) return redirect(`${base}/members`, { done: "member_invited", cookies: outcome.cookies });
  return show(visit, email, role, refusedBy(outcome, ["email", "role"]));
}

/** Only owners make owners. */
export const rolesToGive = ({ organization: { role } }: OrganizationVisit): readonly Choice[] =>
  ROLE_CHOICES.filter(({ value }) => value !== "owner" || role === "owner");

function show(visit: OrganizationVisit, email: string, role: string, refused: Refused): Response {
  const { base } = visit;
  const response = organizationPage(
    visit,
    { title: "Invite somebody", section: "settings", status: refused.status },
    <>
      <PageHead
        title="Invite somebody"
        lead="They get a mail with a link that is good for seven days, for that address only."
        back={{ href: `${base}/members`, label: "Members" }}
      />
      {sendsMail(visit) ? null : (
        <Notice tone="warn">
          This deployment sends no mail. Tell them yourself: the invitation waits for whoever signs in with this
          address.
        </Notice>
      )}
      <FormErrors above={refused.above} fields={refused.fields} />
      <Card>
        <Form visit={visit} action={`${base}/members/invite`} class="form">
          <Input name="email" label="E-mail" type="email" value={email} required errors={refused.fields} />
          <Radios name="role" label="Role" value={role} choices={rolesToGive(visit)} errors={refused.fields} />
          <Submit>Send the invitation</Submit>
        </Form>
      </Card>
    </>,
  );
  return withRetryAfter(response, refused);
}
