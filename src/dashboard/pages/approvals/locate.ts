import { redirect } from "../../answer.tsx";
import { organizationApi } from "../../api.ts";
import { notFoundPage, troublePage } from "../../errors.tsx";
import type { PersonVisit } from "../../route.ts";

/**
 * The address that agents and mails name says nothing about the organization: of those that the person is a member of, the
 * one that has this approval answers. Any other id, and anybody else, is told that nothing is here.
 */
export async function locateApproval(visit: PersonVisit): Promise<Response> {
  const { scope, request, signedIn, people, params } = visit;
  const approval_id = params.approval_id ?? "";
  if (!/^apr_[0-9A-Za-z]{22}$/.test(approval_id)) return notFoundPage(visit);
  const memberships = await people.memberships(signedIn.person.id);
  const answers = await Promise.all(
    memberships.map(async (membership) => ({
      membership,
      answer: await organizationApi(scope, request, signedIn, membership).call("getApproval", {
        params: { approval_id },
      }),
    })),
  );
  const found = answers.find(({ answer }) => answer.ok);
  if (found !== undefined) return redirect(`/dashboard/${found.membership.organization_id}/approvals/${approval_id}`);
  // An organization that could not be asked may be the one.
  const silent = answers.some(({ answer }) => !answer.ok && answer.status >= 500);
  return silent
    ? troublePage(visit, 500, "Not every organization of yours answered. Try again in a moment.")
    : notFoundPage(visit);
}
