import type { Env } from "./env.ts";

/** Scheme and host of links that leave the service, without a slash at the end: never what a request called it by. */
export function publicUrl({ PUBLIC_URL, ALLOWED_HOSTS = "" }: Pick<Env, "PUBLIC_URL" | "ALLOWED_HOSTS">): string {
  if (PUBLIC_URL !== undefined && PUBLIC_URL !== "") return PUBLIC_URL.replace(/\/+$/, "");
  const host = ALLOWED_HOSTS.split(",")
    .map((entry) => entry.trim())
    .find((entry) => entry !== "");
  return `https://${host ?? "localhost"}`;
}
