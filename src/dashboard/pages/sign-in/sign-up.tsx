import { LIMITS } from "../../../limits.ts";
import { ownPath, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Form, Input, Submit } from "../../ui/form.tsx";
import { LinkButton, Notice } from "../../ui/parts.tsx";
import { awaitMail } from "./check-mail.tsx";
import { entryPage, isInvitation, NextField, sendsMail, withNext } from "./entry.tsx";
import { SocialLinks } from "./sign-in.tsx";

export function signUpPage(visit: Visit): Response {
  const next = ownPath(visit.url.searchParams.get("next"));
  if (visit.signedIn !== null) return redirect(next ?? "/dashboard");
  return show(visit, { next, name: "", email: "", refused: NOT_REFUSED });
}

export async function signUp(visit: Visit): Promise<Response> {
  const { form, people, request } = visit;
  if (!sendsMail(visit)) return noMailPage(visit, "Create an account");
  const [next, name, email] = [ownPath(form.text("next")), form.text("name"), form.text("email")];
  const outcome = await people.signUp(request, { name, email, password: form.raw("password") });
  if (!outcome.ok)
    return show(visit, { next, name, email, refused: refusedBy(outcome, ["name", "email", "password"]) });
  return awaitMail(visit, email, outcome.cookies);
}

function show(
  visit: Visit,
  {
    next,
    name,
    email,
    refused,
  }: { readonly next: string | null; readonly name: string; readonly email: string; readonly refused: Refused },
): Response {
  if (!sendsMail(visit)) return noMailPage(visit, "Create an account");
  return entryPage(
    visit,
    {
      title: "Create an account",
      heading: "Create your account",
      lead: isInvitation(next)
        ? "You are invited. Use the address that the invitation was sent to."
        : "Set limits for AI agents, approve what needs a person, and stop spending at any moment.",
      refused,
      foot: (
        <p>
          Have an account? <a href={withNext("/dashboard/sign-in", next)}>Sign in</a>
        </p>
      ),
    },
    <>
      {visit.scope.env.SIGN_UP === "open" ? null : (
        <Notice tone="info">
          This service takes people in by invitation. Use the address that yours was sent to; if you have none, ask an
          owner or admin of your organization.
        </Notice>
      )}
      <Form visit={visit} action="/dashboard/sign-up" autocomplete="on">
        <NextField next={next} />
        <Input name="name" label="Your name" value={name} autocomplete="name" required errors={refused.fields} />
        <Input
          name="email"
          label="E-mail"
          type="email"
          value={email}
          autocomplete="email"
          hint="We send a link there, to be sure that it is yours."
          required
          errors={refused.fields}
        />
        <NewPassword errors={refused.fields} />
        <Submit>Create account</Submit>
      </Form>
      <SocialLinks visit={visit} />
    </>,
  );
}

export const NewPassword = ({
  label = "Password",
  errors,
}: {
  readonly label?: string;
  readonly errors: Refused["fields"];
}) => (
  <Input
    name="password"
    label={label}
    type="password"
    autocomplete="new-password"
    hint={`At least ${LIMITS.passwordCharsMin} characters. A few unrelated words in a row are strong, and easy to keep.`}
    required
    errors={errors}
  />
);

/** Nobody is left in front of a form that leads nowhere. */
export const noMailPage = (visit: Visit, title: string): Response =>
  entryPage(
    visit,
    { title, lead: "This deployment of Quetra sends no mail, so it cannot do this by itself." },
    <>
      <p>
        Ask whoever runs this service. They can make an account for you (<code>POST /operator/members</code>), or set up
        a mail service (<code>MAIL_URL</code>).
      </p>
      <LinkButton href="/dashboard/sign-in">Back to sign-in</LinkButton>
    </>,
  );
