import type { SocialProvider } from "../../../people/api.ts";
import { ownPath, redirect } from "../../answer.tsx";
import { troublePage } from "../../errors.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { PersonVisit, Visit } from "../../route.ts";
import { Form, Input, Submit } from "../../ui/form.tsx";
import { LinkButton } from "../../ui/parts.tsx";
import { awaitMail } from "./check-mail.tsx";
import { entryPage, isInvitation, NextField, withNext } from "./entry.tsx";

export function signInPage(visit: Visit): Response {
  const next = ownPath(visit.url.searchParams.get("next"));
  if (visit.signedIn !== null) return redirect(next ?? "/dashboard");
  return show(visit, { next, email: "", refused: NOT_REFUSED });
}

export async function signIn(visit: Visit): Promise<Response> {
  const { form, people, request } = visit;
  const next = ownPath(form.text("next"));
  const email = form.text("email");
  const outcome = await people.signIn(request, { email, password: form.raw("password") });
  if (!outcome.ok) return show(visit, { next, email, refused: refusedBy(outcome, ["email", "password"]) });
  const { cookies } = outcome;
  switch (outcome.value.next) {
    case "signed_in":
      return redirect(next ?? "/dashboard", { cookies });
    case "two_factor":
      return redirect(withNext("/dashboard/second-step", next), { cookies });
    case "verify_email":
      return awaitMail(visit, email, cookies);
  }
}

export async function signOut(visit: PersonVisit): Promise<Response> {
  const outcome = await visit.people.signOut(visit.request);
  // Nobody is told that a session has ended which goes on.
  if (!outcome.ok) return troublePage(visit, outcome.retry_after_seconds === undefined ? 400 : 429, outcome.message);
  return redirect("/dashboard/sign-in", { done: "signed_out", cookies: outcome.cookies });
}

function show(
  visit: Visit,
  { next, email, refused }: { readonly next: string | null; readonly email: string; readonly refused: Refused },
): Response {
  return entryPage(
    visit,
    {
      title: "Sign in",
      heading: "Sign in to Quetra",
      lead: isInvitation(next)
        ? "You are invited. Sign in with the address that the invitation was sent to."
        : "Let AI agents spend, within limits that you set.",
      refused,
      foot: (
        <p>
          New here? <a href={withNext("/dashboard/sign-up", next)}>Create an account</a>
        </p>
      ),
    },
    <>
      <Form visit={visit} action="/dashboard/sign-in" autocomplete="on">
        <NextField next={next} />
        <Input
          name="email"
          label="E-mail"
          type="email"
          value={email}
          autocomplete="email"
          required
          errors={refused.fields}
        />
        <Input
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          required
          errors={refused.fields}
        />
        <Submit>Sign in</Submit>
        <p class="beside">
          <a href="/dashboard/forgot">Forgot your password?</a>
        </p>
      </Form>
      <SocialLinks visit={visit} />
    </>,
  );
}

const PROVIDER_NAMES: Readonly<Record<SocialProvider, string>> = { github: "GitHub", google: "Google" };

/** Links, because the policy of the page lets no form lead to another host. */
export const SocialLinks = ({ visit: { people } }: { readonly visit: Visit }) =>
  people.social.length === 0 ? null : (
    <div class="entry-social">
      <p class="entry-or">or</p>
      {people.social.map((provider) => (
        <LinkButton href={`/dashboard/social/${provider}`}>{`Continue with ${PROVIDER_NAMES[provider]}`}</LinkButton>
      ))}
    </div>
  );
