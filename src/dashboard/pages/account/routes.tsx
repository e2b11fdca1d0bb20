import type { DashboardRoute } from "../../route.ts";
import { accountPage, changeName } from "./account.tsx";
import { changePassword, passwordPage } from "./password.tsx";
import { endOtherSessions, endSession } from "./sessions.tsx";
import { changeTheme } from "./theme.ts";
import { beginTwoFactor, confirmTwoFactor, endTwoFactor, twoFactorPage } from "./two-factor.tsx";

const two = "/account/two-factor";
const sessions = "/account/sessions";

export const accountRoutes: readonly DashboardRoute[] = [
  { id: "account", method: "GET", path: "/account", access: "person", handle: accountPage },
  { id: "account.name", method: "POST", path: "/account/name", access: "person", handle: changeName },
  { id: "account.theme", method: "POST", path: "/account/theme", access: "person", handle: changeTheme },
  { id: "account.password.form", method: "GET", path: "/account/password", access: "person", handle: passwordPage },
  { id: "account.password", method: "POST", path: "/account/password", access: "person", handle: changePassword },
  { id: "account.two_factor.form", method: "GET", path: two, access: "person", handle: twoFactorPage },
  { id: "account.two_factor.begin", method: "POST", path: two, access: "person", handle: beginTwoFactor },
  {
    id: "account.two_factor.confirm",
    method: "POST",
    path: `${two}/confirm`,
    access: "person",
    handle: confirmTwoFactor,
  },
  { id: "account.two_factor.end", method: "POST", path: `${two}/end`, access: "person", handle: endTwoFactor },
  { id: "account.sessions.end", method: "POST", path: `${sessions}/end`, access: "person", handle: endSession },
  {
    id: "account.sessions.end_others",
    method: "POST",
    path: `${sessions}/end-others`,
    access: "person",
    handle: endOtherSessions,
  },
];

/** What the next page says: see `done.ts`. */
export const ACCOUNT_DONE: Readonly<Record<string, string>> = {
  name_changed: "Your name is changed.",
  theme_changed: "This browser keeps your choice.",
  password_changed: "Your password is changed, and your other sessions have ended.",
  two_factor_on: "The second step is on, and your other sessions have ended. Signing in takes a code from now on.",
  two_factor_off: "The second step is off, and your other sessions have ended. Your password alone signs you in.",
  session_ended: "That session has ended.",
  sessions_ended: "Every other session has ended.",
};
