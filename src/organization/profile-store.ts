import { newId } from "../keys/ids.ts";
import { LIMITS } from "../limits.ts";
import { normalizeVendor } from "../policy/vendor.ts";
import type { AcpProfileInput, ProfileInput, StripeProfileInput } from "../schema/providers.ts";
import { merchantById } from "./merchants.ts";
import { badInput, conflict, notFound, versionMismatch } from "./problem.ts";
import { type AcpProfile, type ProfileRow, profileByName, type StripeProfile } from "./profiles.ts";
import { all, changeOne, first } from "./sql.ts";
import { activeStripeKey, type StripeKeyRow } from "./stripe/keys.ts";
import type { Work } from "./work.ts";

/** Writing profiles. Which card is charged and where goods go is decided here, by an administrator, and nowhere else. */

export const listProfiles = (work: Pick<Work, "sql">): ProfileRow[] =>
  all<ProfileRow>(work.sql, "SELECT * FROM profiles ORDER BY seq LIMIT ?", LIMITS.profilesPerOrganization);

export function requireProfile(work: Work, name: string): ProfileRow {
  const row = profileByName(work, name);
  if (row === undefined) throw notFound("profile");
  return row;
}

/** A profile as it would be stored, with everything judged that needs no network. */
export interface JudgedProfile {
  readonly before: ProfileRow | null;
  readonly name: string;
  readonly config:
    | { readonly kind: "stripe"; readonly value: StripeProfile }
    | { readonly kind: "acp"; readonly value: AcpProfile };
  /** The key to ask Stripe with whether customer and card belong together; null = nothing to ask. */
  readonly ask: { readonly key: StripeKeyRow; readonly customer: string; readonly payment_method: string } | null;
}

/** @throws Problem for everything that the administrator must change. */
export function judgeNewProfile(work: Work, name: string, input: ProfileInput): JudgedProfile {
  if (profileByName(work, name) !== undefined) {
    throw conflict("profile_exists", "This organization has a profile with this name already. Edit that one.");
  }
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM profiles")?.n ?? 0;
  if (count >= LIMITS.profilesPerOrganization) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.profilesPerOrganization} profiles.`);
  }
  return judge(work, null, name, input);
}

/**
 * @param basedOn The version that the editor saw (`If-Match`).
 * @throws Problem for everything that the administrator must change.
 */
export function judgeProfileEdit(work: Work, name: string, basedOn: number, input: ProfileInput): JudgedProfile {
  const before = requireProfile(work, name);
  if (before.version !== basedOn) throw versionMismatch("profile", before.version);
  if (before.kind !== input.kind) {
    throw badInput("A profile keeps its kind: mandates list it for what it does.", [
      { path: "/kind", message: "Create another profile." },
    ]);
  }
  return judge(work, before, name, input);
}

function judge(work: Work, before: ProfileRow | null, name: string, input: ProfileInput): JudgedProfile {
  if (input.kind === "acp") {
    return { before, name, config: { kind: "acp", value: acpConfig(work, input) }, ask: null };
  }
  const key = activeStripeKey(work);
  const value = stripeConfig(work, input, key !== undefined);
  const { customer, payment_method } = value;
  const ask =
    key === undefined || customer === null || payment_method === null ? null : { key, customer, payment_method };
  return { before, name, config: { kind: "stripe", value }, ask };
}

function stripeConfig(work: Work, input: StripeProfileInput, hasKey: boolean): StripeProfile {
  const vendor = normalizeVendor(input.vendor);
  if (!vendor.ok) throw badInput("The vendor is not valid.", [{ path: "/vendor", message: vendor.error }]);
  const { customer, payment_method, statement_descriptor_suffix } = input;
  const mayBeOpen = work.organization.mode === "test" && !hasKey && customer === null && payment_method === null;
  const missing = (["customer", "payment_method"] as const).filter((field) => input[field] === null);
  if (missing.length > 0 && !mayBeOpen) {
    throw badInput(
      "Customer and payment method go together. Both can be left out only in a test organization without a key of Stripe, whose charges are simulated.",
      missing.map((field) => ({ path: `/${field}`, message: "Needed here." })),
    );
  }
  return { vendor: vendor.value, customer, payment_method, statement_descriptor_suffix };
}

function acpConfig(work: Work, input: AcpProfileInput): AcpProfile {
  const unknown = input.merchants.findIndex((id) => merchantById(work, id) === undefined);
  if (unknown >= 0) {
    throw badInput("The profile lists a merchant that does not exist.", [
      { path: `/merchants/${unknown}`, message: "No such merchant." },
    ]);
  }
  const { payment_method, buyer, address, delivery } = input;
  return { merchants: [...new Set(input.merchants)], payment_method, buyer: { ...buyer, address }, delivery };
}

/** Writes what was judged in this same transaction. Every write is a new version: purchases keep the one they were judged by. */
export function writeProfile(work: Work, { before, name, config }: JudgedProfile): ProfileRow {
  const id = before?.id ?? newId("prf");
  const text = JSON.stringify(config.value);
  if (before === null) {
    work.exec(
      "INSERT INTO profiles (id, name, kind, config, version, created_at, updated_at) VALUES (?, ?, ?, ?, 1, ?, ?)",
      id,
      name,
      config.kind,
      text,
      work.now,
      work.now,
    );
  } else {
    changeOne(
      work.sql,
      "UPDATE profiles SET config = ?, version = ?, updated_at = ? WHERE id = ?",
      text,
      before.version + 1,
      work.now,
      id,
    );
  }
  const row = requireProfile(work, name);
  const pays =
    config.kind === "stripe"
      ? { vendor: config.value.vendor, customer: config.value.customer, payment_method: config.value.payment_method }
      : { merchants: config.value.merchants, payment_method: config.value.payment_method };
  note(work, before === null ? "created" : "updated", row, pays);
  return row;
}

/** Mandates may still list it: what they then refuse is said in `chooseProfile`. */
export function deleteProfile(work: Work, name: string): ProfileRow {
  const row = requireProfile(work, name);
  changeOne(work.sql, "DELETE FROM profiles WHERE id = ?", row.id);
  note(work, "deleted", row, {});
  return row;
}

/** Ids of Stripe and of merchants, and never who buys or where it goes: the log is kept, and shown to many. */
function note(work: Work, what: string, row: ProfileRow, pays: object): void {
  const { id, name, kind, version } = row;
  work.log(`profile.${what}`, id, { profile_id: id, name, kind, version, ...pays });
}
