import type { RequestScope } from "../edge/scope.ts";
import type { Membership, People, PersonRole, SignedIn } from "../people/api.ts";
import type { OrganizationApi } from "./api.ts";
import type { DashboardForm } from "./form.ts";

/**
 * One address of the dashboard. The table of all of them (`routes.ts`) is the only way in, and `serve.tsx` the only one
 * who reads it: session, membership, role and form token are checked there, before `handle` runs.
 */
export type DashboardRoute = OpenRoute | PersonRoute | OrganizationRoute;

interface Address {
  /** Unique: `agents.create`. */
  readonly id: string;
  readonly method: "GET" | "POST";
  /** Below `/dashboard`, Hono style. */
  readonly path: string;
}
/** For whoever comes: sign-in and the like. */
export interface OpenRoute extends Address {
  readonly access: "anyone";
  readonly handle: (visit: Visit) => Promise<Response> | Response;
}
/** For whoever is signed in. */
export interface PersonRoute extends Address {
  readonly access: "person";
  readonly handle: (visit: PersonVisit) => Promise<Response> | Response;
}
/** For members with one of these roles. The path begins with `/:org`. */
export interface OrganizationRoute extends Address {
  readonly access: readonly PersonRole[];
  readonly handle: (visit: OrganizationVisit) => Promise<Response> | Response;
}

export const EVERYONE: readonly PersonRole[] = ["owner", "admin", "approver", "viewer"];
export const DECIDERS: readonly PersonRole[] = ["owner", "admin", "approver"];
export const MANAGERS: readonly PersonRole[] = ["owner", "admin"];

/** One request to the dashboard. */
export interface Visit {
  readonly request: Request;
  readonly scope: RequestScope;
  readonly url: URL;
  /** Of the route's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** What was posted; empty for GET. Its token has been checked. */
  readonly form: DashboardForm;
  readonly people: People;
  /** Of this answer's Content-Security-Policy. */
  readonly nonce: string;
  /** Goes into every form: `<Form>` puts it there. */
  readonly csrf: string;
  /** ms */
  readonly now: number;
  /** Null: nobody is signed in. */
  readonly signedIn: SignedIn | null;
}
export interface PersonVisit extends Visit {
  readonly signedIn: SignedIn;
}
export interface OrganizationVisit extends PersonVisit {
  readonly organization: Membership;
  /** `/dashboard/org_…` */
  readonly base: string;
  /** The operations of REST v1, in this person's name. */
  readonly api: OrganizationApi;
}

export const mayManage = ({ role }: Membership): boolean => MANAGERS.includes(role);
export const mayDecide = ({ role }: Membership): boolean => DECIDERS.includes(role);
