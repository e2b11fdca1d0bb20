import type { Member, PersonRole } from "../../../people/api.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import { notFoundPage } from "../../errors.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Radios } from "../../ui/choices.tsx";
import { Confirm, Form, FormErrors, Submit } from "../../ui/form.tsx";
import { Card, Facts, Notice, PageHead, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { rolesToGive } from "./invite.tsx";
import { mayTouch } from "./list.tsx";

export const memberPage = (visit: OrganizationVisit): Promise<Response> => show(visit, null, NOT_REFUSED);

export async function changeRole(visit: OrganizationVisit): Promise<Response> {
  const { base, form, organization, params, people, request } = visit;
  const role = form.text("role");
  const outcome = await people.changeRole(
    request,
    organization.organization_id,
    params.person_id!,
    role as PersonRole, // Looked at where it is written.
  );
  if (outcome.ok) return redirect(`${base}/members`, { done: "role_changed", cookies: outcome.cookies });
  return show(visit, role, refusedBy(outcome, ["role"]));
}

export async function remove(visit: OrganizationVisit): Promise<Response> {
  const { base, organization, params, people, request } = visit;
  const outcome = await people.removeMember(request, organization.organization_id, params.person_id!);
  if (outcome.ok) return redirect(`${base}/members`, { done: "member_removed", cookies: outcome.cookies });
  return show(visit, null, refusedBy(outcome));
}

/** @param role As it was chosen, where it was not taken. */
async function show(visit: OrganizationVisit, role: string | null, refused: Refused): Promise<Response> {
  const { base, now, organization, params, people } = visit;
  const members = await people.members(organization.organization_id);
  const member = members.find(({ person_id }) => person_id === params.person_id);
  if (member === undefined) return notFoundPage(visit);
  return organizationPage(
    visit,
    { title: `Member ${plain(member.name)}`, section: "settings", status: refused.status },
    <>
      <PageHead title={<bdi>{plain(member.name)}</bdi>} back={{ href: `${base}/members`, label: "Members" }} />
      <FormErrors above={refused.above} fields={refused.fields} />
      <Card>
        <Facts
          items={[
            ["E-mail", <bdi>{plain(member.email)}</bdi>],
            ["Member since", <When at={member.joined_at} now={now} timezone={organization.timezone} exact />],
            ["Second step at sign-in", member.two_factor ? "On" : "Off"],
          ]}
        />
      </Card>
      {mayTouch(visit, member) ? (
        <Change visit={visit} member={member} role={role ?? member.role} refused={refused} />
      ) : (
        <Notice tone="info">Only owners make, change or remove owners.</Notice>
      )}
    </>,
  );
}

function Change({
  visit,
  member,
  role,
  refused,
}: {
  readonly visit: OrganizationVisit;
  readonly member: Member;
  readonly role: string;
  readonly refused: Refused;
}) {
  const path = `${visit.base}/members/${member.person_id}`;
  const me = member.person_id === visit.signedIn.person.id;
  return (
    <>
      <Card title="Role" hint="It counts from the next thing that they do.">
        {me ? (
          <Notice tone="warn">This is you. With a smaller role you cannot give yourself this one again.</Notice>
        ) : null}
        <Form visit={visit} action={`${path}/role`} class="form">
          <Radios
            name="role"
            label="What they may do"
            value={role}
            choices={rolesToGive(visit)}
            errors={refused.fields}
          />
          <Submit>Change role</Submit>
        </Form>
      </Card>
      {me ? null : (
        <Card
          title="Remove"
          hint="At once they see nothing of this organization. What they decided stays on record. Keys and webhooks that they made go on: end those that they may know."
        >
          <Confirm
            visit={visit}
            action={`${path}/remove`}
            label="Remove from the organization"
            question={
              <>
                <bdi class="strong">{plain(member.name)}</bdi> can come back with a new invitation only.
              </>
            }
            confirm="Remove"
          />
        </Card>
      )}
    </>
  );
}
