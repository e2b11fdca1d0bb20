/** What each test card does when it is charged. The names are Stripe's, where Stripe has the card. */

const decline = (code, decline_code, advice_code, message) => ({
  does: "decline",
  code,
  decline_code,
  advice_code,
  message,
});
const declined = (decline_code, advice_code = "try_again_later") =>
  decline("card_declined", decline_code, advice_code, "Your card was declined.");

/** `does`: succeed | decline | authenticate | process. `refund`: what becomes of its refunds. `dispute`: opened at once. */
export const CARDS = {
  pm_card_visa: { does: "succeed", last4: "4242" },
  pm_card_mastercard: { does: "succeed", last4: "4444", brand: "mastercard" },
  pm_card_chargeDeclined: { ...declined("generic_decline"), last4: "0002" },
  pm_card_chargeDeclinedInsufficientFunds: { ...declined("insufficient_funds"), last4: "9995" },
  pm_card_chargeDeclinedLostCard: { ...declined("lost_card", "do_not_try_again"), last4: "9987" },
  pm_card_chargeDeclinedStolenCard: { ...declined("stolen_card", "do_not_try_again"), last4: "9979" },
  pm_card_chargeDeclinedFraudulent: { ...declined("fraudulent", "do_not_try_again"), last4: "0019" },
  pm_card_chargeDeclinedExpiredCard: {
    ...decline("expired_card", undefined, "confirm_card_data", "Your card has expired."),
    last4: "0069",
  },
  pm_card_chargeDeclinedIncorrectCvc: {
    ...decline("incorrect_cvc", undefined, "confirm_card_data", "Your card's security code is incorrect."),
    last4: "0127",
  },
  pm_card_chargeDeclinedProcessingError: {
    ...decline("processing_error", undefined, "try_again_later", "An error occurred while processing your card."),
    last4: "0119",
  },
  pm_card_authenticationRequired: { does: "authenticate", last4: "3184" },
  pm_card_processing: { does: "process", last4: "1111" },
  pm_card_refundFail: { does: "succeed", refund: "fail", last4: "5126" },
  pm_card_pendingRefund: { does: "succeed", refund: "pending", last4: "7726" },
  pm_card_createDispute: { does: "succeed", dispute: true, last4: "0259" },
};

/** @returns {Record<string, any>} A PaymentMethod as the API shows it. */
export function paymentMethod({ id, card, customer, created }) {
  const { last4, brand = "visa" } = CARDS[card];
  return {
    id,
    object: "payment_method",
    allow_redisplay: "always",
    billing_details: { address: null, email: null, name: "Sandbox Buyer", phone: null, tax_id: null },
    card: {
      brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: "US",
      display_brand: brand,
      exp_month: 12,
      exp_year: 2034,
      fingerprint: `sandbox${last4}`,
      funding: "credit",
      generated_from: null,
      last4,
      networks: { available: [brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created,
    customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: "card",
  };
}
