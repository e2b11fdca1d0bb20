import type { SocialProvider } from "../../../people/api.ts";
import { redirect } from "../../answer.tsx";
import { notFoundPage, troublePage } from "../../errors.tsx";
import type { Visit } from "../../route.ts";

/**
 * On to GitHub or Google. By GET, because the policy of our pages lets no form lead to another host; what it begins is
 * bound to this browser by a cookie, and signs nobody in by itself.
 */
export async function startSocial(visit: Visit): Promise<Response> {
  const provider = configured(visit);
  if (provider === null) return notFoundPage(visit);
  const outcome = await visit.people.socialStart(visit.request, provider);
  return outcome.ok
    ? redirect(outcome.value.url, { cookies: outcome.cookies })
    : troublePage(visit, outcome.retry_after_seconds === undefined ? 400 : 429, outcome.message);
}

export async function socialCallback(visit: Visit): Promise<Response> {
  return configured(visit) === null ? notFoundPage(visit) : visit.people.socialCallback(visit.request);
}

const configured = ({ people, params }: Visit): SocialProvider | null =>
  people.social.find((provider) => provider === params.provider) ?? null;
