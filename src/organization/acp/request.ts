import { createHash } from "node:crypto";
import { LIMITS } from "../../limits.ts";
import type { CheckoutInput } from "../../mcp/governance.ts";
import { hasUnsafeCharacters } from "../../mcp/text.ts";
import { type Micros, parseAmount } from "../../money.ts";
import type { CheckoutItem } from "../../payments/acp/api.ts";
import { type GuardPolicy, type GuardRefusal, guardUrl } from "../../payments/guard.ts";
import { normalizeCategory } from "../../policy/category.ts";
import { normalizeVendor } from "../../policy/vendor.ts";
import { ok, type Result } from "../../result.ts";
import { badInput, Problem } from "../problem.ts";
import { requireOneKey } from "../purchase-input.ts";

/** One call of quetra_acp_checkout, read as far as that needs no organization. */
export interface CheckoutRequest {
  readonly agent_id: string;
  /** Of the URL: `https://shop.example.com`. */
  readonly origin: string;
  /** Its host: the payee as the policy sees it. */
  readonly vendor: string;
  /** In the order of their ids, so that one purchase has one form. */
  readonly items: readonly CheckoutItem[];
  readonly items_hash: string;
  /** The caller's own ceiling. Authorizes nothing. */
  readonly max_amount: Micros;
  readonly profile: string | null;
  readonly category: string | null;
  readonly idempotency_key: string | null;
  readonly transaction_id: string | null;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/**
 * Reads the arguments. A refusal of the guard is an answer for the agent; what makes no sense at all is thrown.
 *
 * @throws Problem `invalid_request`, `invalid_amount`, `invalid_category`, `invalid_vendor`.
 */
export function readCheckout(input: CheckoutInput, policy: GuardPolicy): Result<CheckoutRequest, GuardRefusal> {
  requireOneKey(input);
  const url = guardUrl(input.merchant_url, policy);
  if (!url.ok) return url;
  const { origin } = url.value;
  const vendor = normalizeVendor(origin);
  if (!vendor.ok) throw new Problem(400, "invalid_vendor", vendor.error);
  const amount = parseAmount(input.max_amount);
  if (!amount.ok) throw new Problem(400, "invalid_amount", amount.error);
  const items = readItems(input.items);
  return ok({
    agent_id: input.agent_id,
    origin,
    vendor: vendor.value,
    items,
    items_hash: itemsHash(items),
    max_amount: amount.value,
    profile: input.profile ?? null,
    category: readCategory(input.category),
    idempotency_key: input.idempotency_key ?? null,
    transaction_id: input.transaction_id ?? null,
    reason: input.reason ?? null,
    metadata: input.metadata ?? null,
  });
}

function readItems(items: readonly CheckoutItem[]): readonly CheckoutItem[] {
  if (items.length === 0 || items.length > LIMITS.checkoutItems) {
    throw badInput(`A checkout has 1 to ${LIMITS.checkoutItems} items.`);
  }
  for (const { id, quantity } of items) {
    if (id === "" || id.length > LIMITS.checkoutItemIdChars || hasUnsafeCharacters(id) || !id.isWellFormed()) {
      throw badInput(`An item's id has 1 to ${LIMITS.checkoutItemIdChars} visible characters.`);
    }
    if (!Number.isInteger(quantity) || quantity < 1 || quantity > LIMITS.checkoutQuantity) {
      throw badInput(`An item's quantity is a whole number from 1 to ${LIMITS.checkoutQuantity}.`);
    }
  }
  if (new Set(items.map(({ id }) => id)).size !== items.length) {
    throw badInput("Two items have the same id. Name each item once, with its quantity.");
  }
  return items.map(({ id, quantity }) => ({ id, quantity })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

const itemsHash = (items: readonly CheckoutItem[]): string =>
  createHash("sha256")
    .update(JSON.stringify(items.map(({ id, quantity }) => [id, quantity])))
    .digest("base64url");

function readCategory(text: string | undefined): string | null {
  if (text === undefined) return null;
  const category = normalizeCategory(text);
  if (!category.ok) throw new Problem(400, "invalid_category", category.error);
  return category.value;
}
