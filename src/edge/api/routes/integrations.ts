import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import type { NewWallet } from "../../../organization/wallets.ts";
import { err, ok } from "../../../result.ts";
import { privateKey, wallet, x402Integration } from "../../../schema/resources.ts";
import type { Prepare, RouteDefinition } from "../route.ts";

const tag = "Integrations";

const activate = z.boolean().optional().meta({
  description: "Whether new payments come from it. Left out: only where no wallet is active yet",
});
const walletBody = z.discriminatedUnion("source", [
  z.strictObject({ source: z.literal("create"), activate }),
  z.strictObject({ source: z.literal("import"), private_key: privateKey, activate }),
]);

/** The private key ends here: what goes on is its address and the sealed text. */
const sealWallet: Prepare = async (rails, { organization_id }, given) => {
  const body = given as z.output<typeof walletBody>;
  const made =
    body.source === "create"
      ? await rails.createWallet(organization_id)
      : await rails.importWallet(organization_id, body.private_key);
  if (made === null) {
    const message = "This is not a private key of secp256k1: it must be above zero and below the order of the curve.";
    return err({ kind: "invalid_request", errors: [{ in: "body", pointer: "/private_key", message }] });
  }
  const { source, activate } = body;
  const { address, sealed_key } = made;
  return ok({ body: { source, address, sealed_key, activate } satisfies NewWallet });
};

export const integrationRoutes = [
  {
    id: "getX402Integration",
    method: "GET",
    path: "/integrations/x402",
    tag,
    summary: "Wallets for x402 payments, and what the active one holds",
    description:
      `The active wallet's balance is read from the chain where it is older than ${LIMITS.walletBalanceMs / 1000} seconds; ` +
      "when the chain cannot be read, the older balance stays, and `balance_as_of` says how old it is.",
    roles: ["read", "admin"],
    status: 200,
    response: x402Integration,
  },
  {
    id: "createX402Wallet",
    method: "POST",
    path: "/integrations/x402/wallets",
    tag,
    summary: "Create a wallet, or import one by its private key",
    description:
      "The key is sealed before anything is stored and is never shown. The first wallet becomes active. A payment in flight " +
      "keeps the wallet that it was signed with.",
    roles: ["admin"],
    body: walletBody,
    prepare: sealWallet,
    status: 201,
    response: wallet,
  },
  {
    id: "activateX402Wallet",
    method: "POST",
    path: "/integrations/x402/wallets/{wallet_id}/activate",
    tag,
    summary: "Let new payments come from this wallet",
    roles: ["admin"],
    status: 200,
    response: wallet,
  },
] as const satisfies readonly RouteDefinition[];
