import type { OrganizationVisit } from "../../route.ts";

/**
 * How far D1 has followed the organization's log: a page that is looked at asks for it every few seconds, and is built
 * anew when it has grown. The object is not asked, so nobody who watches keeps it awake.
 */
export const pulse = async (visit: OrganizationVisit): Promise<Response> =>
  Response.json({ seq: await newestSeq(visit) });

/** The same for a page that begins to follow: read it before anything else. */
export async function newestSeq({ scope, organization }: OrganizationVisit): Promise<number> {
  const row = await scope.env.DB.prepare("SELECT as_of_seq FROM organizations WHERE id = ?")
    .bind(organization.organization_id)
    .first<{ as_of_seq: number }>();
  return row?.as_of_seq ?? 0;
}
