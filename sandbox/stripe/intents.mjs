/** PaymentIntents: created, confirmed, captured, canceled. Every function is one synchronous step. */
import { attempt } from "./attempt.mjs";
import { checkAmount, checkCurrency } from "./currencies.mjs";
import { invalid, noSuch } from "./errors.mjs";
import { mustBe, rowOf } from "./intent-state.mjs";
import { tokenFor } from "./tokens.mjs";
import { newId } from "./world.mjs";

const CONFIRM_ONLY = ["off_session", "error_on_requires_action", "return_url", "use_stripe_sdk"];

/** @param {{ world: any, account: any, params: any }} scope What a request works with. */
export function createIntent(scope) {
  const { world, account, params } = scope;
  checkTogether(params);
  checkCurrency(params.currency);
  checkAmount(params.amount, params.currency);
  if (params.customer !== undefined && !account.customers.has(params.customer))
    throw noSuch("customer", params.customer, "customer");
  const row = { intent: intentObject(world.clock.seconds(), params), method: null, token: null, searchable: 0 };
  row.searchable = world.clock.now() + world.settings.search_delay_ms;
  choose(scope, row);
  if (params.confirm === true) checkConfirm(row, params);
  account.intents.set(row.intent.id, row);
  world.emit(account, "payment_intent.created", row.intent);
  if (params.confirm === true) attempt(scope, row);
  return row.intent;
}

export function confirmIntent(scope) {
  const { params } = scope;
  const row = rowOf(scope);
  mustBe(row, ["requires_payment_method", "requires_confirmation", "requires_action"], "confirm");
  choose(scope, row);
  checkConfirm(row, params);
  attempt(scope, row);
  return row.intent;
}

export function cancelIntent(scope) {
  const { world, account, params } = scope;
  const row = rowOf(scope);
  mustBe(row, ["requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"], "cancel");
  cancel(world, account, row, params.cancellation_reason ?? null);
  return row.intent;
}

export function cancel(world, account, row, reason) {
  const { intent } = row;
  const charge = account.charges.get(intent.latest_charge);
  // What was authorized goes back to the card, and what was under way comes to nothing.
  if (intent.status === "requires_capture") Object.assign(charge, { refunded: true, amount_refunded: charge.amount });
  if (intent.status === "processing") Object.assign(charge, { status: "failed", paid: false });
  if (row.token !== null) row.token.reserved_by = null;
  Object.assign(intent, {
    status: "canceled",
    canceled_at: world.clock.seconds(),
    cancellation_reason: reason,
    amount_capturable: 0,
    next_action: null,
  });
  world.emit(account, "payment_intent.canceled", intent);
}

function checkTogether(params) {
  if (params.confirm !== true) {
    const early = CONFIRM_ONLY.find((name) => params[name] !== undefined);
    if (early !== undefined)
      throw invalid(undefined, `The parameter '${early}' can only be used with confirm=true.`, early);
  }
  if (params.automatic_payment_methods?.enabled === true && params.allowed_payment_method_types !== undefined)
    throw invalid(
      undefined,
      "You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.",
      "automatic_payment_methods",
    );
  if (params.statement_descriptor !== undefined)
    throw invalid(
      undefined,
      "statement_descriptor is not supported for card charges. Use statement_descriptor_suffix.",
      "statement_descriptor",
    );
  if (params.off_session !== undefined && params.off_session !== false && params.setup_future_usage !== undefined)
    throw invalid(undefined, "off_session cannot be combined with setup_future_usage.", "setup_future_usage");
}

/** Sets what the intent will be paid with: a payment method of this account, or a token of another. */
function choose(scope, row) {
  const { account, params } = scope;
  const { intent } = row;
  const tokenId = params.payment_method_data?.shared_payment_granted_token ?? params.shared_payment_granted_token;
  const ways = [params.payment_method, params.payment_method_data, params.shared_payment_granted_token];
  if (ways.filter((way) => way !== undefined).length > 1)
    throw invalid(
      undefined,
      "Only one of payment_method, payment_method_data and a token may be given.",
      "payment_method",
    );
  if (tokenId !== undefined) {
    row.token = tokenFor(scope, tokenId, intent);
    Object.assign(row, { method: null });
    Object.assign(intent, { status: "requires_confirmation" });
    return;
  }
  // A token that was named earlier may be used up by now.
  if (row.token !== null && ways.every((way) => way === undefined)) tokenFor(scope, row.token.id, intent);
  if (params.payment_method_data !== undefined)
    throw invalid(undefined, "The sandbox takes no card data: use a test payment method.", "payment_method_data");
  if (params.payment_method === undefined) return;
  const method = account.methods.get(params.payment_method);
  if (method === undefined) throw noSuch("PaymentMethod", params.payment_method, "payment_method");
  if (method.customer !== intent.customer)
    throw invalid(
      undefined,
      intent.customer === null
        ? "The provided PaymentMethod is attached to a Customer. Pass that Customer in the 'customer' parameter."
        : `The customer does not have a payment method with the ID ${method.id}.`,
      intent.customer === null ? "payment_method" : "customer",
    );
  Object.assign(row, { method, token: null });
  Object.assign(intent, { payment_method: method.id, status: "requires_confirmation" });
}

function checkConfirm(row, params) {
  const { intent } = row;
  if (row.method === null && row.token === null)
    throw invalid(
      "payment_intent_unexpected_state",
      "You cannot confirm this PaymentIntent because it's missing a payment method.",
      undefined,
    );
  const mayRedirect = intent.automatic_payment_methods?.allow_redirects !== "never";
  const listed = intent.allowed_payment_method_types !== null;
  if (row.token === null && mayRedirect && !listed && params.return_url === undefined)
    throw invalid(
      undefined,
      "This PaymentIntent accepts payment methods that might redirect, so you must provide a `return_url`, or set automatic_payment_methods[allow_redirects] to never.",
      "return_url",
    );
}

function intentObject(created, params) {
  const id = newId("pi");
  const automatic = params.automatic_payment_methods ?? { enabled: params.allowed_payment_method_types === undefined };
  return {
    id,
    object: "payment_intent",
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    amount: params.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: automatic.enabled ? { allow_redirects: "always", ...automatic } : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: params.capture_method ?? "automatic",
    client_secret: `${id}_secret_${newId("s").slice(2)}`,
    confirmation_method: params.confirmation_method ?? "automatic",
    created,
    currency: params.currency,
    customer: params.customer ?? null,
    customer_account: null,
    description: params.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: params.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: "automatic" },
    },
    payment_method_types: params.allowed_payment_method_types ?? ["card"],
    payment_record: null,
    processing: null,
    receipt_email: params.receipt_email ?? null,
    review: null,
    setup_future_usage: params.setup_future_usage ?? null,
    shipping: params.shipping ?? null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: params.statement_descriptor_suffix ?? null,
    status: "requires_payment_method",
    transfer_data: null,
    transfer_group: null,
  };
}
