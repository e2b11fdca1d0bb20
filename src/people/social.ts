import type { Outcome, SocialProvider } from "./api.ts";
import { ask, refusalOf } from "./ask.ts";
import type { Desk } from "./desk.ts";
import { done } from "./outcome.ts";
import { browserWith, signedIn, trimSessions } from "./session.ts";

const AFTER = "/dashboard";
const FAILED = "/dashboard/sign-in?error=social";

export async function socialStart(
  desk: Desk,
  request: Request,
  provider: SocialProvider,
): Promise<Outcome<{ readonly url: string }>> {
  const answer = await ask(desk, request, {
    path: "/sign-in/social",
    body: {
      provider,
      callbackURL: `${desk.base}${AFTER}`,
      errorCallbackURL: `${desk.base}${FAILED}`,
      disableRedirect: true,
    },
  });
  if (answer.status !== 200) return refusalOf(answer, () => null);
  return done({ url: String(answer.body.url) }, answer.cookies);
}

/** `/dashboard/callback/<provider>?code=…&state=…`, where the provider sends the browser back to. */
export async function socialCallback(desk: Desk, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const provider = url.pathname.split("/").at(-1) ?? "";
  const answer = await ask(desk, request, {
    method: "GET",
    path: `/callback/${encodeURIComponent(provider)}${url.search}`,
  });
  const me = await signedIn(desk, browserWith(desk, answer.cookies));
  if (me !== null) await trimSessions(desk, me.person.id);
  const headers = new Headers({ location: placeOf(desk, answer), "cache-control": "no-store" });
  for (const cookie of answer.cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 302, headers });
}

/** Only to our own pages, and without the words that Better Auth puts behind a failure. */
function placeOf({ base }: Desk, { response, body }: { response: Response; body: unknown }): string {
  if ((body as { twoFactorRedirect?: boolean } | null)?.twoFactorRedirect === true) {
    return `${base}/dashboard/second-step`;
  }
  const location = response.headers.get("location") ?? "";
  return location === `${base}${AFTER}` ? location : `${base}${FAILED}`;
}
