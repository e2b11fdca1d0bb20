import type { Env } from "../../env.ts";
import type { GuardPolicy } from "../guard.ts";

const STRIPE = "https://api.stripe.com";
/** Literal spellings only, and nothing behind the port. */
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost):([1-9]\d{0,4})\/?$/;

/**
 * Where Stripe is asked. Live money goes to Stripe and nowhere else, whatever is configured. For a test organization
 * `STRIPE_API_URL` can name a stand-in on a port of the sandbox. Null: it names something else, and nothing is asked at
 * all, because a key must not go to a place that nobody meant.
 */
export function stripeOrigin(
  env: Pick<Env, "STRIPE_API_URL">,
  mode: "test" | "live",
  policy: GuardPolicy,
): string | null {
  const configured = mode === "test" ? (env.STRIPE_API_URL ?? "") : "";
  if (configured === "") return STRIPE;
  const port = LOOPBACK.exec(configured)?.[1];
  const isOpen = policy.allowLoopback === true && policy.loopbackPorts?.includes(Number(port)) === true;
  return port !== undefined && isOpen ? configured.replace(/\/$/, "") : null;
}
