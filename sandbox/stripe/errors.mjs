/** Refusals in the words and shape of Stripe: `{ error: { type, code, param, message } }`. */

export class StripeRefusal extends Error {
  /**
   * @param {number} status HTTP status
   * @param {Record<string, unknown>} error What stands under `error`; members that are undefined are left out.
   * @param {Record<string, string>} [headers]
   */
  constructor(status, error, headers = {}) {
    super(String(error.message));
    this.status = status;
    this.error = error;
    this.headers = headers;
  }
}

/** 400 `invalid_request_error`. */
export const invalid = (code, message, param, more = {}) =>
  new StripeRefusal(400, { type: "invalid_request_error", code, message, param, ...more });

export const missing = (param) => invalid("parameter_missing", `Missing required param: ${param}.`, param);

export const unknownParameter = (param) => invalid("parameter_unknown", `Received unknown parameter: ${param}`, param);

/** An id that this account does not have: 404 for the object in the path, 400 for one in a parameter. */
export const noSuch = (kind, id, param) =>
  new StripeRefusal(param === "id" ? 404 : 400, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${kind}: '${id}'`,
    param,
  });

export const serverError = () =>
  new StripeRefusal(500, { type: "api_error", message: "An unknown error occurred. (Sandbox: on purpose.)" });

export const rateLimited = () =>
  new StripeRefusal(
    429,
    { type: "invalid_request_error", code: "rate_limit", message: "Too many requests made to the API too quickly." },
    { "retry-after": "1" },
  );

export const lockTimeout = () =>
  new StripeRefusal(409, {
    type: "invalid_request_error",
    code: "lock_timeout",
    message: "This object cannot be accessed right now because another API request is accessing it.",
  });

export const keyInUse = () =>
  new StripeRefusal(409, {
    type: "idempotency_error",
    code: "idempotency_key_in_use",
    message: "There is currently another in-progress request using this Idempotent Key.",
  });

export const keyReused = (key, what) =>
  new StripeRefusal(400, {
    type: "idempotency_error",
    message: `Keys for idempotent requests can only be used with the same ${what} they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  });
