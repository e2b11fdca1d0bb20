import { redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Form, Submit } from "../../ui/form.tsx";
import { LinkButton } from "../../ui/parts.tsx";
import { entryPage } from "./entry.tsx";
import { NewPassword } from "./sign-up.tsx";

export function resetPage(visit: Visit): Response {
  const token = visit.url.searchParams.get("token") ?? "";
  return token === "" ? badLink(visit, { ...NOT_REFUSED, status: 400 }) : ask(visit, token, NOT_REFUSED);
}

export async function reset(visit: Visit): Promise<Response> {
  const { form, people, request } = visit;
  const token = form.raw("token");
  const outcome = await people.resetPassword(request, { token, password: form.raw("password") });
  if (outcome.ok) return redirect("/dashboard/sign-in", { done: "password_reset", cookies: outcome.cookies });
  const refused = refusedBy(outcome, ["password"]);
  return refused.status === 429 || refused.fields.size > 0 ? ask(visit, token, refused) : badLink(visit, refused);
}

const ask = (visit: Visit, token: string, refused: Refused): Response =>
  entryPage(
    visit,
    {
      title: "New password",
      heading: "Choose a new password",
      lead: "You are signed out everywhere, and sign in with the new one.",
      refused,
    },
    <Form visit={visit} action="/dashboard/reset" autocomplete="on">
      <input type="hidden" name="token" value={token} />
      <NewPassword label="New password" errors={refused.fields} />
      <Submit>Set the password</Submit>
    </Form>,
  );

const badLink = (visit: Visit, refused: Refused): Response =>
  entryPage(
    visit,
    {
      title: "This link is not good any more",
      lead: "It was used, it is too old, or a part of it got lost on the way.",
      refused: { ...refused, above: [] },
    },
    <LinkButton href="/dashboard/forgot" kind="main">
      Send a new link
    </LinkButton>,
  );
