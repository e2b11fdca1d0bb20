import type { Env } from "../env.ts";
import { publicUrl } from "../public-url.ts";

/** Scheme and host at which people reach the dashboard, without a slash at the end: never what a request called it by. */
export function dashboardUrl(env: Pick<Env, "DASHBOARD_URL" | "PUBLIC_URL" | "ALLOWED_HOSTS">): string {
  const own = env.DASHBOARD_URL ?? "";
  return own === "" ? publicUrl(env) : own.replace(/\/+$/, "");
}
