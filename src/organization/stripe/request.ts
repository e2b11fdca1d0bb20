import { createHash } from "node:crypto";
import { fingerprint } from "../../ledger/fingerprint.ts";
import { LIMITS } from "../../limits.ts";
import type { StripeChargeInput } from "../../mcp/governance.ts";
import { cleanText } from "../../mcp/text.ts";
import { currencyExponent, type Micros, parseAmount } from "../../money.ts";
import { normalizeCategory } from "../../policy/category.ts";
import { Problem } from "../problem.ts";
import { requireOneKey } from "../purchase-input.ts";

/** One call of quetra_stripe_charge, read as far as that needs no organization. */
export interface ChargeRequest {
  readonly agent_id: string;
  /** Null: the mandate's default. */
  readonly profile: string | null;
  readonly amount: Micros;
  readonly currency: string;
  readonly category: string | null;
  readonly description: string | null;
  readonly idempotency_key: string | null;
  readonly transaction_id: string | null;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** @throws Problem `invalid_request`, `invalid_amount`, `invalid_currency`, `invalid_category`. */
export function readCharge(input: StripeChargeInput): ChargeRequest {
  requireOneKey(input);
  const amount = parseAmount(input.amount);
  if (!amount.ok) throw new Problem(400, "invalid_amount", amount.error);
  if (currencyExponent(input.currency) === undefined) {
    throw new Problem(400, "invalid_currency", "The currency must be an ISO 4217 code in upper case, for example USD.");
  }
  return {
    agent_id: input.agent_id,
    profile: input.profile ?? null,
    amount: amount.value,
    currency: input.currency,
    category: readCategory(input.category),
    description: input.description === undefined ? null : cleanText(input.description, LIMITS.descriptionChars) || null,
    idempotency_key: input.idempotency_key ?? null,
    transaction_id: input.transaction_id ?? null,
    reason: input.reason ?? null,
    metadata: input.metadata ?? null,
  };
}

function readCategory(text: string | undefined): string | null {
  if (text === undefined) return null;
  const category = normalizeCategory(text);
  if (!category.ok) throw new Problem(400, "invalid_category", category.error);
  return category.value;
}

/** Which profile pays, as the fingerprint counts it: a changed profile is another purchase. */
export interface ProfileMark {
  readonly id: string;
  readonly version: number;
}

/** The description is free text: a reworded one is still a retry. */
export function printOf(request: ChargeRequest, vendor: string, profile: ProfileMark): string {
  return fingerprint({
    tool: "stripe_charge",
    agent_id: request.agent_id,
    vendor,
    amount: request.amount,
    currency: request.currency,
    category: request.category,
    protocol: "stripe",
    url: `${profile.id}@${profile.version}`,
    body_hash: NO_BODY,
  });
}

/** Nothing of a charge is the agent's own body: all that is sent comes from the profile and the fields above. */
const NO_BODY = createHash("sha256").update("").digest("base64url");
