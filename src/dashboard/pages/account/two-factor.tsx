import { plainPage, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy, withRetryAfter } from "../../refused.ts";
import type { PersonVisit } from "../../route.ts";
import { Form, FormErrors, Input, Submit } from "../../ui/form.tsx";
import { Card, PageHead } from "../../ui/parts.tsx";
import { AccountName, BACK, noPassword } from "./password.tsx";
import { setUpPage } from "./set-up.tsx";

const PATH = "/dashboard/account/two-factor";

export const twoFactorPage = (visit: PersonVisit): Response => show(visit, NOT_REFUSED);

/** Answers the page itself: the secret and the backup codes are shown once, and stand in no address. */
export async function beginTwoFactor(visit: PersonVisit): Promise<Response> {
  const outcome = await visit.people.beginTwoFactor(visit.request, visit.form.raw("password"));
  if (!outcome.ok) return show(visit, refusedBy(outcome, ["password"]));
  const { uri, backup_codes } = outcome.value;
  return setUpPage(visit, { uri, backupCodes: backup_codes }, NOT_REFUSED, outcome.cookies);
}

/** The page is built again from what it carried itself, so that a slip of the finger costs no second set-up. */
export async function confirmTwoFactor(visit: PersonVisit): Promise<Response> {
  const { form, people, request } = visit;
  const outcome = await people.confirmTwoFactor(request, form.text("code").replaceAll(" ", ""));
  if (outcome.ok) return redirect("/dashboard/account", { done: "two_factor_on", cookies: outcome.cookies });
  const uri = form.raw("uri");
  const refused = refusedBy(outcome, ["code"]);
  if (!uri.startsWith("otpauth://totp/") || visit.signedIn.person.two_factor) return show(visit, refused);
  return setUpPage(visit, { uri, backupCodes: form.all("backup_code") }, refused, []);
}

export async function endTwoFactor(visit: PersonVisit): Promise<Response> {
  const outcome = await visit.people.endTwoFactor(visit.request, visit.form.raw("password"));
  if (outcome.ok) return redirect("/dashboard/account", { done: "two_factor_off", cookies: outcome.cookies });
  return show(visit, refusedBy(outcome, ["password"]));
}

function show(visit: PersonVisit, refused: Refused): Response {
  const { two_factor, has_password } = visit.signedIn.person;
  if (!has_password) return noPassword(visit);
  const title = two_factor ? "Switch the second step off" : "Switch the second step on";
  const response = plainPage(
    visit,
    { title, status: refused.status },
    <>
      <PageHead
        title={title}
        lead={
          two_factor
            ? "Your password alone then lets in whoever knows it."
            : "You need an authenticator app: the one in your password manager, or any other that shows six digits."
        }
        back={BACK}
      />
      <FormErrors above={refused.above} fields={refused.fields} />
      <Card>
        <Form visit={visit} action={two_factor ? `${PATH}/end` : PATH} autocomplete="on">
          <AccountName visit={visit} />
          <Input
            name="password"
            label="Your password"
            type="password"
            autocomplete="current-password"
            hint="To be sure that it is you."
            required
            errors={refused.fields}
          />
          <Submit kind={two_factor ? "danger" : "main"}>{two_factor ? "Switch it off" : "Go on"}</Submit>
        </Form>
      </Card>
    </>,
  );
  return withRetryAfter(response, refused);
}
