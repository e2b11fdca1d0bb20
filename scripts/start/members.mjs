/** The people of the demo organization: one of each role that a newcomer wants to see with. */
import { randomBytes } from "node:crypto";
import { call } from "./service.mjs";

/** The first is the one that a newcomer signs in as. */
export const MEMBERS = [
  { name: "Ana Novak", email: "ana@demo-company.example", role: "owner" },
  { name: "Marko Kovač", email: "marko@demo-company.example", role: "approver" },
  { name: "Eva Horvat", email: "eva@demo-company.example", role: "viewer" },
];

/**
 * Sees to it that they can sign in to the demo organization, all with the same password.
 *
 * @param before What `writeDemo` kept of the last run.
 * @returns {Promise<{ organization: string, password: string, ids: Record<string, string> }>} Made once, and kept with the
 * keys. `ids`: of these people, by role.
 */
export async function ensureMembers({ origin, operatorToken, organization, before }) {
  if (before?.organization === organization) return before;
  const password = before?.password ?? randomBytes(12).toString("base64url");
  const ids = {};
  for (const member of MEMBERS) {
    const body = { organization_id: organization, ...member, password };
    ids[member.role] = (await call(origin, operatorToken, "POST", "/operator/members", body)).person_id;
  }
  return { organization, password, ids };
}
