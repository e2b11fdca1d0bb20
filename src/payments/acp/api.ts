import type { Result } from "../../result.ts";
import type { HookMessage } from "../stripe/api.ts";

/**
 * The part of Rails that buys from merchants: types only. A merchant's words decide nothing but the price that is asked
 * of the mandate; whether money moved is Stripe's word on the token. Nothing here throws for what the other side does.
 */
export interface CheckoutRails {
  /** Reads the merchant's discovery document (or takes the configured base) and seals its bearer. */
  sealMerchant(order: MerchantOrder): Promise<Result<SealedMerchant, CheckoutRefusal>>;
  /** Opens a checkout session, chooses how it is delivered, and reads the total. Moves no money. */
  checkoutQuote(order: CheckoutQuoteOrder): Promise<CheckoutQuoted>;
  /** A token for exactly this total, seller and session. The same order again replays the same token. */
  issueToken(order: TokenOrder): Promise<TokenIssued>;
  /** Completes the session with the token, once; the same order again is the same request with the same key. */
  checkoutComplete(order: CheckoutCompleteOrder): Promise<CheckoutSeen>;
  /** Reads the session. */
  checkoutRead(order: CheckoutSessionOrder): Promise<CheckoutSeen>;
  /** Cancels a session that will not be paid. Its answer changes nothing in the ledger. */
  checkoutCancel(order: CheckoutSessionOrder): Promise<CheckoutSeen>;
  readToken(order: TokenHandle): Promise<TokenSeen>;
  /** Revokes the token where it is unused; answers what it is now. */
  revokeToken(order: TokenHandle): Promise<TokenSeen>;
  /** Verifies a merchant's message over its raw bytes. Null: not signed by one of these secrets, or too old. */
  openMerchantEvent(order: HookMessage): Promise<MerchantEvent | null>;
}

/** Checkout protocols that can stand behind this interface. */
export type CheckoutProtocolName = "acp";
export const ACP_VERSIONS = ["2026-04-17", "2026-01-30", "2026-01-16", "2025-12-12", "2025-09-29"] as const;
export type AcpVersion = (typeof ACP_VERSIONS)[number];

export interface CheckoutRefusal {
  readonly code: string;
  /** Our own words. */
  readonly message: string;
}

export interface MerchantOrder {
  readonly organization_id: string;
  /** `https://shop.example.com` */
  readonly origin: string;
  /** Configured base of the API; null = by discovery. */
  readonly api_base_url: string | null;
  /** The version to speak where there is no discovery; null = the newest that is known. */
  readonly version: AcpVersion | null;
  readonly bearer: string;
}

export interface SealedMerchant {
  readonly sealed_bearer: string;
  readonly last4: string;
  readonly api_base_url: string;
  readonly version: AcpVersion;
}

/** A merchant as an administrator configured it. */
export interface MerchantHandle {
  readonly organization_id: string;
  readonly protocol: CheckoutProtocolName;
  readonly origin: string;
  /** Configured base of the API; null = asked for by discovery, each time. */
  readonly api_base_url: string | null;
  readonly version: AcpVersion | null;
  readonly sealed_bearer: string;
}

export interface CheckoutItem {
  readonly id: string;
  readonly quantity: number;
}

/** Who buys, and where it goes: of the profile, never of the model. */
export interface CheckoutBuyer {
  readonly first_name: string;
  readonly last_name: string;
  readonly email: string;
  readonly phone_number: string | null;
  readonly address: CheckoutAddress | null;
}

export interface CheckoutAddress {
  readonly name: string;
  readonly line_one: string;
  readonly line_two: string | null;
  readonly city: string;
  readonly state: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly postal_code: string;
}

export interface CheckoutQuoteOrder {
  readonly merchant: MerchantHandle;
  /** Random per quote: the root of the idempotency keys of its steps. */
  readonly attempt: string;
  readonly items: readonly CheckoutItem[];
  readonly buyer: CheckoutBuyer;
  /** ISO 4217, upper case: the currency of the mandate. */
  readonly currency: string;
  readonly delivery: "cheapest" | "fastest";
}

/** A session as the object needs it. Amounts in ISO 4217 minor units. */
export interface CheckoutSession {
  readonly id: string;
  readonly version: AcpVersion;
  /** Where it was made; later steps go there. */
  readonly api_base_url: string;
  readonly status: SessionStatus;
  /** Upper case. */
  readonly currency: string;
  /** The one entry of type `total`; null where there is none, or two. */
  readonly total: number | null;
  /** Unix seconds; null = the merchant does not say. */
  readonly expires_at: number | null;
  /** The payment handler to be used, and to whom a token must be made out, as the merchant says. */
  readonly handler: { readonly id: string; readonly merchant_id: string | null } | null;
  readonly lines: readonly { readonly id: string; readonly quantity: number; readonly total: number | null }[];
  readonly order: { readonly id: string } | null;
  /** Refunds that the order says have been made, or have failed, by their ids. */
  readonly refunds: readonly MerchantRefund[];
  /** Whatever the merchant wrote for people, cleaned and cut: shown framed, never believed. */
  readonly words: MerchantWords;
  /** Machine codes of the messages: out_of_stock, payment_declined, requires_3ds, … of the published list only. */
  readonly codes: readonly string[];
}

export type SessionStatus =
  | "open"
  | "ready"
  | "in_progress"
  | "needs_human"
  | "authentication_required"
  | "completed"
  | "canceled"
  | "expired"
  | "unknown";

export interface MerchantWords {
  readonly messages: readonly string[];
  /** https only. */
  readonly continue_url: string | null;
  readonly order_url: string | null;
  readonly lines: readonly string[];
}

export interface MerchantRefund {
  readonly id: string;
  /** Minor units. */
  readonly amount: number;
  /** Upper case, where the merchant says it: a refund in another currency than the purchase's is not to be booked. */
  readonly currency?: string;
  /** The money did not arrive; whatever was said of it before counts no more. */
  readonly failed?: true;
}

export type CheckoutQuoted =
  | { readonly kind: "session"; readonly session: CheckoutSession }
  /** The merchant cannot or will not sell this; `words` are its own. */
  | { readonly kind: "refused"; readonly refusal: CheckoutRefusal; readonly words: MerchantWords | null };

export interface CheckoutSessionOrder {
  readonly merchant: MerchantHandle;
  readonly version: AcpVersion;
  readonly api_base_url: string;
  readonly session_id: string;
  readonly transaction_id: string;
}

export interface CheckoutCompleteOrder extends CheckoutSessionOrder {
  readonly sealed_token: string;
  readonly handler_id: string | null;
  readonly buyer: CheckoutBuyer;
}

export type CheckoutSeen =
  | { readonly kind: "session"; readonly session: CheckoutSession }
  /** The merchant refused this request (4xx): it may still have the session. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string }
  | { readonly kind: "unclear"; readonly why: string };

interface TokenAccount {
  readonly organization_id: string;
  readonly mode: "test" | "live";
  /** Of the Stripe key that issues it. */
  readonly sealed_key: string;
}

export interface TokenOrder extends TokenAccount {
  readonly transaction_id: string;
  readonly payment_method: string;
  /** `profile_…`: whom it pays. */
  readonly seller_profile: string;
  readonly session_id: string;
  /** Stripe's minor units: exactly the total. */
  readonly max_amount: number;
  /** Lower case. */
  readonly currency: string;
  /** Unix seconds. */
  readonly expires_at: number;
}

export type TokenIssued =
  | { readonly kind: "token"; readonly sealed_token: string; readonly seen: TokenSeen }
  /** Nothing was made. */
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "busy"; readonly retry_after_ms: number | null }
  | { readonly kind: "unclear"; readonly why: string };

export interface TokenHandle extends TokenAccount {
  readonly sealed_token: string;
}

export type TokenSeen =
  /** Can still be used. `needs_action`: the cardholder has to do something first. */
  | { readonly kind: "active"; readonly needs_action: boolean }
  /** Used: so much has been taken, in Stripe's minor units. */
  | { readonly kind: "consumed"; readonly amount: number; readonly currency: string }
  /** Can never be used any more, and nothing was taken. */
  | { readonly kind: "dead"; readonly why: "expired" | "revoked" | "other" }
  | { readonly kind: "unclear"; readonly why: string };

export interface MerchantEvent {
  /** Made of the body where the merchant sends no id. */
  readonly id: string;
  readonly session_id: string | null;
  readonly order_id: string | null;
  readonly status: string | null;
  readonly refunds: readonly MerchantRefund[];
}
