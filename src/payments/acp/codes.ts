/**
 * The machine codes that the published versions know, of messages and of errors. A code outside of the list is a merchant's
 * free text, and is not handed on.
 */
const MESSAGE_CODES = [
  "missing",
  "invalid",
  "out_of_stock",
  "payment_declined",
  "requires_sign_in",
  "requires_3ds",
  "low_stock",
  "quantity_exceeded",
  "coupon_invalid",
  "coupon_expired",
  "minimum_not_met",
  "maximum_exceeded",
  "region_restricted",
  "age_verification_required",
  "approval_required",
  "unsupported",
  "not_found",
  "conflict",
  "rate_limited",
  "expired",
  "intervention_required",
] as const;

/** Of answers that are no session; the last ones are not in the schemas, but public merchants send them. */
const ERROR_CODES = [
  "idempotency_key_required",
  "idempotency_conflict",
  "idempotency_in_flight",
  "missing_api_version",
  "unsupported_api_version",
  "unauthorized",
  "forbidden",
  "method_not_allowed",
  "unsupported_currency",
  "request_not_idempotent",
  "invalid_status",
  "invalid_request",
] as const;

const MESSAGES: ReadonlySet<string> = new Set(MESSAGE_CODES);
const KNOWN: ReadonlySet<string> = new Set([...MESSAGE_CODES, ...ERROR_CODES]);

export const isMessageCode = (code: string | null): code is (typeof MESSAGE_CODES)[number] =>
  code !== null && MESSAGES.has(code);

/** The code of a refused request; `other` for what no version knows. */
export const errorCode = (code: string | null): string => (code !== null && KNOWN.has(code) ? code : "other");
