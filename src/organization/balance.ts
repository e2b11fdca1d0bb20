import { keylessErrorFields, log } from "../edge/log.ts";
import { LIMITS } from "../limits.ts";
import type { BalanceOutcome, RailsApi } from "../payments/rails-api.ts";
import { withDeadline } from "./deadline.ts";
import { first } from "./sql.ts";
import { activeWallet, reseal, saveBalance, type WalletRow } from "./wallets.ts";
import type { Work } from "./work.ts";

/** How long an answer waits for the chain before it is given with the older balance, in ms. */
const DEADLINE_MS = 4_500;
/** After a failure nobody waits again before this has passed, in ms. */
const PAUSE_MS = 5_000;

export interface BalanceSource {
  readonly sql: SqlStorage;
  readonly rails: () => Pick<RailsApi, "balance">;
  /** The object's clock, in ms. */
  readonly now: () => number;
  /** One storage transaction in the name of the system. */
  readonly transact: (action: (work: Work) => void) => void;
}

/** Whether there is another balance now than before the call. Never throws. */
export type RefreshBalance = () => Promise<boolean>;

/**
 * Keeps the active wallet's balance fresh: asks Rails where it is older than `LIMITS.walletBalanceMs`, outside of any
 * transaction, and keeps the answer in one. What fails leaves the older balance with its instant. Calls that come
 * together ask once, and while the chain does not answer not every call waits for it. Only for a caller whose key has
 * been identified: it makes the service call out.
 */
export function balanceRefresher(source: BalanceSource): RefreshBalance {
  let running: Promise<boolean> | null = null;
  let notBefore = 0;

  const read = async (wallet: WalletRow, asked: number): Promise<boolean> => {
    const fresh = await ask(source, wallet, asked);
    notBefore = fresh ? 0 : source.now() + PAUSE_MS;
    running = null;
    return fresh;
  };

  return async () => {
    const wallet = activeWallet(source);
    if (wallet === undefined) return false;
    const asked = source.now();
    if (wallet.balance_at !== null && asked - wallet.balance_at <= LIMITS.walletBalanceMs) return false;
    if (running === null && asked < notBefore) return false;
    running ??= read(wallet, asked);
    return running;
  };
}

async function ask(source: BalanceSource, wallet: WalletRow, asked: number): Promise<boolean> {
  try {
    const { id, network, address, sealed_key } = wallet;
    const organization_id = first<{ id: string }>(source.sql, "SELECT id FROM organization WHERE one = 1")?.id ?? "";
    const answer = source.rails().balance({ organization_id, network, address, sealed_key });
    const { balance, resealed } = await withDeadline(answer, DEADLINE_MS);
    const known = isBalance(balance);
    if (!known) log("warn", "balance_not_read", { wallet_id: id, network });
    if (!known && resealed === null) return false;
    source.transact((work) => {
      if (known) saveBalance(work, id, balance, asked);
      if (resealed !== null) reseal(work, id, resealed);
    });
    return known;
  } catch (error) {
    log("warn", "balance_not_read", { wallet_id: wallet.id, network: wallet.network, ...keylessErrorFields(error) });
    return false;
  }
}

/** A sum beyond 2^53 micros cannot be told exactly, and is no balance of USDC. */
const isBalance = (balance: BalanceOutcome["balance"]): balance is number =>
  balance !== null && Number.isSafeInteger(balance) && balance >= 0;
