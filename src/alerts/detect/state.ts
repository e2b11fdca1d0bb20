import { formatMoney } from "../../money.ts";
import { vendorWords } from "../../policy/vendor.ts";
import type { Fact, PurchaseFact } from "../facts.ts";
import { type Finding, sizeOf } from "../kinds.ts";
import type { AlertSettings } from "../settings.ts";

/** The ledger says each crossing once per budget and period; here it only gets its words and its weight. */
export function budgetThreshold(fact: Fact & { is: "budget" }): Finding {
  const { exhausted, mandate_id, agent_id, budget_id, period, label, currency, limit, used, share } = fact;
  const own = mandate_id !== null;
  const whose = own ? "this mandate" : "the organization";
  const money = `${formatMoney(used, currency)} of ${formatMoney(limit, currency)}`;
  return {
    kind: "budget_threshold",
    severity: own ? (exhausted ? "warning" : "info") : exhausted ? "critical" : "warning",
    about: `${budget_id} ${label}`,
    // A warning must not keep the exhaustion quiet that follows it.
    level: exhausted ? 1 : 0,
    agent_id,
    mandate_id,
    transaction_id: null,
    message: exhausted
      ? `The ${period} budget of ${whose} is used up: ${money}.`
      : `The ${period} budget of ${whose} is nearly used up: ${money}; the warning is due at ${Math.round(share * 10_000) / 100} %.`,
    figures: { budget_id, period, label, currency, limit, used, warning_share: share },
  };
}

export function overdraft(fact: Fact & { is: "overdraft" }): Finding {
  const { agent_id, transaction_id, currency, authorized, settled } = fact;
  const over = settled - authorized;
  return {
    kind: "overdraft",
    severity: "critical",
    // Measured by other amounts, so neither may keep the other quiet.
    about: over > 0 ? agent_id : `${agent_id} budget`,
    level: sizeOf(over > 0 ? over : settled),
    agent_id,
    mandate_id: null,
    transaction_id,
    message:
      over > 0
        ? `A purchase cost ${formatMoney(settled, currency)} where ${formatMoney(authorized, currency)} was authorized; it is booked in full.`
        : `A purchase of ${formatMoney(settled, currency)} took a budget above its limit; it is booked in full.`,
    figures: { currency, authorized, settled },
  };
}

/** A payment of which nobody can say yet whether money moved, and for too long. */
export function unknownOutcome(purchase: PurchaseFact, settings: AlertSettings["unknown_outcome"]): Finding {
  const { agent_id, mandate_id, transaction_id, vendor, amount, currency } = purchase;
  return {
    kind: "unknown_outcome",
    severity: "critical",
    about: agent_id,
    level: sizeOf(amount),
    agent_id,
    mandate_id,
    transaction_id,
    message: `For more than ${settings.after_minutes} minutes it has been unknown whether ${formatMoney(amount, currency)} at ${vendorWords(vendor)} was paid; the budget stays held until it is proven or a person resolves it.`,
    figures: { amount, currency, vendor, after_minutes: settings.after_minutes },
  };
}

/** A cardholder wants the money of a charge back. */
export function dispute({ purchase, disputed, reason }: Fact & { is: "disputed" }): Finding {
  const { agent_id, mandate_id, transaction_id, vendor, currency } = purchase;
  return {
    kind: "dispute",
    severity: "critical",
    about: agent_id,
    level: sizeOf(disputed),
    agent_id,
    mandate_id,
    transaction_id,
    message: `The cardholder disputes ${formatMoney(disputed, currency)} at ${vendorWords(vendor)}. A person answers it at Stripe.`,
    figures: { amount: disputed, currency, vendor, reason },
  };
}

const GIB = 1024 ** 3;
const gib = (bytes: number): number => Math.round((bytes / GIB) * 100) / 100;

/**
 * @param bytes What the organization's database takes.
 * @param limit From so much on it is critical.
 * @param end From so much on nothing more is authorized.
 */
export function storage(bytes: number, limit: number, end: number): Finding | null {
  if (bytes < limit) return null;
  return {
    kind: "storage",
    severity: "critical",
    about: "storage",
    level: 0,
    agent_id: null,
    mandate_id: null,
    transaction_id: null,
    message: `The organization's record takes ${gib(bytes)} GiB; at ${gib(end)} GiB nothing more can be authorized.`,
    figures: { bytes, bytes_limit: limit, bytes_end: end },
  };
}

export function webhookDisabled(endpointId: string): Finding {
  return {
    kind: "webhook_disabled",
    severity: "warning",
    about: endpointId,
    level: 0,
    agent_id: null,
    mandate_id: null,
    transaction_id: null,
    message: "A webhook endpoint was disabled: it gets no events until a person enables it again.",
    figures: { endpoint_id: endpointId },
  };
}
