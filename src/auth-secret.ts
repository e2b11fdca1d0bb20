import type { Env } from "./env.ts";

const AUTH_SECRET_CHARS_MIN = 32;

/** Why this deployment keeps no accounts, for the operator; null where it does. Loads nothing of Better Auth. */
export function peopleProblem({
  AUTH_SECRET = "",
  DASHBOARD_URL = "",
}: Pick<Env, "AUTH_SECRET" | "DASHBOARD_URL">): string | null {
  if (AUTH_SECRET === "") return "AUTH_SECRET is not set.";
  if (AUTH_SECRET.length < AUTH_SECRET_CHARS_MIN) {
    return `AUTH_SECRET is shorter than ${AUTH_SECRET_CHARS_MIN} characters.`;
  }
  return DASHBOARD_URL === "" || isOrigin(DASHBOARD_URL)
    ? null
    : "DASHBOARD_URL is not a scheme and a host, such as https://dashboard.example.com.";
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/+$/, "").toLowerCase();
}
