import { formatMoney } from "../../money.ts";
import { vendorWords } from "../../policy/vendor.ts";
import type { PurchaseFact } from "../facts.ts";
import { doublings, type Finding, sizeOf } from "../kinds.ts";
import type { AlertSettings } from "../settings.ts";
import { judgeAmount } from "./robust.ts";

/** A purchase strictly above the threshold of its currency. */
export function largeTransaction(
  purchase: PurchaseFact,
  approved: boolean,
  settings: AlertSettings["large_transaction"],
): Finding | null {
  const { amount, currency, vendor } = purchase;
  // A record that a person wrote: its own members only.
  const threshold = Object.hasOwn(settings.thresholds, currency) ? settings.thresholds[currency]! : settings.threshold;
  if (amount <= threshold) return null;
  return {
    ...of(purchase),
    about: about(purchase, approved),
    kind: "large_transaction",
    severity: "warning",
    level: doublings(amount, threshold),
    message: `${formatMoney(amount, currency)} at ${vendorWords(vendor)} ${approved ? "was approved" : "waits for approval"}; purchases above ${formatMoney(threshold, currency)} are large.`,
    figures: { amount, currency, threshold, vendor },
  };
}

/**
 * A purchase far above what the agent usually spends in this currency.
 *
 * @param history Its last purchases in micros, without this one.
 */
export function unusualAmount(
  purchase: PurchaseFact,
  approved: boolean,
  history: readonly number[],
  settings: AlertSettings["unusual_amount"],
): Finding | null {
  if (history.length < settings.minimum_sample) return null;
  const { amount, currency, vendor } = purchase;
  const judged = judgeAmount(amount, history, settings.score);
  if (!judged.unusual) return null;
  const { median, spread, score } = judged;
  return {
    ...of(purchase),
    about: about(purchase, approved),
    kind: "unusual_amount",
    severity: "warning",
    // Not above the median: purchases between two of these may have moved it.
    level: sizeOf(amount),
    message: `${formatMoney(amount, currency)} at ${vendorWords(vendor)} is far from what this agent usually spends: over its last ${history.length} purchases the median is ${formatMoney(median, currency)}, and the score ${score} is above ${settings.score}.`,
    figures: {
      amount,
      currency,
      vendor,
      median,
      spread,
      score,
      score_limit: settings.score,
      purchases: history.length,
    },
  };
}

/** @param known How many vendors the agent has bought from before. */
export function newVendor(purchase: PurchaseFact, known: number): Finding {
  const { amount, currency, vendor } = purchase;
  return {
    ...of(purchase),
    kind: "new_vendor",
    severity: "info",
    level: sizeOf(amount),
    message: `First approved purchase of this agent at ${vendorWords(vendor)}: ${formatMoney(amount, currency)}. It had bought from ${known} other ${known === 1 ? "vendor" : "vendors"} before.`,
    figures: { amount, currency, vendor, vendors_before: known },
  };
}

/** What waits is counted apart: asking costs an agent nothing, and must not keep quiet what is approved later. */
const about = ({ agent_id }: PurchaseFact, approved: boolean): string => (approved ? agent_id : `${agent_id} waiting`);

const of = ({ agent_id, mandate_id, transaction_id }: PurchaseFact) => ({
  about: agent_id,
  agent_id,
  mandate_id,
  transaction_id,
});
