/** One attempt to pay a PaymentIntent: what the test card does, the charge that comes of it, and what follows later. */
import { CARDS } from "./cards.mjs";
import { chargeObject } from "./charge.mjs";
import { openDispute } from "./disputes.mjs";
import { invalid, StripeRefusal } from "./errors.mjs";
import { mustBe, rowOf } from "./intent-state.mjs";
import { consume } from "./tokens.mjs";

/** @throws {StripeRefusal} 402, with the PaymentIntent in it as Stripe answers a decline. */
export function attempt(scope, row) {
  const { world, account, params } = scope;
  const card = CARDS[cardOf(account, row)];
  Object.assign(row.intent, { last_payment_error: null, next_action: null });
  if (params.capture_method !== undefined) row.intent.capture_method = params.capture_method;
  const steps = {
    succeed: () => authorize(world, account, row),
    decline: () => refuse(scope, row, card),
    authenticate: () => authenticate(scope, row),
    process: () => beginProcessing(world, account, row),
  };
  steps[card.does]();
}

const cardOf = (account, { method, token }) => (token === null ? account.cards.get(method.id) : token.card);

function authorize(world, account, row) {
  const { intent } = row;
  const charge = newCharge(world, account, row, { status: "succeeded" });
  if (intent.capture_method === "manual") {
    if (row.token !== null) row.token.reserved_by = intent.id;
    Object.assign(intent, { status: "requires_capture", amount_capturable: intent.amount });
    charge.payment_method_details.card.capture_before = world.clock.seconds() + 7 * 24 * 3600;
    world.emit(account, "payment_intent.amount_capturable_updated", intent);
    return;
  }
  take(world, account, row, charge, intent.amount);
}

/** The money moves here, and nowhere else. */
function take(world, account, row, charge, amount) {
  const { intent } = row;
  Object.assign(charge, { captured: true, amount_captured: amount, paid: true, status: "succeeded" });
  if (amount < charge.amount) charge.amount_refunded = charge.amount - amount;
  Object.assign(intent, { status: "succeeded", amount_received: amount, amount_capturable: 0, processing: null });
  if (row.token !== null) consume(world, row.token, amount, intent.currency);
  world.emit(account, "charge.succeeded", charge);
  world.emit(account, "payment_intent.succeeded", intent);
  if (CARDS[cardOf(account, row)].dispute === true) openDispute(world, account, charge, "fraudulent");
}

export function captureIntent(scope) {
  const { world, account, params } = scope;
  const row = rowOf(scope);
  mustBe(row, ["requires_capture"], "capture");
  const amount = params.amount_to_capture ?? row.intent.amount_capturable;
  if (amount > row.intent.amount_capturable)
    throw invalid(
      "amount_too_large",
      "The amount to capture is greater than the amount that can be captured.",
      "amount_to_capture",
    );
  take(world, account, row, account.charges.get(row.intent.latest_charge), amount);
  return row.intent;
}

function refuse(scope, row, card) {
  const { code, decline_code, advice_code, message } = card;
  const charge = newCharge(scope.world, scope.account, row, { status: "failed", code, message });
  throw failed(scope, row, { code, decline_code, advice_code, message, charge: charge.id });
}

function authenticate(scope, row) {
  const { world, account, params } = scope;
  const offSession = params.off_session !== undefined && params.off_session !== false;
  if (offSession || params.error_on_requires_action === true || row.token !== null) {
    const message = "Your card was declined. This transaction requires authentication.";
    const code = "authentication_required";
    const charge = newCharge(world, account, row, { status: "failed", code, message });
    throw failed(scope, row, { code, decline_code: code, advice_code: undefined, message, charge: charge.id });
  }
  Object.assign(row.intent, {
    status: "requires_action",
    next_action:
      params.return_url === undefined
        ? { type: "use_stripe_sdk", use_stripe_sdk: { type: "three_d_secure_redirect" } }
        : {
            type: "redirect_to_url",
            redirect_to_url: { return_url: params.return_url, url: "https://hooks.stripe.example/3d_secure" },
          },
  });
  world.emit(account, "payment_intent.requires_action", row.intent);
}

/** The intent goes back to the start, without its payment method, and says why. */
function failed({ world, account }, row, error) {
  const { intent } = row;
  const method = row.method ?? row.token.method;
  const { charge, ...rest } = { type: "card_error", ...error };
  const shown = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  Object.assign(intent, {
    status: "requires_payment_method",
    payment_method: null,
    processing: null,
    last_payment_error: { ...shown, charge, doc_url: docUrl(error.code), payment_method: structuredClone(method) },
  });
  Object.assign(row, { method: null, token: null });
  world.emit(account, "payment_intent.payment_failed", intent);
  const { last_payment_error } = intent;
  return new StripeRefusal(402, { ...last_payment_error, payment_intent: structuredClone(intent) });
}

const docUrl = (code) => `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`;

function beginProcessing(world, account, row) {
  const { intent } = row;
  newCharge(world, account, row, { status: "pending" });
  if (row.token !== null) row.token.reserved_by = intent.id;
  Object.assign(intent, { status: "processing", processing: { type: "card", card: {} } });
  world.emit(account, "payment_intent.processing", intent);
  const { after_ms, outcome } = world.settings.async;
  if (after_ms !== null) world.clock.after(after_ms, () => finishProcessing(world, account, row, outcome));
}

/** @param {"succeeded" | "failed"} outcome Of a PaymentIntent that is `processing`, or that waits for its cardholder. */
export function finishProcessing(world, account, row, outcome) {
  const { intent } = row;
  if (intent.status !== "processing" && intent.status !== "requires_action") return false;
  intent.next_action = null;
  if (row.token !== null) row.token.reserved_by = null;
  const charge = account.charges.get(intent.latest_charge);
  if (outcome === "succeeded") {
    take(world, account, row, charge ?? newCharge(world, account, row, { status: "succeeded" }), intent.amount);
    return true;
  }
  const error = {
    code: "card_declined",
    decline_code: "generic_decline",
    advice_code: "try_again_later",
    message: "Your card was declined.",
    charge: intent.latest_charge ?? undefined,
  };
  if (charge !== undefined) fail(charge, error);
  failed({ world, account }, row, error);
  return true;
}

const fail = (charge, { code, message }) =>
  Object.assign(charge, { status: "failed", paid: false, failure_code: code, failure_message: message });

function newCharge(world, account, row, { status, code, message }) {
  const method = row.method ?? row.token.method;
  const charge = chargeObject({ intent: row.intent, method, created: world.clock.seconds(), status });
  if (code !== undefined) fail(charge, { code, message });
  account.charges.set(charge.id, charge);
  account.cards.set(charge.id, cardOf(account, row));
  row.intent.latest_charge = charge.id;
  if (row.token !== null) row.intent.payment_method = method.id;
  if (status === "failed") world.emit(account, "charge.failed", charge);
  return charge;
}
