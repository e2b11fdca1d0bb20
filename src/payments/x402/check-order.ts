import { err, ok, type Result } from "../../result.ts";
import type { GuardPolicy } from "../guard.ts";
import type { PaymentGrant, PaymentOrder, RequestRefusal } from "../rails-api.ts";
import { type Prepared, prepare } from "../send.ts";
import { assetOf, V1_NAMES } from "./assets.ts";
import { X402_LIMITS } from "./limits.ts";
import { paymentNonce } from "./nonce.ts";
import { type DecodedQuote, payable, rereadQuote } from "./quote.ts";

export const SIGNER_REFUSED: RequestRefusal = {
  code: "signer_refused",
  message: "What was to be signed is not what was decided; nothing was signed.",
};

/** What an order consists of once it has been found to say one thing everywhere. */
export interface CheckedOrder {
  readonly request: Prepared;
  readonly quote: DecodedQuote;
}

/**
 * Checks an order against itself before a key is touched: the request through the guard, the option out of the quote, and
 * the grant against both. The object decided; what it decided must still be what is about to be signed. `now` in unix
 * seconds.
 */
export function checkOrder(
  order: PaymentOrder,
  policy: GuardPolicy,
  now: number,
): Result<CheckedOrder, RequestRefusal> {
  const request = prepare(order.request, policy);
  if (!request.ok) return request;
  // Quotes hold the URL as the guard wrote it. Another spelling was not quoted.
  if (request.value.url.href !== order.request.url) return err(SIGNER_REFUSED);
  const { grant } = order;
  if (!Object.hasOwn(V1_NAMES, grant.network) || !isWellFormed(grant, now)) return err(SIGNER_REFUSED);
  if (grant.nonce !== paymentNonce(order.organization_id, order.transaction_id)) return err(SIGNER_REFUSED);
  const quote = rereadQuote(order.quote.version, order.quote.raw);
  const option = quote === null ? null : payable(quote, order.quote.index, grant.network);
  if (quote === null || option === null || !option.ok) return err(SIGNER_REFUSED);
  const { network, asset, amount, pay_to } = option.value;
  const isGranted = network === grant.network && asset === grant.asset && amount === grant.value && pay_to === grant.to;
  return isGranted ? ok({ request: request.value, quote }) : err(SIGNER_REFUSED);
}

const ADDRESS = /^0x[0-9a-f]{40}$/;

/** The clock of the object may be a second ahead of this one. */
function isWellFormed(grant: PaymentGrant, now: number): boolean {
  const { valid_after, valid_before } = grant;
  return (
    grant.asset === assetOf(grant.network).address &&
    ADDRESS.test(grant.from) &&
    ADDRESS.test(grant.to) &&
    Number.isSafeInteger(grant.value) &&
    Number.isSafeInteger(valid_after) &&
    Number.isSafeInteger(valid_before) &&
    valid_after >= 0 &&
    valid_after < now &&
    valid_before > now &&
    valid_before <= now + X402_LIMITS.validitySeconds + 1
  );
}
