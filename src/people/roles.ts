import { createAccessControl } from "better-auth/plugins/access";
import type { PersonRole } from "./api.ts";

/** What an organization's members may do about each other. What they may do with money, the object decides. */
export const accessControl = createAccessControl({ member: ["manage"], owner: ["manage"] });

export const ROLES = {
  owner: accessControl.newRole({ member: ["manage"], owner: ["manage"] }),
  admin: accessControl.newRole({ member: ["manage"] }),
  approver: accessControl.newRole({}),
  viewer: accessControl.newRole({}),
};

export const isRole = (text: string): text is PersonRole => Object.hasOwn(ROLES, text);

/** Roles whose bearers may bring somebody into `role`, change or remove one who has it. */
export const managersOf = (role: PersonRole): readonly PersonRole[] =>
  (Object.keys(ROLES) as PersonRole[]).filter(
    (mine) => ROLES[mine].authorize({ [role === "owner" ? "owner" : "member"]: ["manage"] }).success,
  );
