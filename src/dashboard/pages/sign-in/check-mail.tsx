import { LIMITS } from "../../../limits.ts";
import { redirect } from "../../answer.tsx";
import { NOT_REFUSED, type Refused, refusedBy } from "../../refused.ts";
import type { Visit } from "../../route.ts";
import { Form, Input, Submit } from "../../ui/form.tsx";
import { plain } from "../../ui/words.ts";
import { entryPage } from "./entry.tsx";

const PATH = "/dashboard/check-mail";
const COOKIE = "quetra_mail";

/**
 * On to the page that says to look into the mailbox. The address that was typed goes with the browser in a cookie for that
 * page alone: there it shows a slip of the finger, and in an address bar it would end up in logs.
 */
export function awaitMail({ url }: Visit, email: string, cookies: readonly string[], done?: string): Response {
  const value = encodeURIComponent(email.slice(0, LIMITS.emailChars));
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const cookie = `${COOKIE}=${value}; Path=${PATH}; Max-Age=3600; HttpOnly; SameSite=Lax${secure}`;
  return redirect(PATH, { ...(done === undefined ? {} : { done }), cookies: [...cookies, cookie] });
}

export const checkMailPage = (visit: Visit): Response => show(visit, typedAddress(visit.request), NOT_REFUSED);

export async function resend(visit: Visit): Promise<Response> {
  const email = visit.form.text("email");
  const outcome = await visit.people.resendVerification(visit.request, email);
  if (!outcome.ok) return show(visit, email, refusedBy(outcome, ["email"]));
  return awaitMail(visit, email, outcome.cookies, "mail_sent");
}

const show = (visit: Visit, email: string, refused: Refused): Response =>
  entryPage(
    visit,
    {
      title: "Check your mail",
      lead:
        email === "" ? (
          "We have sent a link to the address that you gave."
        ) : (
          <>
            We have sent a link to <bdi class="strong">{plain(email)}</bdi>
          </>
        ),
      refused,
      foot: (
        <p>
          Wrong address? <a href="/dashboard/sign-up">Start again</a> · <a href="/dashboard/sign-in">Sign in</a>
        </p>
      ),
    },
    <>
      <p>Open the link in this browser, and you are in. It is good for a day.</p>
      <hr />
      <Form visit={visit} action={PATH} autocomplete="on">
        <Input
          name="email"
          label="Nothing there?"
          type="email"
          value={email}
          autocomplete="email"
          hint="Look among the unwanted mail first. Then have another one sent."
          required
          errors={refused.fields}
        />
        <Submit kind="plain">Send another mail</Submit>
      </Form>
    </>,
  );

function typedAddress(request: Request): string {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name !== COOKIE || value === undefined) continue;
    try {
      return decodeURIComponent(value).slice(0, LIMITS.emailChars);
    } catch {
      return "";
    }
  }
  return "";
}
