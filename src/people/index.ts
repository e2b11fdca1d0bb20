import { peopleProblem } from "../auth-secret.ts";
import type { Env } from "../env.ts";
import { changeName, changePassword, requestReset, resetPassword } from "./account.ts";
import { answerInvitation } from "./answer-invitation.ts";
import type { People, SocialProvider } from "./api.ts";
import { type DeskOptions, openDesk } from "./desk.ts";
import { appoint, beginFounding, foundOrganization } from "./founding.ts";
import { invitations, invitationsFor, invite, withdrawInvitation } from "./invitations.ts";
import { leave } from "./leave.ts";
import { changeRole, members, removeMember } from "./members.ts";
import { membership, memberships, names } from "./memberships.ts";
import { noting } from "./noted.ts";
import { endOtherSessions, endSession, sessions, signedIn, signOut } from "./session.ts";
import { signIn } from "./sign-in.ts";
import { resendVerification, signUp, verifyEmail } from "./sign-up.ts";
import { socialCallback, socialStart } from "./social.ts";
import { socialProvidersOf } from "./social-providers.ts";
import { beginTwoFactor, confirmTwoFactor, endTwoFactor, secondFactor } from "./two-factor.ts";

/**
 * People, as Better Auth keeps them on D1. For one request: `waitUntil` takes what the answer does not wait for, above all
 * mails; `note` puts changes of members on record. Throws where the deployment is not set up for it; `peopleProblem` says so beforehand.
 */
export function peopleOf(env: Env, options: DeskOptions): People {
  const problem = peopleProblem(env);
  if (problem !== null) throw new Error(problem);
  const desk = openDesk(env, options);
  /** Binds a function to this request's desk. */
  const at =
    <A extends unknown[], R>(work: (d: typeof desk, ...rest: A) => R) =>
    (...rest: A): R =>
      work(desk, ...rest);
  return {
    signedIn: at(signedIn),
    memberships: at(memberships),
    membership: at(membership),
    names: at(names),
    signUp: at(signUp),
    signIn: at(signIn),
    secondFactor: at(secondFactor),
    signOut: at(signOut),
    verifyEmail: at(verifyEmail),
    resendVerification: at(resendVerification),
    requestReset: at(requestReset),
    resetPassword: at(resetPassword),
    changeName: at(changeName),
    changePassword: at(changePassword),
    beginTwoFactor: at(beginTwoFactor),
    confirmTwoFactor: at(confirmTwoFactor),
    endTwoFactor: at(endTwoFactor),
    sessions: at(sessions),
    endSession: at(endSession),
    endOtherSessions: at(endOtherSessions),
    social: Object.keys(socialProvidersOf(env, desk.base)) as SocialProvider[],
    socialStart: at(socialStart),
    socialCallback: at(socialCallback),
    members: at(members),
    invitations: at(invitations),
    invitationsFor: at(invitationsFor),
    invite: noting(desk, invite),
    withdrawInvitation: noting(desk, withdrawInvitation),
    answerInvitation: noting(desk, answerInvitation),
    changeRole: noting(desk, changeRole),
    removeMember: noting(desk, removeMember),
    leave: noting(desk, leave),
    beginFounding: at(beginFounding),
    foundOrganization: noting(desk, foundOrganization),
    appoint: noting(desk, appoint),
  };
}
