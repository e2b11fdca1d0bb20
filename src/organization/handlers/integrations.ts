import { toMajor } from "../../money.ts";
import { assetOf, networkOf } from "../../payments/x402/assets.ts";
import { keyVersion } from "../key-version.ts";
import { iso, isoOrNull } from "../views.ts";
import { activateWallet, insertWallet, listWallets, type NewWallet, type WalletRow } from "../wallets.ts";
import { bodyOf, type Handler, param } from "./desk.ts";

/** Neither the key nor its sealed text: only which secret seals it. */
const view = (row: WalletRow) => ({
  id: row.id,
  address: row.address,
  network: row.network,
  source: row.source,
  active: row.active === 1,
  key_version: keyVersion(row.sealed_key),
  balance: row.balance === null ? null : toMajor(row.balance),
  balance_as_of: isoOrNull(row.balance_at),
  created_at: iso(row.created_at),
});

export const integrationHandlers = {
  getX402Integration: ({ work }) => {
    const network = networkOf(work.organization.mode);
    const { symbol, address } = assetOf(network);
    const wallets = listWallets(work).map(view);
    return { network, asset: { symbol, address }, wallet: wallets.find(({ active }) => active) ?? null, wallets };
  },
  /** The edge has had the key sealed: see `prepare` of the route. */
  createX402Wallet: ({ work }, call) => view(insertWallet(work, bodyOf<NewWallet>(call))),
  activateX402Wallet: ({ work }, call) => view(activateWallet(work, param(call, "wallet_id"))),
} satisfies Record<string, Handler>;
