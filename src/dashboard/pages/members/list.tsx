import type { Invitation, Member } from "../../../people/api.ts";
import { organizationPage, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import { mayManage, type OrganizationVisit } from "../../route.ts";
import { Confirm, FormErrors } from "../../ui/form.tsx";
import { Badge, Card, Empty, LinkButton, PageHead, Table, When } from "../../ui/parts.tsx";
import { ROLE_CHOICES, roleWords } from "../../ui/roles.ts";
import { countWords, plain } from "../../ui/words.ts";
import { SettingsTabs } from "../settings/frame.tsx";

export const membersPage = (visit: OrganizationVisit): Promise<Response> => showMembers(visit, NOT_REFUSED);

export async function showMembers(visit: OrganizationVisit, refused: Refused): Promise<Response> {
  const { people, organization, base } = visit;
  const id = organization.organization_id;
  const managing = mayManage(organization);
  const [members, invitations] = await Promise.all([people.members(id), managing ? people.invitations(id) : []]);
  return organizationPage(
    visit,
    { title: "Members", section: "settings", status: refused.status },
    <>
      <PageHead title="Settings" />
      <SettingsTabs base={base} current="members" />
      <p class="lead part-lead">Who sees this organization, who decides, and who sets the limits.</p>
      <FormErrors above={refused.above} fields={refused.fields} />
      <Card
        title={countWords(members.length, "member")}
        flush
        id="members"
        actions={
          managing ? (
            <LinkButton href={`${base}/members/invite`} kind="main">
              Invite somebody
            </LinkButton>
          ) : undefined
        }
      >
        <Table
          caption="Members"
          columns={["Name", "Role", ...(managing ? ["Second step"] : []), "Since", ...(managing ? [ACTIONS] : [])]}
        >
          {members.map((member) => (
            <MemberRow visit={visit} member={member} managing={managing} />
          ))}
        </Table>
      </Card>
      {managing ? <Invited visit={visit} invitations={invitations} /> : null}
      <Roles />
      <Leave visit={visit} members={members} />
    </>,
  );
}

const ACTIONS = { label: "", end: true } as const;

function MemberRow({
  visit,
  member,
  managing,
}: {
  readonly visit: OrganizationVisit;
  readonly member: Member;
  readonly managing: boolean;
}) {
  const { base, now, organization, signedIn } = visit;
  const me = member.person_id === signedIn.person.id;
  return (
    <tr>
      <th scope="row">
        <bdi>{plain(member.name)}</bdi> {me ? <Badge>You</Badge> : null}
        <p class="hint">
          <bdi>{plain(member.email)}</bdi>
        </p>
      </th>
      <td data-label="Role">{roleWords(member.role)}</td>
      {managing ? (
        // Only for who can act on it: to anybody else it says whose account to try.
        <td data-label="Second step">
          {member.two_factor ? <Badge tone="good">On</Badge> : <Badge tone="warn">Off</Badge>}
        </td>
      ) : null}
      <td data-label="Since">
        <When at={member.joined_at} now={now} timezone={organization.timezone} />
      </td>
      {managing ? (
        <td class="end">
          {mayTouch(visit, member) && !me ? (
            <a href={`${base}/members/${member.person_id}`}>
              Change<span class="hidden">{` ${plain(member.name)}`}</span>
            </a>
          ) : null}
        </td>
      ) : null}
    </tr>
  );
}

/** What is offered; whether it is done, the statement that does it decides. */
export const mayTouch = ({ organization }: OrganizationVisit, { role }: Pick<Member, "role">): boolean =>
  role === "owner" ? organization.role === "owner" : mayManage(organization);

function Invited({
  visit,
  invitations,
}: {
  readonly visit: OrganizationVisit;
  readonly invitations: readonly Invitation[];
}) {
  const { base, now, organization } = visit;
  return (
    <Card title="Invited" hint="Who has a mail from us, and has not answered." flush id="invited">
      {invitations.length === 0 ? (
        <Empty icon="bell" title="Nobody is waiting">
          Invite whoever should see what your agents spend. A good start: one more person who can decide approvals.
        </Empty>
      ) : (
        <Table caption="Invitations" columns={["Address", "Role", "From", "Ends", { label: "", end: true }]}>
          {invitations.map((invitation) => (
            <tr>
              <th scope="row">
                <bdi>{plain(invitation.email)}</bdi>
              </th>
              <td data-label="Role">{roleWords(invitation.role)}</td>
              <td data-label="From">
                <bdi>{plain(invitation.inviter_name)}</bdi>
              </td>
              <td data-label="Ends">
                <When at={invitation.expires_at} now={now} timezone={organization.timezone} />
              </td>
              <td class="end">
                {mayTouch(visit, invitation) ? (
                  <Confirm
                    visit={visit}
                    action={`${base}/members/invitations/${invitation.id}/withdraw`}
                    label="Withdraw"
                    question={
                      <>
                        The link that <bdi class="strong">{plain(invitation.email)}</bdi> got is then good for nothing.
                      </>
                    }
                  />
                ) : null}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Leave({ visit, members }: { readonly visit: OrganizationVisit; readonly members: readonly Member[] }) {
  const { base, organization } = visit;
  const last = organization.role === "owner" && members.filter(({ role }) => role === "owner").length === 1;
  if (last) return null;
  return (
    <Card title="Leave" id="leave" hint="An owner or admin can invite you again.">
      <Confirm
        visit={visit}
        action={`${base}/members/leave`}
        label="Leave this organization"
        question="From now on you see nothing of it, and decide nothing in it."
        confirm="Leave"
      />
    </Card>
  );
}

const Roles = () => (
  <details class="card">
    <summary>
      <strong>What each role may do</strong>
    </summary>
    <dl class="facts roles">
      {ROLE_CHOICES.map(({ label, hint }) => (
        <>
          <dt>{label}</dt>
          <dd>{hint}</dd>
        </>
      ))}
    </dl>
  </details>
);

export async function withdraw(visit: OrganizationVisit): Promise<Response> {
  const { base, organization, params, people, request } = visit;
  const outcome = await people.withdrawInvitation(request, organization.organization_id, params.invitation_id!);
  if (!outcome.ok) return showMembers(visit, refusedBy(outcome));
  return redirect(`${base}/members`, { done: "invitation_withdrawn", cookies: outcome.cookies });
}

export async function leave(visit: OrganizationVisit): Promise<Response> {
  const outcome = await visit.people.leave(visit.request, visit.organization.organization_id);
  if (!outcome.ok) return showMembers(visit, refusedBy(outcome));
  return redirect("/dashboard/organizations", { done: "organization_left", cookies: outcome.cookies });
}
