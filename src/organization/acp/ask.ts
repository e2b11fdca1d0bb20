import { keylessErrorFields, log } from "../../edge/log.ts";
import type {
  CheckoutCompleteOrder,
  CheckoutRails,
  CheckoutSeen,
  CheckoutSessionOrder,
  TokenHandle,
  TokenIssued,
  TokenOrder,
  TokenSeen,
} from "../../payments/acp/api.ts";
import { withDeadline } from "../deadline.ts";

/** Rails with a deadline. What does not come back, or throws, is `unclear`: it may have happened. */
export interface Asking {
  readonly issue: (order: TokenOrder) => Promise<TokenIssued>;
  readonly complete: (order: CheckoutCompleteOrder) => Promise<CheckoutSeen>;
  readonly read: (order: CheckoutSessionOrder) => Promise<CheckoutSeen>;
  readonly cancel: (order: CheckoutSessionOrder) => Promise<CheckoutSeen>;
  readonly token: (handle: TokenHandle) => Promise<TokenSeen>;
  readonly revoke: (handle: TokenHandle) => Promise<TokenSeen>;
}

/** @param ms For each call. Rails keeps to less by itself; this is for one that does not come back at all. */
export const askingWithin = (rails: CheckoutRails, ms: number): Asking => ({
  issue: (order) => heard("token_not_issued", ms, () => rails.issueToken(order)),
  complete: (order) => heard("checkout_not_completed", ms, () => rails.checkoutComplete(order)),
  read: (order) => heard("checkout_not_read", ms, () => rails.checkoutRead(order)),
  cancel: (order) => heard("checkout_not_canceled", ms, () => rails.checkoutCancel(order)),
  token: (handle) => heard("token_not_read", ms, () => rails.readToken(handle)),
  revoke: (handle) => heard("token_not_revoked", ms, () => rails.revokeToken(handle)),
});

const NO_ANSWER = { kind: "unclear", why: "no_answer" } as const;

async function heard<T>(event: string, ms: number, call: () => Promise<T>): Promise<T | typeof NO_ANSWER> {
  try {
    return await withDeadline(call(), ms);
  } catch (error) {
    log("error", event, keylessErrorFields(error));
    return NO_ANSWER;
  }
}
