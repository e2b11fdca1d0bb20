import { plainPage, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy, withRetryAfter } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Card, LinkButton, PageHead } from "../../ui/parts.tsx";
import { NewPassword } from "../sign-in/sign-up.tsx";

export const BACK = { href: "/dashboard/account", label: "Your account" } as const;

export const passwordPage = (visit: PersonVisit): Response => show(visit, NOT_REFUSED);

export async function changePassword(visit: PersonVisit): Promise<Response> {
  const { form, people, request } = visit;
  const outcome = await people.changePassword(request, {
    current: form.raw("current"),
    password: form.raw("password"),
  });
  if (outcome.ok) return redirect("/dashboard/account", { done: "password_changed", cookies: outcome.cookies });
  return show(visit, refusedBy(outcome, ["current", "password"]));
}

function show(visit: PersonVisit, refused: Refused): Response {
  if (!visit.signedIn.person.has_password) return noPassword(visit);
  const response = plainPage(
    visit,
    { title: "Change your password", status: refused.status },
    <>
      <PageHead title="Change your password" lead="Every other session of yours ends. This one stays." back={BACK} />
      <FormErrors above={refused.above} fields={refused.fields} />
      <Card>
        <Form visit={visit} action="/dashboard/account/password" autocomplete="on">
          <AccountName visit={visit} />
          <Input
            name="current"
            label="Password now"
            type="password"
            autocomplete="current-password"
            required
            errors={refused.fields}
          />
          <NewPassword label="New password" errors={refused.fields} />
          <Submit>Change password</Submit>
        </Form>
      </Card>
    </>,
  );
  return withRetryAfter(response, refused);
}

/** Not shown: password managers look for it, to know which of their entries this is. */
export const AccountName = ({ visit }: { readonly visit: PersonVisit }) => (
  <input type="hidden" name="username" value={visit.signedIn.person.email} autocomplete="username" />
);

export const noPassword = (visit: PersonVisit): Response =>
  plainPage(
    visit,
    { title: "You have no password" },
    <>
      <PageHead
        title="You have no password"
        lead="You sign in through another service, which looks after that. To change it here, set a password first."
        back={BACK}
      />
      <p>
        <LinkButton href="/dashboard/forgot" kind="main">
          Set a password
        </LinkButton>
      </p>
    </>,
  );
