import { betterAuth } from "better-auth";
import { organization } from "better-auth/plugins/organization";
import { twoFactor } from "better-auth/plugins/two-factor";
import { log } from "../edge/log.ts";
import type { Env } from "../env.ts";
import { LIMITS } from "../limits.ts";
import { currentCall, openDesk } from "./desk.ts";
import { post } from "./post.ts";
import { accessControl, ROLES } from "./roles.ts";
import { sendConfirmation, signedUpAgain } from "./sign-up-mails.ts";
import { mayJoin, socialProvidersOf } from "./social-providers.ts";

/** Where Better Auth believes it is mounted. It is reached in process only: no route leads there. */
export const AUTH_PATH = "/api/auth";

/** The tables of migration 0004. */
export const TABLES = {
  user: "people",
  session: "people_sessions",
  account: "people_accounts",
  verification: "people_verifications",
  rateLimit: "people_rate_limits",
  organization: "people_organizations",
  member: "people_members",
  invitation: "people_invitations",
  twoFactor: "people_two_factors",
} as const;

const SECOND = 1000;
const perClient = (max: number, factor: number) => ({ window: 60, max: max * factor });

/** Secrets and switches that differ between deployments come from `env`; all else is the same everywhere. */
export function authOptions(env: Env) {
  const { base, throttleFactor } = openDesk(env, { waitUntil: () => undefined, note: async () => undefined });
  const secure = base.startsWith("https://");
  const mailed = perClient(LIMITS.mailRequestsPerClient, throttleFactor);
  const guessed = perClient(LIMITS.signInAttemptsPerClient, throttleFactor);
  return {
    appName: "Quetra",
    database: env.DB,
    baseURL: base,
    basePath: AUTH_PATH,
    secret: env.AUTH_SECRET!,
    telemetry: { enabled: false },
    logger: {
      level: "error" as const,
      log: (_level: string, message: string) => log("error", "people_auth", { message }),
    },
    user: { modelName: TABLES.user },
    session: {
      modelName: TABLES.session,
      expiresIn: LIMITS.sessionMs / SECOND,
      updateAge: 86_400,
      cookieCache: { enabled: false },
    },
    account: {
      modelName: TABLES.account,
      updateAccountOnSignIn: false,
      // Both sides must have proven the address: the provider says so, and the person has confirmed ours.
      accountLinking: { enabled: true, trustedProviders: [], requireLocalEmailVerified: true },
    },
    verification: { modelName: TABLES.verification, storeIdentifier: "hashed" as const },
    rateLimit: {
      enabled: true,
      storage: "database" as const,
      modelName: TABLES.rateLimit,
      ...guessed,
      // Each named, because Better Auth has narrower rules of its own for them: three in ten seconds are soon used up by
      // an office behind one address.
      customRules: {
        "/sign-in/*": guessed,
        "/two-factor/*": guessed,
        "/change-password": guessed,
        "/sign-up/email": perClient(LIMITS.signUpsPerClient, throttleFactor),
        "/request-password-reset": mailed,
        // It costs next to nothing, and nobody is kept from ending a session.
        "/sign-out": false as const,
      },
    },
    advanced: {
      // `__Host-`: no other host of the same domain can set or read it. The prefix needs https.
      cookiePrefix: secure ? "__Host-quetra" : "quetra",
      useSecureCookies: false,
      defaultCookieAttributes: { httpOnly: true, sameSite: "lax" as const, path: "/", secure },
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
      // The tests compare the migration with what this version of Better Auth wants.
      database: { validateSchema: false },
      backgroundTasks: {
        handler: (work: Promise<unknown>) => currentCall().desk.later("background", () => work),
      },
    },
    emailAndPassword: {
      enabled: true,
      requireEmailVerification: true,
      autoSignIn: false,
      minPasswordLength: LIMITS.passwordCharsMin,
      maxPasswordLength: LIMITS.passwordCharsMax,
      resetPasswordTokenExpiresIn: LIMITS.resetMs / SECOND,
      revokeSessionsOnPasswordReset: true,
      onExistingUserSignUp: ({ user }: { user: Account }) => signedUpAgain(currentCall(), user),
      sendResetPassword: async ({ user, token }: { user: Account; token: string }) => {
        const { desk } = currentCall();
        post(desk, user.email, { kind: "reset", link: `${desk.base}/dashboard/reset?token=${token}` });
      },
    },
    emailVerification: {
      expiresIn: LIMITS.confirmationMs / SECOND,
      sendOnSignUp: true,
      sendOnSignIn: true,
      autoSignInAfterVerification: true,
      sendVerificationEmail: ({ user, token }: { user: Account; token: string }) =>
        sendConfirmation(currentCall().desk, user, token),
    },
    socialProviders: socialProvidersOf(env, base),
    databaseHooks: {
      user: {
        create: { before: async (user: { email: string; emailVerified: boolean }) => mayJoin(currentCall(), user) },
      },
      account: {
        create: {
          // They would open the person's account there, and nothing here needs them.
          before: async <T extends object>(account: T) => ({
            data: { ...account, accessToken: null, refreshToken: null, idToken: null },
          }),
        },
      },
    },
    plugins: [
      // Its tables and roles. What changes them stands in `members.ts` and `invitations.ts`: its own endpoints look in one
      // statement and write in another, so that two owners could remove each other at once.
      organization({
        ac: accessControl,
        roles: ROLES,
        allowUserToCreateOrganization: false,
        schema: {
          organization: { modelName: TABLES.organization },
          member: { modelName: TABLES.member },
          invitation: { modelName: TABLES.invitation },
        },
      }),
      secondFactorPlugin(throttleFactor),
    ],
  };
}

/**
 * Whoever has switched it on is asked for a code after a sign-in through GitHub or Google as well: Better Auth itself asks
 * after a password only.
 */
function secondFactorPlugin(throttleFactor: number) {
  const plugin = twoFactor({
    issuer: "Quetra",
    twoFactorTable: TABLES.twoFactor,
    accountLockout: {
      enabled: true,
      maxFailedAttempts: LIMITS.signInsPerAccount * throttleFactor,
      durationSeconds: LIMITS.signInWindowMs / SECOND,
    },
  });
  const after = plugin.hooks.after.map((hook) => ({
    ...hook,
    matcher: ({ path }: { path?: string }) => path === "/sign-in/email" || path === "/callback/:id",
  }));
  return { ...plugin, hooks: { ...plugin.hooks, after } };
}

/** What Better Auth tells its callbacks about a person. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly emailVerified: boolean;
}

const createAuth = (env: Env) => betterAuth(authOptions(env));
export type Auth = ReturnType<typeof createAuth>;

const instances = new WeakMap<Env, Auth>();

/** One per isolate. It is kept once it is ready only: no request may wait for a promise that another one began. */
export async function authOf(env: Env): Promise<Auth> {
  const kept = instances.get(env);
  if (kept !== undefined) return kept;
  const auth = createAuth(env);
  await auth.$context;
  instances.set(env, auth);
  return auth;
}
