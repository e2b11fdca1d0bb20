import type { Env } from "./env.ts";

export const AUTH_SECRET_CHARS_MIN = 32;

/** Why this deployment keeps no accounts, for the operator; null where it does. Loads nothing of Better Auth. */
export function peopleProblem({ AUTH_SECRET = "" }: Pick<Env, "AUTH_SECRET">): string | null {
  if (AUTH_SECRET === "") return "AUTH_SECRET is not set.";
  return AUTH_SECRET.length < AUTH_SECRET_CHARS_MIN
    ? `AUTH_SECRET is shorter than ${AUTH_SECRET_CHARS_MIN} characters.`
    : null;
}
