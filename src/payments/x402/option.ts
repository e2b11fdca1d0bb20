import { LIMITS } from "../../limits.ts";
import { err, ok, type Result } from "../../result.ts";
import type { PayableOption, X402Network } from "../rails-api.ts";
import { assetOf, V1_NAMES } from "./assets.ts";
import { X402_LIMITS } from "./limits.ts";

/** An option as a server wrote it. Nothing in it is believed before `judgeOption`. */
export type RawOption = Readonly<Record<string, unknown>>;

/** Why an option cannot be paid, in the order in which they are looked at. */
export type OptionFault =
  | "scheme"
  | "network"
  | "asset"
  | "domain"
  | "method"
  | "flow"
  | "amount"
  | "payee"
  | "validity"
  | "size";

/** Decimal digits only: `BigInt` would also read hex, spaces and an empty string. 39 digits hold 2^128. */
const AMOUNT = /^(?:0|[1-9]\d{0,38})$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const ZERO_ADDRESS = `0x${"0".repeat(40)}`;

export const isRecord = (value: unknown): value is RawOption =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const address = (value: unknown): string | null => {
  const lower = typeof value === "string" ? value.toLowerCase() : "";
  return ADDRESS.test(lower) ? lower : null;
};

/**
 * Can this be paid? The one reader of an option for both versions of the protocol, before the decision and again before
 * the signature: version 1 has its amount under another name, and a reader that misses that fails open. Scheme `exact`
 * by EIP-3009 in the flow `authorization` only; token and domain must be those of our table.
 */
export function judgeOption(
  version: 1 | 2,
  option: RawOption,
  index: number,
  network: X402Network,
): Result<PayableOption, OptionFault> {
  if (option.scheme !== "exact") return err("scheme");
  if (option.network !== (version === 1 ? V1_NAMES[network] : network)) return err("network");
  const asset = assetOf(network);
  if (address(option.asset) !== asset.address) return err("asset");
  const extra = isRecord(option.extra) ? option.extra : {};
  if (extra.name !== asset.domain_name || extra.version !== asset.domain_version) return err("domain");
  if (extra.assetTransferMethod !== undefined && extra.assetTransferMethod !== "eip3009") return err("method");
  if (extra.paymentFlow !== undefined && extra.paymentFlow !== "authorization") return err("flow");
  const amount = amountOf(version === 1 ? option.maxAmountRequired : option.amount);
  if (amount === null) return err("amount");
  const payee = address(option.payTo);
  if (payee === null || payee === ZERO_ADDRESS || payee === asset.address) return err("payee");
  const seconds = option.maxTimeoutSeconds;
  if (typeof seconds !== "number" || !Number.isInteger(seconds) || seconds < X402_LIMITS.minValiditySeconds) {
    return err("validity");
  }
  const validity = Math.min(seconds, X402_LIMITS.validitySeconds);
  return ok({ index, network, asset: asset.address, amount, pay_to: payee, validity_seconds: validity });
}

/** Micros, above zero and within what a mandate can count. */
function amountOf(value: unknown): number | null {
  if (typeof value !== "string" || !AMOUNT.test(value)) return null;
  const atomic = BigInt(value);
  return atomic > 0n && atomic <= BigInt(LIMITS.amountMicros) ? Number(atomic) : null;
}
