import type { StripeFailure } from "../../payments/stripe/api.ts";

/**
 * What a person can do about a decline, by Stripe's code. Codes that are not here are told as `card_declined`, so that
 * nothing of an answer reaches an agent but what stands in this table.
 *
 * @see https://docs.stripe.com/declines/codes
 */
const DECLINES = {
  card_declined: "The card's bank declined. A person can ask the bank, or set another card in the profile.",
  generic_decline: "The card's bank declined and gave no reason. A person can ask the bank, or set another card.",
  do_not_honor: "The card's bank declined and gave no reason. A person can ask the bank, or set another card.",
  insufficient_funds: "The card has not enough money. A person can fund it, or set another card in the profile.",
  card_velocity_exceeded: "The card is over a limit of its bank. A person can wait, or set another card.",
  withdrawal_count_limit_exceeded: "The card is over a limit of its bank. A person can wait, or set another card.",
  expired_card: "The card has expired. A person has to set another card in the profile.",
  incorrect_cvc: "The card's data are not right. A person has to enter the card again at Stripe.",
  incorrect_number: "The card's data are not right. A person has to enter the card again at Stripe.",
  invalid_account: "The card's account does not exist any more. A person has to set another card in the profile.",
  lost_card: "The card cannot be used any more. A person has to set another card in the profile.",
  stolen_card: "The card cannot be used any more. A person has to set another card in the profile.",
  pickup_card: "The card cannot be used any more. A person has to set another card in the profile.",
  fraudulent: "The payment was declined as risky. A person can look at it at Stripe.",
  currency_not_supported: "The card cannot be charged in this currency. A person can set another card in the profile.",
  card_not_supported: "The card does not take such payments. A person can set another card in the profile.",
  transaction_not_allowed: "The card's bank does not allow such payments. A person can ask the bank.",
  authentication_required:
    "The cardholder has to confirm at Stripe, or another card has to be set in the profile. Trying again does not help.",
  processing_error: "The card could not be processed. The purchase can be tried once more later, with a new key.",
  try_again_later: "The card's bank could not be asked. The purchase can be tried once more later, with a new key.",
} as const;
export type DeclineCode = keyof typeof DECLINES;

const isKnown = (code: string | null): code is DeclineCode => code !== null && Object.hasOwn(DECLINES, code);

/** The most telling code that the table knows. */
export function declineCode(failure: StripeFailure | null): DeclineCode {
  if (failure === null) return "card_declined";
  if (isKnown(failure.decline_code)) return failure.decline_code;
  return isKnown(failure.code) ? failure.code : "card_declined";
}

export const declineWords = (code: DeclineCode): string => DECLINES[code];
