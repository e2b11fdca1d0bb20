/** Bounds of what is read of Stripe. They stand here because only these calls enforce them; tested at N and N + 1. */
export const STRIPE_LIMITS = {
  /** PaymentIntents on a page: three kilobytes each, more with a long metadata, within `LIMITS.providerBodyBytes`. */
  intentsPerPage: 40,
  /** Pages of one look for a PaymentIntent. A customer with more of them in that time is not read to the end. */
  intentPages: 50,
  refundsPerPage: 100,
  refundPages: 5,
  /** So much earlier or later than our clock says a PaymentIntent may have been made, seconds. */
  clockSeconds: 3_600,
  /** Seconds that the time of a webhook message may be away from ours. */
  signatureSeconds: 300,
  /** Stripe sends one per secret in force, of which there are two during a rotation. */
  signatures: 10,
  /** Of an amount: Stripe takes eight digits at most. */
  amountMinor: 99_999_999,
} as const;
