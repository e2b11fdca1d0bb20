import { newId } from "../keys/ids.ts";
import { LIMITS } from "../limits.ts";
import type { X402Network } from "../payments/rails-api.ts";
import { networkOf } from "../payments/x402/assets.ts";
import { keyVersion } from "./key-version.ts";
import { conflict, notFound } from "./problem.ts";
import { all, changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

/** A wallet that payments are signed with. Its key is here only as sealed text, which nothing but Rails can open. */
export interface WalletRow {
  readonly seq: number;
  readonly id: string;
  readonly network: X402Network;
  /** Lower case. */
  readonly address: string;
  /** `v1.<id of the sealing secret>.…` */
  readonly sealed_key: string;
  readonly source: "created" | "imported";
  /** 1 for the one wallet that new payments come from. */
  readonly active: number;
  /** Micros of USDC, or null = never read. */
  readonly balance: number | null;
  /** When the balance was asked for (ms). */
  readonly balance_at: number | null;
  readonly created_at: number;
}

/** What the edge hands over after Rails has sealed the key. */
export interface NewWallet {
  readonly source: "create" | "import";
  /** Lower case. */
  readonly address: string;
  readonly sealed_key: string;
  /** Whether new payments shall come from it; left out = only where no wallet is active. */
  readonly activate?: boolean | undefined;
}

export const ACTIVE_WALLET = "SELECT * FROM wallets WHERE active = 1";
const WALLET_BY_ID = "SELECT * FROM wallets WHERE id = ?";

/** The wallet that new payments come from. A payment in flight keeps the one that it was signed with. */
export const activeWallet = (work: Pick<Work, "sql">): WalletRow | undefined =>
  first<WalletRow>(work.sql, ACTIVE_WALLET);

export const listWallets = (work: Work): WalletRow[] =>
  all<WalletRow>(work.sql, "SELECT * FROM wallets ORDER BY seq LIMIT ?", LIMITS.walletsPerOrganization);

export function requireWallet(work: Work, id: string): WalletRow {
  const row = first<WalletRow>(work.sql, WALLET_BY_ID, id);
  if (row === undefined) throw notFound("wallet");
  return row;
}

/** Keeps a wallet. Refuses an address that is there already: two rows of one key would be two balances of the same money. */
export function insertWallet(work: Work, input: NewWallet): WalletRow {
  const same = first<{ id: string }>(work.sql, "SELECT id FROM wallets WHERE address = ?", input.address);
  if (same !== undefined) {
    throw conflict("wallet_exists", "This organization has a wallet with this address already. Activate that one.", {
      wallet_id: same.id,
    });
  }
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM wallets");
  if ((count?.n ?? 0) >= LIMITS.walletsPerOrganization) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.walletsPerOrganization} wallets.`);
  }
  const id = newId("wal");
  const network = networkOf(work.organization.mode);
  const source: WalletRow["source"] = input.source === "create" ? "created" : "imported";
  work.exec(
    `INSERT INTO wallets (id, network, address, sealed_key, source, active, created_at)
     VALUES (?, ?, ?, ?, ?, 0, ?)`,
    id,
    network,
    input.address,
    input.sealed_key,
    source,
    work.now,
  );
  const { address, sealed_key } = input;
  work.log(`wallet.${source}`, id, { wallet_id: id, address, network, key_version: keyVersion(sealed_key) });
  return (input.activate ?? activeWallet(work) === undefined) ? activateWallet(work, id) : requireWallet(work, id);
}

/** From this transaction on new payments come from this wallet. Activating the active one changes nothing. */
export function activateWallet(work: Work, id: string): WalletRow {
  const row = requireWallet(work, id);
  if (row.active === 1) return row;
  const before = activeWallet(work);
  work.exec("UPDATE wallets SET active = 0 WHERE active = 1");
  changeOne(work.sql, "UPDATE wallets SET active = 1 WHERE id = ?", id);
  work.log("wallet.activated", id, {
    wallet_id: id,
    address: row.address,
    key_version: keyVersion(row.sealed_key),
    replaces: before?.id ?? null,
  });
  return requireWallet(work, id);
}

/**
 * Keeps what the chain said of a wallet. An older answer never replaces a newer one.
 *
 * @param balance Micros of USDC.
 * @param asOf When the chain was asked (ms): the balance is at least as new.
 */
export function saveBalance(work: Work, id: string, balance: number, asOf: number): void {
  work.exec(
    "UPDATE wallets SET balance = ?, balance_at = ? WHERE id = ? AND (balance_at IS NULL OR balance_at <= ?)",
    balance,
    asOf,
    id,
    asOf,
  );
}

/** Replaces the sealed text by one that Rails has sealed with the current secret. Same key, same address. */
export function reseal(work: Work, id: string, sealedKey: string): void {
  changeOne(work.sql, "UPDATE wallets SET sealed_key = ? WHERE id = ?", sealedKey, id);
}

/** The same for the wallet that a payment was signed with. */
export const resealAddress = (work: Work, address: string, sealedKey: string): void =>
  work.exec("UPDATE wallets SET sealed_key = ? WHERE address = ?", sealedKey, address);
