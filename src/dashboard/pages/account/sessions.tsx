import type { LoginSession } from "../../../people/api.ts";
import { redirect } from "../../answer.tsx";
import { refusedBy } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Confirm, Form, Submit } from "../../ui/form.tsx";
import { Badge, Card, Table, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { showAccount } from "./account.tsx";
import { deviceWords } from "./device.ts";

/** Times stand in UTC here: the page belongs to no organization, whose zone they could have. */
export function SessionTable({
  visit,
  sessions,
}: {
  readonly visit: PersonVisit;
  readonly sessions: readonly LoginSession[];
}) {
  const others = sessions.filter(({ current }) => !current).length;
  return (
    <Card
      title="Sessions"
      hint="Where you are signed in. End whatever you do not know, then change your password."
      id="sessions"
      flush
      actions={
        others === 0 ? null : (
          <Confirm
            visit={visit}
            action="/dashboard/account/sessions/end-others"
            label="End all others"
            question="Every other browser is signed out at once. This one stays."
          />
        )
      }
    >
      <Table caption="Sessions" columns={["Device", "Address", "Signed in", { label: "", end: true }]}>
        {sessions.map((session) => (
          <SessionRow visit={visit} session={session} />
        ))}
      </Table>
    </Card>
  );
}

const SessionRow = ({ visit, session }: { readonly visit: PersonVisit; readonly session: LoginSession }) => (
  <tr>
    <td data-label="Device">
      <span>
        <strong>{deviceWords(session.user_agent)}</strong>{" "}
        {session.current ? <Badge tone="good">This one</Badge> : null}
      </span>
    </td>
    <td data-label="Address">{session.ip === null ? "Unknown" : <bdi>{plain(session.ip)}</bdi>}</td>
    <td data-label="Signed in">
      <When at={session.created_at} now={visit.now} timezone="UTC" />
    </td>
    <td class="end">
      {session.current ? null : (
        <Form visit={visit} action="/dashboard/account/sessions/end">
          <input type="hidden" name="session_id" value={session.id} />
          <Submit kind="plain">
            End<span class="hidden">{` the session of ${deviceWords(session.user_agent)}`}</span>
          </Submit>
        </Form>
      )}
    </td>
  </tr>
);

export async function endSession(visit: PersonVisit): Promise<Response> {
  const outcome = await visit.people.endSession(visit.request, visit.form.text("session_id"));
  if (!outcome.ok) return showAccount(visit, visit.signedIn.person.name, refusedBy(outcome));
  return redirect("/dashboard/account", { done: "session_ended", cookies: outcome.cookies });
}

export async function endOtherSessions(visit: PersonVisit): Promise<Response> {
  const outcome = await visit.people.endOtherSessions(visit.request);
  if (!outcome.ok) return showAccount(visit, visit.signedIn.person.name, refusedBy(outcome));
  return redirect("/dashboard/account", { done: "sessions_ended", cookies: outcome.cookies });
}
