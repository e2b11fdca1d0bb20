import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Form, Input, Submit } from "../../ui/form.tsx";
import { LinkButton } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { entryPage, sendsMail } from "./entry.tsx";
import { noMailPage } from "./sign-up.tsx";

const TITLE = "New password";

export const forgotPage = (visit: Visit): Response =>
  sendsMail(visit) ? show(visit, visit.signedIn?.person.email ?? "", NOT_REFUSED) : noMailPage(visit, TITLE);

export async function forgot(visit: Visit): Promise<Response> {
  if (!sendsMail(visit)) return noMailPage(visit, TITLE);
  const email = visit.form.text("email");
  const outcome = await visit.people.requestReset(visit.request, email);
  return outcome.ok ? sent(visit, email) : show(visit, email, refusedBy(outcome, ["email"]));
}

const show = (visit: Visit, email: string, refused: Refused): Response =>
  entryPage(
    visit,
    {
      title: TITLE,
      heading: "Choose a new password",
      lead: "We send you a link with which you set one.",
      refused,
      foot: (
        <p>
          <a href="/dashboard/sign-in">Back to sign-in</a>
        </p>
      ),
    },
    <Form visit={visit} action="/dashboard/forgot" autocomplete="on">
      <Input
        name="email"
        label="E-mail"
        type="email"
        value={email}
        autocomplete="email"
        required
        errors={refused.fields}
      />
      <Submit>Send the link</Submit>
    </Form>,
  );

/** Says the same whether or not the address has an account. */
const sent = (visit: Visit, email: string): Response =>
  entryPage(
    visit,
    {
      title: "Check your mail",
      lead: (
        <>
          If <bdi class="strong">{plain(email)}</bdi> has an account, a link is on its way.
        </>
      ),
    },
    <>
      <p>It is good for an hour, and once. If nothing comes, look among the unwanted mail, and at the address above.</p>
      <div class="stack">
        <LinkButton href="/dashboard/forgot">Try another address</LinkButton>
        <LinkButton href="/dashboard/sign-in">Back to sign-in</LinkButton>
      </div>
    </>,
  );
