import type { Result } from "../../result.ts";

/**
 * The part of Rails that speaks with Stripe: types only. Every key travels sealed. Nothing here throws for what Stripe or
 * the network does; what is not known is `unclear`, and never more than that.
 */
export interface StripeRails {
  /** Asks Stripe whether the key works (one harmless read), and seals it. */
  sealStripeKey(order: StripeKeyOrder): Promise<Result<SealedStripeKey, StripeKeyRefusal>>;
  /** Do customer and payment method exist, and belong together? */
  checkStripeCard(order: StripeCardOrder): Promise<Result<null, StripeKeyRefusal>>;
  /** Creates and confirms one PaymentIntent; the same order again replays the same one (Stripe keeps keys for 24 hours). */
  stripeCharge(order: StripeChargeOrder): Promise<StripeSeen>;
  /** Reads the PaymentIntent by its id; without one looks for it by customer, time and transaction. Creates nothing. */
  stripeLook(order: StripeLookOrder): Promise<StripeSeen>;
  /** Cancels a PaymentIntent that can still be canceled; answers what it is now. */
  stripeCancel(order: StripeLookOrder & { readonly payment_intent: string }): Promise<StripeSeen>;
  /** Creates one refund; the same order again replays the same one. */
  stripeRefund(order: StripeRefundOrder): Promise<StripeRefundSeen>;
  /** Every refund of a PaymentIntent, with its state now. */
  stripeRefunds(order: StripeLookOrder & { readonly payment_intent: string }): Promise<StripeRefundsSeen>;
  /** Verifies a webhook message over its raw bytes. Null: not signed by one of these secrets, or too old. */
  openStripeEvent(order: HookMessage): Promise<StripeEvent | null>;
  /** Seals the signing secret of a webhook that somebody else sends to us. */
  sealHookSecret(organizationId: string, secret: string): Promise<string>;
}

/** Whose key, and in which world it must act. */
interface Account {
  readonly organization_id: string;
  readonly mode: "test" | "live";
}

export interface StripeKeyOrder extends Account {
  readonly key: string;
}

export interface SealedStripeKey {
  readonly sealed_key: string;
  readonly kind: "secret" | "restricted";
  readonly last4: string;
}

/** `code`: `key_format`, `publishable_key`, `wrong_mode`, `key_refused`, `key_rights`, `not_found`, `no_answer`. Our own words. */
export interface StripeKeyRefusal {
  readonly code: string;
  readonly message: string;
}

interface Keyed extends Account {
  readonly sealed_key: string;
}

export interface StripeCardOrder extends Keyed {
  readonly customer: string;
  readonly payment_method: string;
}

/** Everything that a PaymentIntent will say: journaled before it is sent. */
export interface StripeCharge {
  /** Minor units, as Stripe counts this currency. */
  readonly amount: number;
  /** Lower case. */
  readonly currency: string;
  readonly customer: string;
  readonly payment_method: string;
  /** Cleaned words of the agent; null = none. */
  readonly description: string | null;
  readonly statement_descriptor_suffix: string | null;
  readonly agent_id: string;
  readonly mandate_id: string;
  readonly mandate_version: number;
}

export interface StripeChargeOrder extends Keyed {
  /** Makes the idempotency key, and stands in the metadata. */
  readonly transaction_id: string;
  readonly charge: StripeCharge;
}

export interface StripeLookOrder extends Keyed {
  readonly transaction_id: string;
  readonly customer: string;
  readonly payment_intent: string | null;
  /** When it was sent first, unix seconds. */
  readonly sent_at: number;
  /** When the request that creates it was sent last, unix seconds. */
  readonly posted_at: number;
}

export type StripeSeen =
  | { readonly kind: "intent"; readonly intent: StripeIntent }
  /** This request was refused before anything was made: 400, 401, 403, 404. Says nothing of earlier requests. */
  | { readonly kind: "refused"; readonly code: string }
  /** Not carried out now: 409 while the first one runs, 429. The same order can be sent again. */
  | { readonly kind: "busy"; readonly retry_after_ms: number | null }
  /** By `stripeLook` alone: Stripe's consistent list holds no PaymentIntent of this transaction. */
  | { readonly kind: "absent" }
  /** No answer, a broken one, a 5xx, another body under the same key: nobody knows. */
  | { readonly kind: "unclear"; readonly why: string };

export interface StripeIntent {
  readonly id: string;
  readonly status:
    | "succeeded"
    | "processing"
    | "requires_action"
    | "requires_payment_method"
    | "requires_confirmation"
    | "requires_capture"
    | "canceled";
  /** Minor units. */
  readonly amount: number;
  readonly amount_received: number;
  readonly currency: string;
  readonly charge: string | null;
  /** Why the last attempt failed; codes of Stripe, cut to their alphabet. */
  readonly failure: StripeFailure | null;
}

export interface StripeFailure {
  readonly code: string;
  readonly decline_code: string | null;
  readonly advice_code: string | null;
}

export interface StripeRefundOrder extends Keyed {
  /** Ours (`rfd_…`): makes the idempotency key, and stands in the metadata. */
  readonly refund_id: string;
  readonly payment_intent: string;
  /** Minor units. */
  readonly amount: number;
}

export interface StripeRefundState {
  /** `re_…` */
  readonly id: string;
  /** Ours, where we made it. */
  readonly refund_id: string | null;
  readonly status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

export type StripeRefundSeen =
  | { readonly kind: "refund"; readonly refund: StripeRefundState }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "busy"; readonly retry_after_ms: number | null }
  | { readonly kind: "unclear"; readonly why: string };

export type StripeRefundsSeen =
  | { readonly kind: "refunds"; readonly refunds: readonly StripeRefundState[] }
  | { readonly kind: "unclear"; readonly why: string };

/** A message at one of our hooks, as it came. */
export interface HookMessage {
  readonly organization_id: string;
  /** One, or two during a rotation. */
  readonly sealed_secrets: readonly string[];
  readonly signature: string;
  readonly body: string;
}

/** What a verified event of Stripe is about. It wakes us up; what counts is read from Stripe. */
export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly livemode: boolean;
  /** Unix seconds. */
  readonly created: number;
  readonly payment_intent: string | null;
  /** From the metadata of the object, where it is ours. */
  readonly transaction_id: string | null;
  /** Of a dispute event. */
  readonly dispute: {
    readonly id: string;
    readonly status: string;
    readonly reason: string;
    readonly amount: number;
  } | null;
}
