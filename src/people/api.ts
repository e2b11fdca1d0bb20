import type { Region } from "../keys/format.ts";
import type { MemberChange } from "../organization/api.ts";

/**
 * People: who signs in, and what each may do in which organization. The contract between the dashboard and what keeps
 * accounts (Better Auth on D1). Types only: what imports this loads nothing.
 */

/** Owner: all, and who else is a member. Admin: all but owners. Approver: looks, and decides approvals. Viewer: looks. */
export type PersonRole = "owner" | "admin" | "approver" | "viewer";

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** Signs in with a code of an authenticator as well. */
  readonly two_factor: boolean;
  /** Has a password (people who came through GitHub or Google may have none). */
  readonly has_password: boolean;
}

export interface SignedIn {
  /** Id of the login session: never its token. */
  readonly session_id: string;
  readonly person: Person;
  /** Set-Cookie lines for the answer, about once a day: the session was prolonged, and the browser keeps it as long. */
  readonly cookies?: readonly string[];
}

export interface Membership {
  readonly organization_id: string;
  readonly organization_name: string;
  readonly mode: "test" | "live";
  readonly region: Region;
  readonly timezone: string;
  readonly frozen: boolean;
  readonly role: PersonRole;
}

export interface Member {
  readonly person_id: string;
  readonly name: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly two_factor: boolean;
  /** ms */
  readonly joined_at: number;
}

export interface Invitation {
  readonly id: string;
  readonly organization_id: string;
  readonly organization_name: string;
  readonly email: string;
  readonly role: PersonRole;
  readonly inviter_name: string;
  /** ms */
  readonly expires_at: number;
}

export interface LoginSession {
  readonly id: string;
  readonly current: boolean;
  /** ms */
  readonly created_at: number;
  readonly expires_at: number;
  readonly ip: string | null;
  readonly user_agent: string | null;
}

/**
 * What became of something that a person asked for. `cookies` are whole Set-Cookie lines for the answer.
 * A refusal has a sentence for the person, and the field of the form that it is about, where there is one.
 */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T; readonly cookies: readonly string[] }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      readonly field?: string;
      readonly retry_after_seconds?: number;
    };

/** A change of members that was made, for the record of the organization: whoever made it, with the role they had then. */
export interface MemberNote {
  readonly organization_id: string;
  readonly by: { readonly person_id: string; readonly role: PersonRole } | { readonly operator: true };
  readonly change: MemberChange;
}

export type SocialProvider = "github" | "google";

/** All times in ms. `request` is the browser's: its cookies say who it is. */
export interface People {
  /** Null: nobody, or a session that was ended. Reads the session anew each time. */
  signedIn(request: Request): Promise<SignedIn | null>;
  /** Every organization that the person is a member of, by name. */
  memberships(personId: string): Promise<readonly Membership[]>;
  /** Null: no member, or no such organization; never told apart. */
  membership(personId: string, organizationId: string): Promise<Membership | null>;
  /** Names for ids that events and approvals carry; whoever is unknown is missing. */
  names(personIds: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /** Answers alike for an address that has an account: that one gets a mail which says so. */
  signUp(request: Request, input: { name: string; email: string; password: string }): Promise<Outcome<null>>;
  signIn(
    request: Request,
    input: { email: string; password: string },
  ): Promise<Outcome<{ readonly next: "signed_in" | "two_factor" | "verify_email" }>>;
  /** The second step, after `signIn` said `two_factor`. */
  secondFactor(request: Request, input: { code: string; kind: "totp" | "backup" }): Promise<Outcome<null>>;
  signOut(request: Request): Promise<Outcome<null>>;
  /** The token of the mail; signs in where it is good. */
  verifyEmail(request: Request, token: string): Promise<Outcome<null>>;
  /** These two answer alike for addresses that nobody has. */
  resendVerification(request: Request, email: string): Promise<Outcome<null>>;
  requestReset(request: Request, email: string): Promise<Outcome<null>>;
  /** Ends every session of the person. */
  resetPassword(request: Request, input: { token: string; password: string }): Promise<Outcome<null>>;

  changeName(request: Request, name: string): Promise<Outcome<null>>;
  /** Ends every other session of the person; this one goes on under a new token. */
  changePassword(request: Request, input: { current: string; password: string }): Promise<Outcome<null>>;
  /** `uri` is for an authenticator (otpauth://); it counts once a code has confirmed it. */
  beginTwoFactor(
    request: Request,
    password: string,
  ): Promise<Outcome<{ readonly uri: string; readonly secret: string; readonly backup_codes: readonly string[] }>>;
  confirmTwoFactor(request: Request, code: string): Promise<Outcome<null>>;
  endTwoFactor(request: Request, password: string): Promise<Outcome<null>>;
  sessions(request: Request): Promise<readonly LoginSession[]>;
  endSession(request: Request, sessionId: string): Promise<Outcome<null>>;
  endOtherSessions(request: Request): Promise<Outcome<null>>;

  /** Providers that this deployment has credentials for. */
  readonly social: readonly SocialProvider[];
  socialStart(request: Request, provider: SocialProvider): Promise<Outcome<{ readonly url: string }>>;
  /** Where the provider sends the browser back to: a redirect with cookies. */
  socialCallback(request: Request): Promise<Response>;

  members(organizationId: string): Promise<readonly Member[]>;
  invitations(organizationId: string): Promise<readonly Invitation[]>;
  /** Those that wait for this person's verified address. */
  invitationsFor(request: Request): Promise<readonly Invitation[]>;
  /**
   * These ask for the caller's own membership again: `manage_members` is the right of owners and admins, and only owners
   * make, change or remove owners. An organization always keeps one owner.
   */
  invite(request: Request, organizationId: string, input: { email: string; role: PersonRole }): Promise<Outcome<null>>;
  withdrawInvitation(request: Request, organizationId: string, invitationId: string): Promise<Outcome<null>>;
  answerInvitation(
    request: Request,
    invitationId: string,
    accept: boolean,
  ): Promise<Outcome<{ readonly organization_id: string }>>;
  changeRole(request: Request, organizationId: string, personId: string, role: PersonRole): Promise<Outcome<null>>;
  removeMember(request: Request, organizationId: string, personId: string): Promise<Outcome<null>>;
  /** The caller's own membership ends; that needs no right but being a member. */
  leave(request: Request, organizationId: string): Promise<Outcome<null>>;

  /** Counts one try to found an organization, before anything is made: each leaves rows behind, even where it fails. */
  beginFounding(personId: string): Promise<Outcome<null>>;
  /** Records an organization that was just created, with its first owner. `name` follows the object's (`renamed`). */
  foundOrganization(organizationId: string, name: string, ownerId: string): Promise<void>;
  /** For the operator: a verified person with a password (who may exist already), as a member of an organization. */
  appoint(input: {
    organization_id: string;
    organization_name: string;
    email: string;
    name: string;
    password: string | null;
    role: PersonRole;
  }): Promise<Outcome<{ readonly person_id: string }>>;
}
