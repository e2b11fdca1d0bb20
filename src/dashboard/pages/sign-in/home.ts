import { redirect } from "../../answer.tsx";
import type { Visit } from "../../route.ts";

/** `/dashboard`: to where this person belongs. */
export async function home({ people, request, signedIn }: Visit): Promise<Response> {
  if (signedIn === null) return redirect("/dashboard/sign-in");
  const [only, ...others] = await people.memberships(signedIn.person.id);
  if (only !== undefined) {
    return redirect(others.length === 0 ? `/dashboard/${only.organization_id}` : "/dashboard/organizations");
  }
  const [invitation, ...more] = await people.invitationsFor(request);
  if (invitation === undefined) return redirect("/dashboard/organizations/new");
  return redirect(more.length === 0 ? `/dashboard/invitations/${invitation.id}` : "/dashboard/organizations");
}
