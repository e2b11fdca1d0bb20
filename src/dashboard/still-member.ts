import type { OrganizationVisit } from "./route.ts";

/**
 * For answers that go on for as long as the browser likes: whoever was removed meanwhile, or signed out, gets no more of
 * them. Throws, which breaks the answer off.
 */
export async function assertStillMember({ people, request, signedIn, organization }: OrganizationVisit): Promise<void> {
  const [now, membership] = await Promise.all([
    people.signedIn(request),
    people.membership(signedIn.person.id, organization.organization_id),
  ]);
  if (now === null || membership === null) throw new Error("Whoever asked for this is no member any more.");
}
