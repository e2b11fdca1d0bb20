import { keylessErrorFields, log } from "../edge/log.ts";
import type { StripeKeyRefusal } from "../payments/stripe/api.ts";
import type { ApiAnswer } from "./api.ts";
import type { Errand } from "./errands.ts";
import { conflict } from "./problem.ts";
import type { JudgedProfile } from "./profile-store.ts";
import type { Work } from "./work.ts";

/**
 * Saving a profile whose card Stripe has to be asked about: one transaction judges everything else, then Stripe is asked
 * with no transaction open, then another judges everything anew and writes. What Stripe did not confirm is not saved.
 */

/** What a handler answers instead of writing. It never leaves the object. */
export class CardQuestion {
  readonly order: {
    readonly organization_id: string;
    readonly mode: "test" | "live";
    readonly sealed_key: string;
  } & Card;
  readonly checked: CheckedCard;

  constructor(work: Work, { key, customer, payment_method }: NonNullable<JudgedProfile["ask"]>) {
    const { id, mode } = work.organization;
    this.order = { organization_id: id, mode, sealed_key: key.sealed_key, customer, payment_method };
    this.checked = { stripe_key_id: key.id, customer, payment_method };
  }
}

interface Card {
  readonly customer: string;
  readonly payment_method: string;
}

/** What Stripe has confirmed, and by which key. The edge lets no client send this. */
export interface CheckedCard extends Card {
  readonly stripe_key_id: string;
}

/** What still has to be asked before this can be written; null = nothing. */
export function openQuestion(
  work: Work,
  { ask }: JudgedProfile,
  checked: CheckedCard | undefined,
): CardQuestion | null {
  if (ask === null) return null;
  if (checked === undefined) return new CardQuestion(work, ask);
  const same =
    checked.stripe_key_id === ask.key.id &&
    checked.customer === ask.customer &&
    checked.payment_method === ask.payment_method;
  if (same) return null;
  throw conflict("stripe_key_changed", "The key of Stripe was changed meanwhile, so nothing was saved. Send it again.");
}

const saveWithCard: Errand = async ({ answer, env }, call) => {
  const judged = answer();
  if (!(judged.body instanceof CardQuestion)) return judged;
  const { order, checked } = judged.body;
  try {
    const seen = await env.RAILS.checkStripeCard(order);
    if (!seen.ok) return refused(seen.error);
  } catch (error) {
    log("error", "card_not_checked", keylessErrorFields(error));
    return NO_ANSWER;
  }
  return answer({ ...call, body: { ...(call.body as object), checked } });
};

const NO_ANSWER: ApiAnswer = {
  status: 503,
  body: {
    code: "stripe_unavailable",
    detail:
      "Stripe could not be asked whether customer and payment method belong together, so nothing was saved. Try again in a minute.",
  },
  headers: { "retry-after": "60" },
};

function refused({ code, message }: StripeKeyRefusal): ApiAnswer {
  if (code === "no_answer") return NO_ANSWER;
  if (code !== "not_found") return { status: 409, body: { code: "stripe_key_refused", detail: message } };
  const detail = "Stripe does not know this customer with this payment method, so nothing was saved.";
  return {
    status: 400,
    body: { code: "invalid_request", detail, errors: [{ pointer: "/payment_method", message }] },
  };
}

export const profileErrands = { createProfile: saveWithCard, replaceProfile: saveWithCard };
