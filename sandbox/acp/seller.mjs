/** The shop's account at Stripe: takes what a Shared Payment Token allows, and gives it back. */

const STRIPE_VERSION = "2026-08-26.preview";
const TIMEOUT_MS = 15_000;
const TRIES = 3;

/**
 * @param {{ stripeUrl: string, sellerKey: string }} account
 */
export function sellerAccount({ stripeUrl, sellerKey }) {
  const call = (method, path, key, form) => ask({ stripeUrl, sellerKey, method, path, key, form });
  return {
    /**
     * One PaymentIntent per key. `refused` = nothing was taken and never will be by this key; `unclear` = ask again with it.
     *
     * @param {{ key: string, amount: number, currency: string, token: string, session: string }} order
     * @returns {Promise<{ kind: "paid" | "processing", id: string } | { kind: "refused", code: string } | { kind: "unclear" }>}
     */
    async charge({ key, amount, currency, token, session }) {
      const form = {
        amount: String(amount),
        currency,
        confirm: "true",
        // Nobody is there who could act; without it a payment could stay open.
        error_on_requires_action: "true",
        "payment_method_data[shared_payment_granted_token]": token,
        "metadata[checkout_session_id]": session,
      };
      return outcomeOf(await call("POST", "/v1/payment_intents", key, form));
    },
    read: async (id) => outcomeOf(await call("GET", `/v1/payment_intents/${id}`)),
    /** @returns {Promise<{ ok: true, id: string, status: string } | { ok: false, code: string }>} */
    async refund({ key, payment, amount }) {
      const answer = await call("POST", "/v1/refunds", key, { payment_intent: payment, amount: String(amount) });
      if (answer?.status === 200) return { ok: true, id: answer.body.id, status: answer.body.status };
      return { ok: false, code: answer?.body?.error?.code ?? "unclear" };
    },
  };
}

function outcomeOf(answer) {
  if (answer === null) return { kind: "unclear" };
  const { status, body } = answer;
  if (status === 200) {
    if (body.status === "succeeded") return { kind: "paid", id: body.id };
    if (body.status === "processing") return { kind: "processing", id: body.id };
    return { kind: "refused", code: body.last_payment_error?.code ?? body.status };
  }
  // A conflict or a full queue says nothing about the payment itself.
  if (status === 409 || status === 429 || status >= 500) return { kind: "unclear" };
  return { kind: "refused", code: body?.error?.decline_code ?? body?.error?.code ?? `http_${status}` };
}

/** The same key each time, so that trying again never takes twice. Null = no answer that can be used. */
async function ask({ stripeUrl, sellerKey, method, path, key, form }) {
  let last = null;
  for (let tried = 0; tried < TRIES; tried += 1) {
    try {
      const response = await fetch(`${stripeUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${sellerKey}`,
          "stripe-version": STRIPE_VERSION,
          ...(key === undefined ? {} : { "idempotency-key": key }),
          ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
        },
        ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      last = { status: response.status, body: await response.json() };
      if (last.status < 500 && last.status !== 409 && last.status !== 429) return last;
    } catch {
      last = null;
    }
    await new Promise((resolve) => setTimeout(resolve, 50 * (tried + 1)));
  }
  return last;
}
