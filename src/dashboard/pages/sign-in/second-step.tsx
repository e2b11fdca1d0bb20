import { ownPath, redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Form, Input, Submit } from "../../ui/form.tsx";
import { entryPage, NextField, withNext } from "./entry.tsx";

const PATH = "/dashboard/second-step";
type Kind = "totp" | "backup";
const kindOf = (text: string | null): Kind => (text === "backup" ? "backup" : "totp");

export function secondStepPage(visit: Visit): Response {
  const { url, signedIn } = visit;
  const next = ownPath(url.searchParams.get("next"));
  if (signedIn !== null) return redirect(next ?? "/dashboard");
  return show(visit, { kind: kindOf(url.searchParams.get("kind")), next, refused: NOT_REFUSED });
}

export async function secondStep(visit: Visit): Promise<Response> {
  const { form, people, request } = visit;
  const next = ownPath(form.text("next"));
  const kind = kindOf(form.text("kind"));
  // Authenticators show six digits in two groups, and people type what they see.
  const code = form.text("code").replaceAll(" ", "");
  const outcome = await people.secondFactor(request, { code, kind });
  if (outcome.ok) return redirect(next ?? "/dashboard", { cookies: outcome.cookies });
  return show(visit, { kind, next, refused: refusedBy(outcome, ["code"]) });
}

function show(
  visit: Visit,
  { kind, next, refused }: { readonly kind: Kind; readonly next: string | null; readonly refused: Refused },
): Response {
  const here = withNext(PATH, next);
  const totp = kind === "totp";
  return entryPage(
    visit,
    {
      title: "Second step",
      heading: totp ? "Enter your code" : "Use a backup code",
      lead: totp ? "Your authenticator app shows it, and a new one every half minute." : "Each one works once.",
      refused,
      foot: (
        <>
          <p>
            {totp ? (
              <a href={`${here}${next === null ? "?" : "&"}kind=backup`}>Use a backup code instead</a>
            ) : (
              <a href={here}>Use the authenticator app instead</a>
            )}
          </p>
          <p>
            <a href={withNext("/dashboard/sign-in", next)}>Start again</a>
          </p>
        </>
      ),
    },
    <Form visit={visit} action={PATH} autocomplete="on" class="code-form">
      <NextField next={next} />
      <input type="hidden" name="kind" value={kind} />
      {totp ? (
        <Input
          name="code"
          label="Six digits"
          autocomplete="one-time-code"
          inputmode="numeric"
          maxlength={7}
          required
          errors={refused.fields}
        />
      ) : (
        <Input name="code" label="Backup code" autocomplete="off" maxlength={40} required errors={refused.fields} />
      )}
      <Submit>Sign in</Submit>
    </Form>,
  );
}
