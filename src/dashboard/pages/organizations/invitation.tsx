import type { Invitation } from "../../../people/api.ts";
import { redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Form, Submit } from "../../ui/form.tsx";
import { Facts, LinkButton, When } from "../../ui/parts.tsx";
import { roleHint, roleWords } from "../../ui/roles.ts";
import { plain } from "../../ui/words.ts";
import { entryPage } from "../sign-in/entry.tsx";

export async function invitationPage(visit: PersonVisit): Promise<Response> {
  const invitation = await find(visit);
  return invitation === null ? gone(visit) : show(visit, invitation, NOT_REFUSED);
}

export async function answer(visit: PersonVisit): Promise<Response> {
  const { form, people, request, params } = visit;
  const accept = form.text("answer") === "accept";
  const outcome = await people.answerInvitation(request, params.invitation_id!, accept);
  if (outcome.ok) {
    const { cookies } = outcome;
    return accept
      ? redirect(`/dashboard/${outcome.value.organization_id}`, { done: "invitation_accepted", cookies })
      : redirect("/dashboard/organizations", { done: "invitation_declined", cookies });
  }
  const invitation = await find(visit);
  return invitation === null ? gone(visit) : show(visit, invitation, refusedBy(outcome));
}

async function find({ people, request, params }: PersonVisit): Promise<Invitation | null> {
  const waiting = await people.invitationsFor(request);
  return waiting.find(({ id }) => id === params.invitation_id) ?? null;
}

const show = (visit: PersonVisit, invitation: Invitation, refused: Refused): Response =>
  entryPage(
    visit,
    {
      title: "You are invited",
      lead: "To an organization whose AI agents spend within its limits.",
      refused,
    },
    <>
      <Facts
        items={[
          [
            "Organization",
            <strong>
              <bdi>{plain(invitation.organization_name)}</bdi>
            </strong>,
          ],
          ["Invited by", <bdi>{plain(invitation.inviter_name)}</bdi>],
          [
            "As",
            <>
              <strong>{roleWords(invitation.role)}</strong>
              <p class="hint">{roleHint(invitation.role)}</p>
            </>,
          ],
          ["Ends", <When at={invitation.expires_at} now={visit.now} timezone="UTC" />],
        ]}
      />
      <Form visit={visit} action={`/dashboard/invitations/${invitation.id}`} class="answer">
        <Submit name="answer" value="accept">
          Join
        </Submit>
        <Submit name="answer" value="decline" kind="plain">
          Decline
        </Submit>
      </Form>
    </>,
  );

/** The same for what never was, what has ended, and what was sent to somebody else. */
const gone = (visit: PersonVisit): Response =>
  entryPage(
    visit,
    {
      title: "No invitation here",
      lead: "It was answered or withdrawn, it has ended, or it was sent to another address than yours.",
      refused: { ...NOT_REFUSED, status: 404 },
    },
    <>
      <p>
        You are signed in as <bdi class="strong">{plain(visit.signedIn.person.email)}</bdi>. If that is not the address
        that was invited, sign out, and open the link again.
      </p>
      <div class="stack">
        <LinkButton href="/dashboard" kind="main">
          To the dashboard
        </LinkButton>
        <Form visit={visit} action="/dashboard/sign-out">
          <Submit kind="plain">Sign out</Submit>
        </Form>
      </div>
    </>,
  );
