import { newId } from "../../keys/ids.ts";
import { LIMITS } from "../../limits.ts";
import { keyVersion } from "../key-version.ts";
import { conflict } from "../problem.ts";
import { changeOne, first } from "../sql.ts";
import type { Work } from "../work.ts";

/** A key of the organization's Stripe account, here only as sealed text, which nothing but Rails can open. */
export interface StripeKeyRow {
  readonly seq: number;
  readonly id: string;
  readonly sealed_key: string;
  readonly kind: "secret" | "restricted";
  readonly last4: string;
  /** 1 for the one that new payments use. An open payment keeps the one that it was begun with. */
  readonly active: number;
  readonly created_at: number;
  readonly retired_at: number | null;
}

export const ACTIVE_STRIPE_KEY = "SELECT * FROM stripe_keys WHERE active = 1";

export const activeStripeKey = (work: Pick<Work, "sql">): StripeKeyRow | undefined =>
  first<StripeKeyRow>(work.sql, ACTIVE_STRIPE_KEY);

export const stripeKey = (work: Pick<Work, "sql">, id: string): StripeKeyRow | undefined =>
  first<StripeKeyRow>(work.sql, "SELECT * FROM stripe_keys WHERE id = ?", id);

/** What the edge hands over after Rails has asked Stripe, and sealed the key. */
export interface NewStripeKey {
  readonly sealed_key: string;
  readonly kind: "secret" | "restricted";
  readonly last4: string;
}

/** From this transaction on new payments use this key. Open ones keep the key that they were begun with. */
export function saveStripeKey(work: Work, input: NewStripeKey): StripeKeyRow {
  const before = activeStripeKey(work);
  if (before !== undefined) retire(work, before);
  if (countStripeKeys(work) >= LIMITS.stripeKeys) {
    throw conflict(
      "limit_reached",
      `Open payments still need ${LIMITS.stripeKeys} earlier keys. Wait until some of them have ended.`,
    );
  }
  const id = newId("stk");
  const { sealed_key, kind, last4 } = input;
  work.exec(
    "INSERT INTO stripe_keys (id, sealed_key, kind, last4, active, created_at) VALUES (?, ?, ?, ?, 1, ?)",
    id,
    sealed_key,
    kind,
    last4,
    work.now,
  );
  work.log("integration.stripe.saved", id, {
    stripe_key_id: id,
    kind,
    last4,
    mode: work.organization.mode,
    key_version: keyVersion(sealed_key),
    replaces: before?.id ?? null,
  });
  return stripeKey(work, id)!;
}

/** From this transaction on nothing new is paid through Stripe. What is open is still brought to its end. */
export function removeStripeKey(work: Work): StripeKeyRow {
  const row = activeStripeKey(work);
  if (row === undefined) {
    throw conflict("no_stripe_key", "This organization has no key of Stripe, so there is nothing to remove.");
  }
  retire(work, row);
  work.log("integration.stripe.removed", row.id, { stripe_key_id: row.id, last4: row.last4 });
  return row;
}

function retire(work: Work, row: StripeKeyRow): void {
  changeOne(work.sql, "UPDATE stripe_keys SET active = 0, retired_at = ? WHERE id = ?", work.now, row.id);
  forgetStripeKeys(work);
  if (stripeKey(work, row.id) !== undefined) work.setTimer(work.now + FORGET_MS, "stripe_forget", row.id);
}

const FORGET_MS = 24 * 3_600_000;

/** Looks again whether a retired key is still needed, until it is not. */
export function forgetStripeKeyLater(work: Work, id: string): void {
  forgetStripeKeys(work);
  if (stripeKey(work, id)?.active === 0) work.setTimer(work.now + FORGET_MS, "stripe_forget", id);
}

/**
 * Retired keys whose charge or checkout is open are kept: without them its outcome could not be asked for. While any
 * refund is open all are: it may have been made with another key than its charge was.
 */
export const FORGET_STRIPE_KEYS = `DELETE FROM stripe_keys WHERE active = 0
  AND id NOT IN (SELECT stripe_key_id FROM stripe_charges WHERE watch_at IS NOT NULL AND stripe_key_id IS NOT NULL)
  AND id NOT IN (SELECT stripe_key_id FROM acp_checkouts WHERE watch_at IS NOT NULL AND stripe_key_id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM stripe_refunds WHERE status IN ('sending', 'pending'))`;

/** Deletes the sealed text of every retired key that nothing open needs any more. Costs one look where none is retired. */
export function forgetStripeKeys(work: Work): void {
  if (first(work.sql, "SELECT 1 AS yes FROM stripe_keys WHERE active = 0 LIMIT 1") === undefined) return;
  work.exec(FORGET_STRIPE_KEYS);
}

export const countStripeKeys = (work: Pick<Work, "sql">): number =>
  first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM stripe_keys")?.n ?? 0;

/** Does a dispute suspend the agent that made the charge? */
export const suspendOnDispute = (work: Pick<Work, "sql">): boolean =>
  first<{ suspend_on_dispute: number }>(work.sql, "SELECT suspend_on_dispute FROM provider_settings")
    ?.suspend_on_dispute === 1;

/** Logged even where nothing changes: it is rare, and says who wanted it. */
export function setSuspendOnDispute(work: Work, on: boolean): void {
  changeOne(work.sql, "UPDATE provider_settings SET suspend_on_dispute = ? WHERE one = 1", on ? 1 : 0);
  work.log("integration.stripe.saved", activeStripeKey(work)?.id ?? null, { suspend_on_dispute: on });
}
