import { LIMITS } from "../limits.ts";
import type { CanSpendInput } from "../mcp/governance.ts";
import { type Micros, parseAmount } from "../money.ts";
import { X402_CURRENCY } from "../payments/x402/assets.ts";
import { normalizeCategory } from "../policy/category.ts";
import type { PurchaseRequest } from "../policy/types.ts";
import { normalizeVendor } from "../policy/vendor.ts";
import { badInput, Problem } from "./problem.ts";

/** Reads a purchase as an agent describes it: exact amount, one spelling per vendor and category. */
export function readPurchase(
  input: CanSpendInput,
  country: string | null,
): PurchaseRequest & { readonly amount: Micros } {
  const amount = parseAmount(input.amount);
  if (!amount.ok) throw new Problem(400, "invalid_amount", amount.error);
  const vendor = normalizeVendor(input.vendor);
  if (!vendor.ok) throw new Problem(400, "invalid_vendor", vendor.error);
  let category: string | null = null;
  if (input.category !== undefined) {
    const normalized = normalizeCategory(input.category);
    if (!normalized.ok) throw new Problem(400, "invalid_category", normalized.error);
    category = normalized.value;
  }
  if (!/^[A-Z]{3}$/.test(input.currency)) {
    throw new Problem(400, "invalid_currency", "The currency must be an ISO 4217 code in upper case, for example USD.");
  }
  if (input.protocol === "x402" && input.currency !== X402_CURRENCY) {
    throw new Problem(
      400,
      "invalid_currency",
      `Purchases by x402 are in ${X402_CURRENCY}; USDC settles no other currency.`,
    );
  }
  return {
    agent_id: input.agent_id,
    vendor: vendor.value,
    amount: amount.value,
    currency: input.currency,
    category,
    protocol: input.protocol,
    country,
    approved_rules: [],
  };
}

/** Exactly one of the two: a new purchase names its key, a continued one names its transaction. */
export function requireOneKey(input: {
  readonly idempotency_key?: string | undefined;
  readonly transaction_id?: string | undefined;
}): void {
  if ((input.idempotency_key === undefined) === (input.transaction_id === undefined)) {
    throw badInput(
      "Pass either idempotency_key (a new purchase; choose it once and repeat it on every retry) or transaction_id (to continue an earlier one), not both.",
    );
  }
  if ((input.idempotency_key?.length ?? 0) > LIMITS.idempotencyKeyChars) {
    throw badInput(`idempotency_key can have at most ${LIMITS.idempotencyKeyChars} characters.`);
  }
}
