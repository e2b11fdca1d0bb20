import type { Micros } from "../../money.ts";
import type { StripeFailure, StripeIntent, StripeSeen } from "../../payments/stripe/api.ts";
import { fromStripeMinor } from "../../payments/stripe/minor-units.ts";
import type { ChargeResult } from "./journal.ts";

/** Which question Stripe has answered: the request that charges, a look, or a cancellation. */
export type Asked = "charge" | "look" | "cancel";

/** What is known of a charge before the answer. */
export interface ChargePast {
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** What the PaymentIntent was to be made over, in Stripe's units of the currency. */
  readonly minor: number;
  readonly payment_intent: string | null;
  readonly failure: StripeFailure | null;
  /** Some earlier request that creates it had no clear end. */
  readonly unclear: boolean;
  /** The request that creates it may still be on its way. */
  readonly in_flight: boolean;
  /** The answer came through the key that the charge was begun with, so from the same account for certain. */
  readonly own_key: boolean;
  /** The purchase may still be made: it is open, nothing stops it, and Stripe still knows the idempotency key. */
  readonly may_repeat: boolean;
  /** Since the last request that creates it, ms. */
  readonly since_post: number;
}

export type Ended = Extract<ChargeResult, "declined" | "needs_cardholder" | "canceled" | "refused" | "absent">;

export type Verdict =
  /** Proof that money moved: so much. */
  | { readonly is: "charged"; readonly amount: Micros; readonly intent: StripeIntent }
  /** Proof that none moved, and none can any more. */
  | { readonly is: "ended"; readonly outcome: Ended; readonly intent: StripeIntent | null }
  /** It could still succeed: it ends at Stripe first, and only then here. */
  | { readonly is: "cancel"; readonly intent: StripeIntent; readonly failure: StripeFailure | null }
  /** Nothing was made of it yet: the same request goes out again, under the same key. */
  | { readonly is: "repeat" }
  | {
      readonly is: "open";
      readonly outcome: "processing" | "unknown";
      readonly unclear: boolean;
      readonly intent: StripeIntent | null;
    };

/** An absence counts as final so long after the last request: none of ours is on its way then. */
export const ABSENT_AFTER_MS = 30 * 60_000;
/** Stripe keeps idempotency keys for at least 24 hours; a repetition within 23 can make no second charge. */
export const REPEAT_WITHIN_MS = 23 * 3_600_000;

const open = (outcome: "processing" | "unknown" = "unknown", intent: StripeIntent | null = null): Verdict => ({
  is: "open",
  outcome,
  unclear: false,
  intent,
});

/**
 * What an answer of Stripe means for a charge. Whatever leaves a doubt keeps the budget held.
 *
 * @see https://docs.stripe.com/payments/paymentintents/lifecycle
 */
export function verdictOf(seen: StripeSeen, asked: Asked, past: ChargePast): Verdict {
  switch (seen.kind) {
    case "intent":
      return ofIntent(seen.intent, asked, past);
    case "refused":
      // Says nothing of an earlier request, nor does a refused look.
      return asked === "charge" && !past.unclear && past.payment_intent === null
        ? { is: "ended", outcome: "refused", intent: null }
        : open();
    case "busy":
      return open();
    case "absent":
      return ofAbsence(asked, past);
    case "unclear":
      return { is: "open", outcome: "unknown", unclear: asked === "charge", intent: null };
  }
}

function ofIntent(intent: StripeIntent, asked: Asked, past: ChargePast): Verdict {
  // One transaction has one PaymentIntent in one currency. Anything else is for a person to look at.
  const other = past.payment_intent !== null && past.payment_intent !== intent.id;
  if (other || intent.currency.toUpperCase() !== past.currency) return open();
  switch (intent.status) {
    case "succeeded": {
      const amount = fromStripeMinor(intent.amount_received, past.currency);
      return amount === null || amount === 0 ? open("unknown", intent) : { is: "charged", amount, intent };
    }
    case "processing":
      return open("processing", intent);
    case "canceled":
      return intent.amount_received === 0
        ? { is: "ended", outcome: whyCanceled(past.failure ?? intent.failure), intent }
        : open("unknown", intent);
    case "requires_action":
      return endAtStripe(intent, asked, past, intent.failure ?? AUTHENTICATION);
    case "requires_payment_method":
    case "requires_confirmation":
    case "requires_capture":
      return endAtStripe(intent, asked, past, intent.failure);
  }
}

/**
 * A PaymentIntent that somebody could still bring to success is canceled before its budget is given back. Another key that
 * has read it belongs to the account that has it, so it can cancel it as well, if it is over what was journaled.
 */
function endAtStripe(intent: StripeIntent, asked: Asked, past: ChargePast, failure: StripeFailure | null): Verdict {
  const ours = past.own_key || intent.amount === past.minor;
  if (asked === "cancel" || !ours || (asked === "look" && past.in_flight)) return open("unknown", intent);
  return { is: "cancel", intent, failure };
}

function ofAbsence(asked: Asked, past: ChargePast): Verdict {
  // Through another key it may be another account that has never heard of it.
  if (asked !== "look" || past.in_flight || !past.own_key || past.payment_intent !== null) return open();
  if (past.may_repeat) return { is: "repeat" };
  return past.since_post >= ABSENT_AFTER_MS ? { is: "ended", outcome: "absent", intent: null } : open();
}

const AUTHENTICATION: StripeFailure = { code: "authentication_required", decline_code: null, advice_code: null };

function whyCanceled(failure: StripeFailure | null): Ended {
  if (failure === null) return "canceled";
  const codes = [failure.code, failure.decline_code];
  return codes.includes(AUTHENTICATION.code) ? "needs_cardholder" : "declined";
}
