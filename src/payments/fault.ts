import type { Env } from "../env.ts";

/**
 * In the order in which a payment passes them: `after_intent`, `after_token` and the last two in the object, the others in
 * Rails.
 */
export type FaultPoint =
  | "after_intent"
  | "after_sign"
  | "after_token"
  | "before_send"
  | "after_send"
  | "after_observe"
  | "before_record"
  | "after_record";

/**
 * Test only: tells the crash harness that this point is reached, and waits while it decides whether the process lives.
 * Outside tests the variable does not exist and nothing happens.
 */
export async function faultPoint(env: Pick<Env, "TEST_FAULT_URL">, point: FaultPoint): Promise<void> {
  if (env.TEST_FAULT_URL === undefined || env.TEST_FAULT_URL === "") return;
  try {
    const response = await fetch(`${env.TEST_FAULT_URL}?point=${point}`);
    await response.body?.cancel();
  } catch {
    // A harness that is gone is no reason to fail a payment.
  }
}
