import { plainPage, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy, withRetryAfter } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Radios } from "../../ui/choices.tsx";
import { Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Badge, Card, Facts, LinkButton, PageHead } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { SessionTable } from "./sessions.tsx";
import { THEME_CHOICES, themeOf } from "./theme.ts";

export const accountPage = (visit: PersonVisit): Promise<Response> =>
  showAccount(visit, visit.signedIn.person.name, NOT_REFUSED);

export async function changeName(visit: PersonVisit): Promise<Response> {
  const name = visit.form.text("name");
  const outcome = await visit.people.changeName(visit.request, name);
  if (outcome.ok) return redirect("/dashboard/account", { done: "name_changed", cookies: outcome.cookies });
  return showAccount(visit, name, refusedBy(outcome, ["name"]));
}

/** @param name As it was typed, where it was not taken. */
export async function showAccount(visit: PersonVisit, name: string, refused: Refused): Promise<Response> {
  const sessions = await visit.people.sessions(visit.request);
  const response = plainPage(
    visit,
    { title: "Your account", status: refused.status, wide: true },
    <>
      <PageHead
        title="Your account"
        lead="How you sign in. It counts for every organization that you are a member of."
        back={{ href: "/dashboard/organizations", label: "Organizations" }}
      />
      <FormErrors above={refused.above} fields={refused.fields} />
      <You visit={visit} name={name} refused={refused} />
      <SignIn visit={visit} />
      <SessionTable visit={visit} sessions={sessions} />
      <Card title="Appearance" hint="For this browser." id="appearance">
        <Form visit={visit} action="/dashboard/account/theme" class="themes">
          <Radios name="theme" label="Colours" value={themeOf(visit.request)} choices={THEME_CHOICES} />
          <Submit kind="plain">Save appearance</Submit>
        </Form>
      </Card>
    </>,
  );
  return withRetryAfter(response, refused);
}

const You = ({
  visit,
  name,
  refused,
}: {
  readonly visit: PersonVisit;
  readonly name: string;
  readonly refused: Refused;
}) => (
  <Card title="You" id="you">
    <Form visit={visit} action="/dashboard/account/name" autocomplete="on" class="narrow">
      <Input
        name="name"
        label="Name"
        value={name}
        autocomplete="name"
        hint="Members of your organizations see it, beside what you decided."
        required
        errors={refused.fields}
      />
      <Submit kind="plain">Save name</Submit>
    </Form>
    <Facts items={[["E-mail", <bdi>{plain(visit.signedIn.person.email)}</bdi>]]} />
  </Card>
);

function SignIn({ visit }: { readonly visit: PersonVisit }) {
  const { two_factor, has_password } = visit.signedIn.person;
  return (
    <Card title="Signing in" id="signing-in">
      <ul class="rows">
        <li>
          <div>
            <strong>Password</strong>
            <p class="hint">
              {has_password
                ? "Changing it ends your other sessions."
                : "You have none: you sign in through another service."}
            </p>
          </div>
          {has_password ? (
            <LinkButton href="/dashboard/account/password">Change password</LinkButton>
          ) : (
            <LinkButton href="/dashboard/forgot">Set a password</LinkButton>
          )}
        </li>
        <li>
          <div>
            <strong>Second step</strong> {two_factor ? <Badge tone="good">On</Badge> : <Badge tone="warn">Off</Badge>}
            <p class="hint">
              {two_factor
                ? "Signing in takes a code of your authenticator app."
                : "A code of an authenticator app, so that your password alone lets nobody in."}
            </p>
          </div>
          <LinkButton href="/dashboard/account/two-factor" kind={two_factor ? "plain" : "main"}>
            {two_factor ? "Switch off" : "Switch on"}
          </LinkButton>
        </li>
      </ul>
    </Card>
  );
}
