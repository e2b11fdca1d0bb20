import type { Env } from "../env.ts";
import { regionOf } from "../keys/format.ts";
import { makeHookToken } from "../keys/hook-token.ts";
import { newId } from "../keys/ids.ts";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { LIMITS } from "../limits.ts";
import { publicUrl } from "../public-url.ts";
import { keyVersion } from "./key-version.ts";
import { changeOne, first } from "./sql.ts";
import { iso, isoOrNull } from "./views.ts";
import type { Work } from "./work.ts";

/** Where one provider sends its messages. Its signing secrets are here only as sealed texts. */
export interface HookRow {
  readonly id: string;
  readonly kind: "stripe" | "acp";
  /** Whose messages these are; null for Stripe's. */
  readonly merchant_id: string | null;
  readonly sealed_secret: string | null;
  readonly previous_secret: string | null;
  /** Until then the secret before verifies as well, ms. */
  readonly previous_until: number | null;
  readonly created_at: number;
  readonly last_event_at: number | null;
}

export const hookById = (sql: SqlStorage, id: string): HookRow | undefined =>
  first<HookRow>(sql, "SELECT * FROM hooks WHERE id = ?", id);

/** Stripe's hook, or the one of a merchant. */
export const hookOf = (work: Pick<Work, "sql">, merchantId: string | null): HookRow | undefined =>
  merchantId === null
    ? first<HookRow>(work.sql, "SELECT * FROM hooks WHERE kind = 'stripe'")
    : first<HookRow>(work.sql, "SELECT * FROM hooks WHERE merchant_id = ?", merchantId);

/** The hook, made where there is none: its address must be known before the provider can make a secret for it. */
export function ensureHook(work: Work, merchantId: string | null): HookRow {
  const there = hookOf(work, merchantId);
  if (there !== undefined) return there;
  work.exec(
    "INSERT INTO hooks (id, kind, merchant_id, created_at) VALUES (?, ?, ?, ?)",
    newId("hok"),
    merchantId === null ? "stripe" : "acp",
    merchantId,
    work.now,
  );
  return hookOf(work, merchantId)!;
}

/**
 * From now on this secret verifies, and the one before it for a while longer: messages that were signed with it may be
 * under way, and a provider repeats them for hours. A third one ends the first at once.
 */
export function setHookSecret(work: Work, merchantId: string | null, sealedSecret: string): HookRow {
  const before = ensureHook(work, merchantId);
  const overlap = before.sealed_secret === null ? null : work.now + LIMITS.webhookOverlapHours * 3_600_000;
  changeOne(
    work.sql,
    "UPDATE hooks SET sealed_secret = ?, previous_secret = ?, previous_until = ? WHERE id = ?",
    sealedSecret,
    before.sealed_secret,
    overlap,
    before.id,
  );
  work.log("hook.secret_set", merchantId ?? before.id, {
    hook_id: before.id,
    kind: before.kind,
    merchant_id: merchantId,
    key_version: keyVersion(sealedSecret),
    old_verifies_until: overlap,
  });
  return hookById(work.sql, before.id)!;
}

/** What a merchant that is gone sends is refused like anything else that is unknown. */
export function removeHook(work: Work, merchantId: string): void {
  const hook = hookOf(work, merchantId);
  if (hook === undefined) return;
  work.exec("DELETE FROM hook_events WHERE hook_id = ?", hook.id);
  work.exec("DELETE FROM hooks WHERE id = ?", hook.id);
}

/** The secrets that verify now, the current one first. */
export const hookSecrets = (row: HookRow, now: number): string[] => {
  const previous = row.previous_until !== null && row.previous_until > now ? row.previous_secret : null;
  return [row.sealed_secret, previous].filter((secret) => secret !== null);
};

/** As `GET` shows it: the address, and whether a secret is set; never the secret. */
export const hookView = (work: Work, env: Env, row: HookRow | undefined) => ({
  url: row === undefined ? null : hookUrl(work, env, row.id),
  secret_set: row !== undefined && row.sealed_secret !== null,
  key_version: row === undefined || row.sealed_secret === null ? null : keyVersion(row.sealed_secret),
  old_secret_until:
    row === undefined || row.previous_until === null || row.previous_until <= work.now ? null : iso(row.previous_until),
  last_event_at: isoOrNull(row?.last_event_at ?? null),
});

/** Null where the deployment cannot make tokens: then it accepts no key either. */
function hookUrl(work: Work, env: Env, hookId: string): string | null {
  const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
  const region = regionOf(work.organization.region);
  if (!signing.ok || region === null) return null;
  const token = makeHookToken(signing.value, { region, organization_id: work.organization.id, hook_id: hookId });
  return `${publicUrl(env)}/hooks/${token}`;
}
