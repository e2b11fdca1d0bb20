import { newId } from "../keys/ids.ts";
import { LIMITS } from "../limits.ts";
import type { AcpVersion, MerchantHandle } from "../payments/acp/api.ts";
import { type GuardPolicy, guardUrl } from "../payments/guard.ts";
import { ensureHook, removeHook } from "./hooks.ts";
import { keyVersion } from "./key-version.ts";
import { badInput, conflict, notFound, versionMismatch } from "./problem.ts";
import { all, changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

/** A merchant as an administrator configured it. Its bearer is here only as sealed text. */
export interface MerchantRow {
  readonly seq: number;
  readonly id: string;
  readonly name: string;
  readonly protocol: "acp";
  /** `https://shop.example.com`: what a call's `merchant_url` must lie on. */
  readonly origin: string;
  readonly api_base_url: string | null;
  readonly protocol_version: AcpVersion | null;
  readonly sealed_bearer: string;
  readonly bearer_last4: string;
  /** `profile_…`: whom tokens pay. */
  readonly seller_profile: string;
  /** 1: a refund that the merchant's signed message reports returns budget. */
  readonly book_refunds: number;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export const merchantById = (work: Pick<Work, "sql">, id: string): MerchantRow | undefined =>
  first<MerchantRow>(work.sql, "SELECT * FROM merchants WHERE id = ?", id);

export const merchantByOrigin = (work: Pick<Work, "sql">, origin: string): MerchantRow | undefined =>
  first<MerchantRow>(work.sql, "SELECT * FROM merchants WHERE origin = ?", origin);

export const merchantHandle = (work: Work, row: MerchantRow): MerchantHandle => ({
  organization_id: work.organization.id,
  protocol: row.protocol,
  origin: row.origin,
  api_base_url: row.api_base_url,
  version: row.protocol_version,
  sealed_bearer: row.sealed_bearer,
});

/** What the edge hands over: the bearer is sealed, or left as it is. */
export interface MerchantInput {
  readonly name: string;
  /** As `URL.origin` writes it. */
  readonly origin: string;
  readonly api_base_url: string | null;
  readonly protocol_version: AcpVersion | null;
  readonly seller_profile: string;
  readonly book_refunds: boolean;
  /** Null: the stored one stays. */
  readonly bearer: { readonly sealed_bearer: string; readonly last4: string } | null;
}

export const listMerchants = (work: Pick<Work, "sql">): MerchantRow[] =>
  all<MerchantRow>(work.sql, "SELECT * FROM merchants ORDER BY seq LIMIT ?", LIMITS.merchantsPerOrganization);

export function requireMerchant(work: Work, id: string): MerchantRow {
  const row = merchantById(work, id);
  if (row === undefined) throw notFound("merchant");
  return row;
}

/** Keeps a merchant, with the hook that its order events come to. */
export function createMerchant(work: Work, policy: GuardPolicy, input: MerchantInput): MerchantRow {
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM merchants")?.n ?? 0;
  if (count >= LIMITS.merchantsPerOrganization) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.merchantsPerOrganization} merchants.`);
  }
  judge(work, policy, null, input);
  if (input.bearer === null) throw bearerNeeded();
  const id = newId("mer");
  work.exec(
    `INSERT INTO merchants (id, name, protocol, origin, api_base_url, protocol_version, sealed_bearer, bearer_last4,
       seller_profile, book_refunds, version, created_at, updated_at) VALUES (?, ?, 'acp', ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
    id,
    input.name,
    input.origin,
    input.api_base_url,
    input.protocol_version,
    input.bearer.sealed_bearer,
    input.bearer.last4,
    input.seller_profile,
    input.book_refunds ? 1 : 0,
    work.now,
    work.now,
  );
  ensureHook(work, id);
  const row = requireMerchant(work, id);
  note(work, "created", row);
  return row;
}

/**
 * Replaces what is configured. Whoever may change the address must not be able to send the stored bearer to it, so a new
 * address needs the bearer again; and while a purchase there is open its address stays, because its end is asked for there.
 *
 * @param basedOn The version that the editor saw (`If-Match`).
 */
export function replaceMerchant(
  work: Work,
  policy: GuardPolicy,
  id: string,
  basedOn: number,
  input: MerchantInput,
): MerchantRow {
  const before = requireMerchant(work, id);
  if (before.version !== basedOn) throw versionMismatch("merchant", before.version);
  judge(work, policy, before, input);
  const moved = input.origin !== before.origin || input.api_base_url !== before.api_base_url;
  if (moved && hasOpenCheckout(work, id)) throw inUse("moved");
  if (moved && input.bearer === null) throw bearerNeeded();
  changeOne(
    work.sql,
    `UPDATE merchants SET name = ?, origin = ?, api_base_url = ?, protocol_version = ?, sealed_bearer = ?,
       bearer_last4 = ?, seller_profile = ?, book_refunds = ?, version = ?, updated_at = ? WHERE id = ?`,
    input.name,
    input.origin,
    input.api_base_url,
    input.protocol_version,
    input.bearer?.sealed_bearer ?? before.sealed_bearer,
    input.bearer?.last4 ?? before.bearer_last4,
    input.seller_profile,
    input.book_refunds ? 1 : 0,
    before.version + 1,
    work.now,
    id,
  );
  const row = requireMerchant(work, id);
  note(work, "updated", row);
  return row;
}

/** A profile that still lists it buys nothing there any more. */
export function deleteMerchant(work: Work, id: string): MerchantRow {
  const row = requireMerchant(work, id);
  if (hasOpenCheckout(work, id)) throw inUse("removed");
  removeHook(work, id);
  changeOne(work.sql, "DELETE FROM merchants WHERE id = ?", id);
  note(work, "deleted", row);
  return row;
}

const hasOpenCheckout = (work: Work, id: string): boolean =>
  first(work.sql, "SELECT 1 AS yes FROM acp_checkouts WHERE merchant_id = ? AND watch_at IS NOT NULL LIMIT 1", id) !==
  undefined;

const inUse = (done: string) =>
  conflict(
    "merchant_in_use",
    `A purchase at this merchant is open, and its end has to be asked for there. It can be ${done} once that is known.`,
  );

const bearerNeeded = () =>
  badInput("A new address needs the bearer again.", [
    { path: "/bearer", message: "Send the bearer: it is never sent to another address than the one it was given for." },
  ]);

/** Judged again at every call: what the deployment lets out may have changed by then. */
function judge(work: Work, policy: GuardPolicy, before: MerchantRow | null, input: MerchantInput): void {
  const addresses = [
    ["/url", input.origin],
    ["/api_base_url", input.api_base_url],
  ] as const;
  for (const [path, address] of addresses) {
    const judged = address === null ? null : guardUrl(address, policy);
    if (judged !== null && !judged.ok) {
      throw badInput("This merchant cannot be called at this URL.", [{ path, message: judged.error.message }]);
    }
  }
  const same = first<{ id: string }>(
    work.sql,
    "SELECT id FROM merchants WHERE (name = ? OR origin = ?) AND id <> ?",
    input.name,
    input.origin,
    before?.id ?? "",
  );
  if (same !== undefined) {
    throw conflict("merchant_exists", "This organization has a merchant with this name or address already.", {
      merchant_id: same.id,
    });
  }
}

/** Names who is paid, and where; the address of an API can hold a path of the customer's, so only its host is told. */
function note(work: Work, what: string, row: MerchantRow): void {
  work.log(`merchant.${what}`, row.id, {
    merchant_id: row.id,
    name: row.name,
    origin: row.origin,
    api_host: row.api_base_url === null ? null : new URL(row.api_base_url).host,
    protocol_version: row.protocol_version,
    seller_profile: row.seller_profile,
    book_refunds: row.book_refunds === 1,
    key_version: keyVersion(row.sealed_bearer),
    version: row.version,
  });
}
