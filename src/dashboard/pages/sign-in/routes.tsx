import type { DashboardRoute } from "../../route.ts";
import { checkMailPage, resend } from "./check-mail.tsx";
import { forgot, forgotPage } from "./forgot.tsx";
import { home } from "./home.ts";
import { reset, resetPage } from "./reset.tsx";
import { secondStep, secondStepPage } from "./second-step.tsx";
import { signIn, signInPage, signOut } from "./sign-in.tsx";
import { signUp, signUpPage } from "./sign-up.tsx";
import { socialCallback, startSocial } from "./social.ts";
import { verify, verifyPage } from "./verify.tsx";

export const signInRoutes: readonly DashboardRoute[] = [
  { id: "home", method: "GET", path: "/", access: "anyone", handle: home },
  { id: "sign_in.form", method: "GET", path: "/sign-in", access: "anyone", handle: signInPage },
  { id: "sign_in", method: "POST", path: "/sign-in", access: "anyone", handle: signIn },
  { id: "sign_out", method: "POST", path: "/sign-out", access: "person", handle: signOut },
  { id: "sign_up.form", method: "GET", path: "/sign-up", access: "anyone", handle: signUpPage },
  { id: "sign_up", method: "POST", path: "/sign-up", access: "anyone", handle: signUp },
  { id: "check_mail", method: "GET", path: "/check-mail", access: "anyone", handle: checkMailPage },
  { id: "check_mail.resend", method: "POST", path: "/check-mail", access: "anyone", handle: resend },
  { id: "verify.form", method: "GET", path: "/verify", access: "anyone", handle: verifyPage },
  { id: "verify", method: "POST", path: "/verify", access: "anyone", handle: verify },
  { id: "second_step.form", method: "GET", path: "/second-step", access: "anyone", handle: secondStepPage },
  { id: "second_step", method: "POST", path: "/second-step", access: "anyone", handle: secondStep },
  { id: "forgot.form", method: "GET", path: "/forgot", access: "anyone", handle: forgotPage },
  { id: "forgot", method: "POST", path: "/forgot", access: "anyone", handle: forgot },
  { id: "reset.form", method: "GET", path: "/reset", access: "anyone", handle: resetPage },
  { id: "reset", method: "POST", path: "/reset", access: "anyone", handle: reset },
  { id: "social.start", method: "GET", path: "/social/:provider", access: "anyone", handle: startSocial },
  { id: "social.callback", method: "GET", path: "/callback/:provider", access: "anyone", handle: socialCallback },
];

/** What the next page says: see `done.ts`. */
export const SIGN_IN_DONE: Readonly<Record<string, string>> = {
  signed_out: "You are signed out.",
  mail_sent: "If the address waits to be confirmed, another mail is on its way.",
  password_reset: "Your password is set. Sign in with it.",
};
