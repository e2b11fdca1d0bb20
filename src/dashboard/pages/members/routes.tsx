import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { invite, invitePage } from "./invite.tsx";
import { leave, membersPage, withdraw } from "./list.tsx";
import { changeRole, memberPage, remove } from "./member.tsx";

const members = "/:org/members";
const member = `${members}/:person_id`;
const invitation = `${members}/invitations/:invitation_id`;

export const memberRoutes: readonly DashboardRoute[] = [
  { id: "members", method: "GET", path: members, access: EVERYONE, handle: membersPage },
  { id: "members.leave", method: "POST", path: `${members}/leave`, access: EVERYONE, handle: leave },
  { id: "members.invite.form", method: "GET", path: `${members}/invite`, access: MANAGERS, handle: invitePage },
  { id: "members.invite", method: "POST", path: `${members}/invite`, access: MANAGERS, handle: invite },
  { id: "members.withdraw", method: "POST", path: `${invitation}/withdraw`, access: MANAGERS, handle: withdraw },
  { id: "members.member", method: "GET", path: member, access: MANAGERS, handle: memberPage },
  { id: "members.role", method: "POST", path: `${member}/role`, access: MANAGERS, handle: changeRole },
  { id: "members.remove", method: "POST", path: `${member}/remove`, access: MANAGERS, handle: remove },
];

/** What the next page says: see `done.ts`. */
export const MEMBER_DONE: Readonly<Record<string, string>> = {
  member_invited: "The invitation is on its way.",
  role_changed: "The role is changed.",
  member_removed: "They are no member any more.",
  invitation_withdrawn: "The invitation is withdrawn.",
  organization_left: "You have left the organization.",
};
