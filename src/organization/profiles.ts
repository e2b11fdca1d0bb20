import type { CheckoutBuyer } from "../payments/acp/api.ts";
import type { MandateTerms } from "../policy/terms.ts";
import { err, ok, type Result } from "../result.ts";
import type { MandateInForce } from "./judge.ts";
import { badInput } from "./problem.ts";
import { first } from "./sql.ts";
import type { Work } from "./work.ts";

/** Whose card is charged, and the vendor that the policy sees. */
export interface StripeProfile {
  /** In its normal form, as `normalizeVendor` gives it. */
  readonly vendor: string;
  /** `cus_…` and `pm_…`; null only in a test organization without a Stripe key, whose charges are simulated. */
  readonly customer: string | null;
  readonly payment_method: string | null;
  readonly statement_descriptor_suffix: string | null;
}

/** Who buys, where it goes, with which card, and at which merchants. */
export interface AcpProfile {
  /** Ids of merchants (`mer_…`). */
  readonly merchants: readonly string[];
  readonly payment_method: string;
  readonly buyer: CheckoutBuyer;
  readonly delivery: "cheapest" | "fastest";
}

interface Configs {
  readonly stripe: StripeProfile;
  readonly acp: AcpProfile;
}
export type ProfileKind = keyof Configs;

export interface Profile<K extends ProfileKind = ProfileKind> {
  readonly id: string;
  readonly name: string;
  readonly kind: K;
  readonly version: number;
  readonly config: Configs[K];
}

export interface ProfileRefusal {
  readonly code: "no_profile" | "profile_not_allowed";
  /** For the agent; names no profile that the mandate does not list. */
  readonly message: string;
}

export interface ProfileRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly kind: ProfileKind;
  readonly version: number;
  /** JSON: `StripeProfile` or `AcpProfile`. */
  readonly config: string;
  readonly created_at: number;
  readonly updated_at: number;
}

const PROFILE_BY_NAME = "SELECT * FROM profiles WHERE name = ?";

export const profileByName = (work: Pick<Work, "sql">, name: string): ProfileRow | undefined =>
  first<ProfileRow>(work.sql, PROFILE_BY_NAME, name);

export const profileOf = <K extends ProfileKind>({ id, name, version, config }: ProfileRow, kind: K): Profile<K> => ({
  id,
  name,
  kind,
  version,
  config: JSON.parse(config) as Configs[K],
});

/** A mandate can only list profiles that there are: a name that somebody makes up later must not open them. */
export function requireProfiles(work: Work, { profiles = [] }: MandateTerms): void {
  const at = profiles.findIndex((name) => profileByName(work, name) === undefined);
  if (at < 0) return;
  throw badInput("The mandate lists a payment profile that does not exist.", [
    { path: `/profiles/${at}`, message: "No such profile. Create it first, or take the name out." },
  ]);
}

/**
 * The profile that a call pays by: the named one, or the first of its kind in the mandate's list. A profile that the
 * mandate does not list answers like one that does not exist.
 *
 * The default is never taken from behind a listed name that is gone: whatever that was, another card would be charged
 * than the one that the administrator had put first. The agent can still name a profile.
 */
export function chooseProfile<K extends ProfileKind>(
  work: Work,
  mandate: MandateInForce | null,
  kind: K,
  name: string | null,
): Result<Profile<K>, ProfileRefusal> {
  const allowed = mandate?.compiled.terms.profiles ?? [];
  const names = name === null ? allowed : allowed.filter((one) => one === name);
  for (const one of names) {
    const row = profileByName(work, one);
    if (row?.kind === kind) return ok(profileOf(row, kind));
    if (row === undefined && name === null) return err({ code: "no_profile", message: DEFAULT_GONE });
  }
  return err(
    name === null
      ? {
          code: "no_profile",
          message: `This agent's mandate lists no profile for ${WORDS[kind]}. An administrator adds one.`,
        }
      : { code: "profile_not_allowed", message: `This agent's mandate lists no such profile for ${WORDS[kind]}.` },
  );
}

const WORDS: Readonly<Record<ProfileKind, string>> = { stripe: "charging a card", acp: "buying from merchants" };
const DEFAULT_GONE =
  "A profile in this agent's mandate no longer exists, so there is no default. Pass the profile by its name, or ask an administrator to edit the mandate.";
