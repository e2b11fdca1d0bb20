/**
 * Shared Payment Tokens. The organization issues one over a card of its own; the seller that it names spends it, once, and
 * never above its limit. Both sides see the same id.
 */
import { paymentMethod } from "./cards.mjs";
import { checkAmount, checkCurrency } from "./currencies.mjs";
import { invalid, noSuch } from "./errors.mjs";
import { newId } from "./world.mjs";

export function createIssuedToken({ world, account, params }) {
  const { payment_method, seller_details, usage_limits } = params;
  const method = account.methods.get(payment_method);
  if (method === undefined) throw noSuch("PaymentMethod", payment_method, "payment_method");
  const profile = seller_details.network_business_profile;
  const seller = [...world.accounts.values()].find((each) => each.profile === profile);
  if (seller === undefined || seller === account)
    throw noSuch("network business profile", profile, "seller_details[network_business_profile]");
  checkLimits(world, usage_limits);
  const token = newToken(world, { method, card: account.cards.get(payment_method), issuer: account, seller, params });
  return issued(world, token);
}

export function readIssuedToken({ world, account, id }) {
  return issued(
    world,
    tokenOf(world, id, (token) => token.issuer === account, "shared_payment_issued_token"),
  );
}

/** Idempotent for a token that is revoked already; one that is used up cannot be revoked. */
export function revokeIssuedToken({ world, account, id }) {
  const token = tokenOf(world, id, (each) => each.issuer === account, "shared_payment_issued_token");
  revoke(world, token);
  return issued(world, token);
}

/** A token of the seller's own making, for its tests. */
export function createGrantedToken({ world, account, params }) {
  const { payment_method: card, customer, usage_limits } = params;
  if (customer !== undefined) throw noSuch("customer", customer, "customer");
  checkLimits(world, usage_limits);
  const org = world.accounts.get("acct_org_sandbox");
  if (org.cards.get(card) !== card) throw noSuch("PaymentMethod", card, "payment_method");
  const created = world.clock.seconds();
  const method = paymentMethod({ id: newId("pm"), card, customer: null, created });
  return granted(world, newToken(world, { method, card, issuer: null, seller: account, params }));
}

export function readGrantedToken({ world, account, id }) {
  return granted(
    world,
    tokenOf(world, id, (token) => token.seller === account, "shared_payment_granted_token"),
  );
}

export function revokeGrantedToken({ world, account, id }) {
  const token = tokenOf(world, id, (each) => each.seller === account, "shared_payment_granted_token");
  revoke(world, token);
  return granted(world, token);
}

/** The token that this seller may charge this amount to, now; or the refusal. Looks alone, and takes nothing. */
export function tokenFor({ world, account }, id, { amount, currency }) {
  const param = "payment_method_data[shared_payment_granted_token]";
  const token = world.tokens.get(id);
  if (token === undefined || token.seller !== account) throw noSuch("shared_payment_granted_token", id, param);
  settle(world, token);
  if (token.deactivated_reason !== null)
    throw invalid("shared_payment_token_deactivated", `This token is ${token.deactivated_reason}.`, param);
  if (token.reserved_by !== null)
    throw invalid("shared_payment_token_in_use", "This token is in use by another PaymentIntent.", param);
  if (currency !== token.currency)
    throw invalid("shared_payment_token_currency", `This token is for ${token.currency} only.`, "currency");
  if (amount > token.max_amount)
    throw invalid("shared_payment_token_limit", `This token allows ${token.max_amount} at most.`, "amount");
  return token;
}

/** Called in the very step that captures, so that two captures cannot both find it unused. */
export function consume(world, token, amount, currency) {
  token.reserved_by = null;
  token.captured = { currency, value: amount };
  // A payment that was begun before the token was revoked still goes through, and the amount says so.
  deactivate(world, token, "consumed");
}

function revoke(world, token) {
  settle(world, token);
  if (token.deactivated_reason === "revoked") return;
  if (token.deactivated_reason !== null)
    throw invalid("shared_payment_token_deactivated", `This token is ${token.deactivated_reason} already.`);
  deactivate(world, token, "revoked");
}

export function revokeByControl(world, id) {
  const token = world.tokens.get(id);
  if (token === undefined || token.deactivated_reason !== null) return false;
  revoke(world, token);
  return true;
}

/** A token past its time is found expired by whoever looks at it next. */
function settle(world, token) {
  if (token.deactivated_reason === null && token.expires_at !== null && world.clock.seconds() >= token.expires_at)
    deactivate(world, token, "expired");
}

function deactivate(world, token, reason) {
  if (token.deactivated_reason !== null) return;
  Object.assign(token, { deactivated_reason: reason, deactivated_at: world.clock.seconds() });
}

function checkLimits(world, { currency, max_amount, expires_at }) {
  checkCurrency(currency, "usage_limits[currency]");
  checkAmount(max_amount, currency, "usage_limits[max_amount]");
  if (expires_at !== undefined && expires_at <= world.clock.seconds())
    throw invalid(undefined, "expires_at must be in the future.", "usage_limits[expires_at]");
}

function tokenOf(world, id, mine, kind) {
  const token = world.tokens.get(id);
  if (token === undefined || !mine(token)) throw noSuch(kind, id, "id");
  settle(world, token);
  return token;
}

function newToken(world, { method, card, issuer, seller, params }) {
  const { currency, max_amount, expires_at = null } = params.usage_limits;
  const token = {
    id: newId("spt"),
    created: world.clock.seconds(),
    method,
    card,
    issuer,
    seller,
    external_id: params.seller_details?.external_id ?? "",
    currency,
    max_amount,
    expires_at,
    return_url: params.return_url ?? null,
    setup_future_usage: params.setup_future_usage ?? null,
    use_stripe_sdk: params.use_stripe_sdk ?? null,
    shared_metadata: params.shared_metadata ?? {},
    deactivated_at: null,
    deactivated_reason: null,
    /** The PaymentIntent that is processing with it, or that has authorized it. */
    reserved_by: null,
    captured: null,
  };
  world.tokens.set(token.id, token);
  return token;
}

const common = (world, token) => {
  settle(world, token);
  const { id, created, deactivated_at, deactivated_reason, shared_metadata, captured } = token;
  const { currency, max_amount, expires_at } = token;
  return {
    id,
    created,
    deactivated_at,
    deactivated_reason,
    livemode: false,
    shared_metadata,
    usage_details: { amount_captured: captured },
    usage_limits: { currency, expires_at, max_amount },
  };
};

/** As its issuer sees it. */
export const issued = (world, token) => {
  const shared = common(world, token);
  return {
    ...shared,
    object: "shared_payment.issued_token",
    next_action: null,
    payment_method: token.method.id,
    return_url: token.return_url,
    risk_details: { insights: { fraudulent_dispute: { recommended_action: "continue", score: 1 } } },
    seller_details: { external_id: token.external_id, network_business_profile: token.seller.profile },
    setup_future_usage: token.setup_future_usage,
    status: shared.deactivated_reason === null ? "active" : "deactivated",
    use_stripe_sdk: token.use_stripe_sdk,
  };
};

/** As its seller sees it. */
export const granted = (world, token) => {
  const { generated_from, regulated_status, three_d_secure_usage, ...card } = token.method.card;
  return {
    ...common(world, token),
    object: "shared_payment.granted_token",
    agent_details: { network_business_profile: token.issuer?.profile ?? null },
    payment_method_details: { billing_details: token.method.billing_details, card, type: "card" },
    risk_details: { insights: { fraudulent_dispute: { recommended_action: "continue", score: 1 } } },
  };
};
