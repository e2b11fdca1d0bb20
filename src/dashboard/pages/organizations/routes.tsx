import type { DashboardRoute } from "../../route.ts";
import { found, foundPage } from "./found.tsx";
import { answer, invitationPage } from "./invitation.tsx";
import { organizationsPage } from "./list.tsx";

const invitation = "/invitations/:invitation_id";

export const organizationRoutes: readonly DashboardRoute[] = [
  { id: "organizations", method: "GET", path: "/organizations", access: "person", handle: organizationsPage },
  { id: "organizations.found.form", method: "GET", path: "/organizations/new", access: "person", handle: foundPage },
  { id: "organizations.found", method: "POST", path: "/organizations/new", access: "person", handle: found },
  { id: "invitation", method: "GET", path: invitation, access: "person", handle: invitationPage },
  { id: "invitation.answer", method: "POST", path: invitation, access: "person", handle: answer },
];

/** What the next page says: see `done.ts`. */
export const ORGANIZATION_DONE: Readonly<Record<string, string>> = {
  organization_created: "Your organization is ready.",
  invitation_accepted: "You are a member now.",
  invitation_declined: "The invitation is declined.",
};
