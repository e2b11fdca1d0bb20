import { redirect } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { auditPage } from "./overview.tsx";

/** A signature over the newest link, now. */
export async function signHead(visit: OrganizationVisit): Promise<Response> {
  const answer = await visit.api.call("signChainHead");
  return answer.ok ? redirect(`${visit.base}/audit`, { done: "audit_signed" }) : auditPage(visit, answer);
}

export async function rotateKey(visit: OrganizationVisit): Promise<Response> {
  const answer = await visit.api.call("rotateSigningKey");
  return answer.ok ? redirect(`${visit.base}/audit`, { done: "audit_key_rotated" }) : auditPage(visit, answer);
}
