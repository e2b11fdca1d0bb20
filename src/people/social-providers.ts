import { APIError } from "better-auth/api";
import type { Env } from "../env.ts";
import type { SocialProvider } from "./api.ts";
import type { AuthCall } from "./desk.ts";
import { maySignUp } from "./may-sign-up.ts";
import { post } from "./post.ts";

interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectURI: string;
}

const isSet = (text: string | undefined): text is string => text !== undefined && text !== "";

/** Those that the deployment has both halves of. */
export function socialProvidersOf(env: Env, base: string): { readonly [provider in SocialProvider]?: Credentials } {
  const { GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET, GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET } = env;
  const at = (provider: SocialProvider) => `${base}/dashboard/callback/${provider}`;
  return {
    ...(isSet(GITHUB_CLIENT_ID) && isSet(GITHUB_CLIENT_SECRET)
      ? { github: { clientId: GITHUB_CLIENT_ID, clientSecret: GITHUB_CLIENT_SECRET, redirectURI: at("github") } }
      : {}),
    ...(isSet(GOOGLE_CLIENT_ID) && isSet(GOOGLE_CLIENT_SECRET)
      ? { google: { clientId: GOOGLE_CLIENT_ID, clientSecret: GOOGLE_CLIENT_SECRET, redirectURI: at("google") } }
      : {}),
  };
}

/**
 * Before Better Auth writes a new person. A sign-up with a password confirms its address afterwards, and its answer says
 * nothing of a refusal: Better Auth answers `FORBIDDEN` as if all were well. One through a provider needs an address that
 * the provider has verified.
 */
export async function mayJoin(
  { desk, signUp }: AuthCall,
  { email, emailVerified }: { readonly email: string; readonly emailVerified: boolean },
): Promise<boolean> {
  const may = await maySignUp(desk, email);
  if (signUp === undefined) return emailVerified && may;
  if (may) return true;
  post(desk, email, { kind: "by_invitation" });
  throw new APIError("FORBIDDEN");
}
