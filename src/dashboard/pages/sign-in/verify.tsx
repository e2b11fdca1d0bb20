import { splitConfirmation } from "../../../people/confirmation.ts";
import { redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Form, Submit } from "../../ui/form.tsx";
import { LinkButton } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { entryPage } from "./entry.tsx";

/** Asks only: programs that scan mails open links, and must not use up what is in them. */
export function verifyPage(visit: Visit): Response {
  const token = visit.url.searchParams.get("token") ?? "";
  return token === "" ? badLink(visit, { ...NOT_REFUSED, status: 400 }) : ask(visit, token, NOT_REFUSED);
}

export async function verify(visit: Visit): Promise<Response> {
  const token = visit.form.raw("token");
  const outcome = await visit.people.verifyEmail(visit.request, token);
  if (outcome.ok) return redirect("/dashboard", { cookies: outcome.cookies });
  const refused = refusedBy(outcome);
  // After a throttle the same link is good again; after anything else it is not.
  return refused.status === 429 ? ask(visit, token, refused) : badLink(visit, refused);
}

/** Says whose account it is: somebody could send people a link of their own, to have them work in a stranger's account. */
const ask = (visit: Visit, token: string, refused: Refused): Response =>
  entryPage(
    visit,
    {
      title: "Confirm your address",
      heading: "One press to go",
      lead: (
        <>
          This confirms that <bdi class="strong">{plain(splitConfirmation(token)?.email ?? "the address")}</bdi> is
          yours, and signs you in with it.
        </>
      ),
      refused,
    },
    <Form visit={visit} action="/dashboard/verify">
      <input type="hidden" name="token" value={token} />
      <Submit>Verify and sign in</Submit>
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
    <>
      <p>If you have confirmed your address before, sign in. If not, have a new link sent.</p>
      <div class="stack">
        <LinkButton href="/dashboard/sign-in" kind="main">
          Sign in
        </LinkButton>
        <LinkButton href="/dashboard/check-mail">Send a new link</LinkButton>
      </div>
    </>,
  );
