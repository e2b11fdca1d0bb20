import type { Work } from "../work.ts";
import { type ChargeRow, chargeOf } from "./journal.ts";
import { activeStripeKey } from "./keys.ts";

/** The terms and the outcome of a charge, for every edge. */
export function chargeFacts(work: Work, transactionId: string): Readonly<Record<string, string>> | null {
  const charge = chargeOf(work, transactionId);
  if (charge === undefined) return null;
  const { profile_name, profile_version, payment_intent, outcome } = charge;
  return {
    profile: profile_name,
    profile_version: String(profile_version),
    ...(payment_intent === null ? {} : { payment_intent }),
    ...(outcome === null ? {} : { outcome }),
    ...(outcome === "simulated" || wouldSimulate(work, charge) ? { simulated: "true" } : {}),
  };
}

/** Whoever approves a charge is told whether it would move money; a key that comes meanwhile has them asked again. */
const wouldSimulate = (work: Work, charge: ChargeRow): boolean =>
  charge.sent_at === null &&
  charge.outcome === null &&
  work.organization.mode === "test" &&
  activeStripeKey(work) === undefined;
