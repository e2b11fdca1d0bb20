import type { Outcome } from "./api.ts";

type Refused = Extract<Outcome<never>, { ok: false }>;

export const done = <T>(value: T, cookies: readonly string[] = []): Extract<Outcome<T>, { ok: true }> => ({
  ok: true,
  value,
  cookies,
});

/** `field` is the form's field that the sentence is about. */
export const refuse = (code: string, message: string, field?: string): Refused => ({
  ok: false,
  code,
  message,
  ...(field === undefined ? {} : { field }),
});

export const throttled = (retryAfterSeconds: number): Refused => ({
  ok: false,
  code: "throttled",
  message: "Too many attempts. Please wait a while, then try again.",
  retry_after_seconds: Math.max(1, Math.ceil(retryAfterSeconds)),
});

export const signedOut = (): Refused => refuse("signed_out", "You are not signed in any more. Please sign in again.");

/** Of ids that are unknown and of those of others: never told apart. */
export const notFound = (what: string): Refused => refuse("not_found", `There is no such ${what}.`);
