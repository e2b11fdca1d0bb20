/** The parameters of each operation, as `stripe` 23.1 (and, for tokens, the preview) types them. */
import { boolean, booleanOr, hash, integer, list, metadata, text, valueOrHash } from "./shape.mjs";

const names = (words) => new Set(words.trim().split(/\s+/));

const id = text({ max: 255 });
const expand = list(text({ max: 200 }), { max: 20 });
const address = hash({
  city: text({ emptyable: true }),
  country: text({ emptyable: true }),
  line1: text({ emptyable: true }),
  line2: text({ emptyable: true }),
  postal_code: text({ emptyable: true }),
  state: text({ emptyable: true }),
});

const METHOD_TYPES = names(`acss_debit affirm afterpay_clearpay alipay alma amazon_pay au_becs_debit bacs_debit
  bancontact billie bizum blik boleto card cashapp crypto customer_balance eps fpx giropay grabpay ideal interac_present
  kakao_pay klarna konbini kr_card link mb_way mobilepay multibanco naver_pay nz_bank_account oxxo p24 pay_by_bank payco
  paynow paypal paypay payto pix promptpay radar_options revolut_pay samsung_pay satispay scalapay sepa_debit sequra
  sofort sunbit swish twint upi us_bank_account wechat_pay zip`);

const methodData = (preview) =>
  hash(
    {
      type: text({ among: ["card"] }),
      allow_redisplay: text({ among: ["always", "limited", "unspecified"] }),
      billing_details: hash({
        address,
        email: text({ emptyable: true }),
        name: text({ emptyable: true }),
        phone: text({ emptyable: true }),
        tax_id: text(),
      }),
      metadata,
      ...(preview ? { shared_payment_granted_token: id } : {}),
    },
    // A token says by itself of what type it is.
    { unsimulated: METHOD_TYPES, required: preview ? [] : ["type"] },
  );

const confirming = (preview) => ({
  allowed_payment_method_types: list(text()),
  capture_method: text({ among: ["automatic", "automatic_async", "manual"] }),
  error_on_requires_action: boolean,
  off_session: booleanOr(["one_off", "recurring"]),
  payment_method: id,
  payment_method_data: methodData(preview),
  receipt_email: text({ max: 800 }),
  return_url: text(),
  setup_future_usage: text({ among: ["off_session", "on_session"] }),
  shipping: hash(
    { address, name: text(), carrier: text(), phone: text(), tracking_number: text() },
    { required: ["address", "name"] },
  ),
  use_stripe_sdk: boolean,
  expand,
});

const UNSIMULATED = names(`amount_details application_fee_amount confirmation_token customer_account
  excluded_payment_method_types hooks mandate mandate_data on_behalf_of payment_details payment_method_configuration
  payment_method_options radar_options transfer_data transfer_group`);

/** @param {boolean} preview Whether the request names a preview version. */
export const createIntent = (preview) =>
  hash(
    {
      ...confirming(preview),
      amount: integer(),
      currency: text({ max: 10 }),
      automatic_payment_methods: hash(
        { enabled: boolean, allow_redirects: text({ among: ["always", "never"] }) },
        { required: ["enabled"] },
      ),
      confirm: boolean,
      confirmation_method: text({ among: ["automatic", "manual"] }),
      customer: id,
      description: text({ max: 1000 }),
      metadata,
      statement_descriptor: text({ max: 22 }),
      statement_descriptor_suffix: text({ max: 22 }),
      // The older form of the same; merchants of 2026 still send it.
      ...(preview ? { shared_payment_granted_token: id } : {}),
    },
    {
      required: ["amount", "currency"],
      unsimulated: preview ? new Set([...UNSIMULATED, "fx_quote", "secret_key_confirmation"]) : UNSIMULATED,
    },
  );

export const confirmIntent = (preview) =>
  hash(
    { ...confirming(preview), ...(preview ? { shared_payment_granted_token: id } : {}) },
    { unsimulated: new Set([...UNSIMULATED, "amount_to_confirm"]) },
  );

export const cancelIntent = hash({
  cancellation_reason: text({ among: ["abandoned", "duplicate", "fraudulent", "requested_by_customer"] }),
  expand,
});

export const captureIntent = hash(
  { amount_to_capture: integer({ min: 1 }), final_capture: boolean, metadata, expand },
  {
    unsimulated: names(`amount_details application_fee_amount hooks payment_details statement_descriptor
      statement_descriptor_suffix transfer_data`),
  },
);

export const createRefund = hash(
  {
    amount: integer({ min: 1 }),
    charge: id,
    payment_intent: id,
    reason: text({ among: ["duplicate", "fraudulent", "requested_by_customer"] }),
    instructions_email: text({ max: 800 }),
    metadata,
    expand,
  },
  { unsimulated: names("currency customer origin refund_application_fee reverse_transfer") },
);

const usageLimits = hash(
  { currency: text({ max: 10 }), max_amount: integer({ min: 1 }), expires_at: integer({ min: 1 }) },
  { required: ["currency", "max_amount"] },
);

export const createIssuedToken = hash(
  {
    payment_method: id,
    // The types leave the profile open; a token that names no seller could be spent by nobody.
    seller_details: hash(
      { network_business_profile: id, external_id: text({ max: 255 }) },
      { required: ["network_business_profile"] },
    ),
    usage_limits: usageLimits,
    return_url: text(),
    setup_future_usage: text({ among: ["on_session"] }),
    shared_metadata: metadata,
    use_stripe_sdk: boolean,
    expand,
  },
  { required: ["payment_method", "seller_details", "usage_limits"] },
);

export const createGrantedToken = hash(
  { payment_method: id, usage_limits: usageLimits, customer: id, shared_metadata: metadata, expand },
  { required: ["payment_method", "usage_limits"] },
);

export const onlyExpand = hash({ expand });

const range = valueOrHash(
  integer({ min: 0 }),
  hash({
    gt: integer({ min: 0 }),
    gte: integer({ min: 0 }),
    lt: integer({ min: 0 }),
    lte: integer({ min: 0 }),
  }),
);
const pages = { limit: integer({ min: 1, max: 100 }), starting_after: id, ending_before: id, expand };

export const listIntents = hash({ ...pages, created: range, customer: id }, { unsimulated: names("customer_account") });
export const listCharges = hash(
  { ...pages, created: range, customer: id, payment_intent: id },
  { unsimulated: names("transfer_group") },
);
export const listRefunds = hash({ ...pages, created: range, charge: id, payment_intent: id });
export const listEvents = hash(
  { ...pages, created: range, type: text(), types: list(text(), { max: 20 }) },
  { unsimulated: names("delivery_success") },
);
export const listMethods = hash(
  { ...pages, customer: id, type: text() },
  { unsimulated: names("allow_redisplay customer_account") },
);
export const searchIntents = hash(
  { query: text(), limit: integer({ min: 1, max: 100 }), page: text(), expand },
  { required: ["query"] },
);
