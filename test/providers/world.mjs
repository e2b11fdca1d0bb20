/**
 * The world of the providers' tests: a Stripe stand-in, a merchant, one merchant for each release of its protocol, and somebody
 * who catches their webhooks.
 */
import { ACCOUNTS } from "../../sandbox/accounts.mjs";
import { VERSIONS } from "../../sandbox/acp/contract.mjs";
import { startMerchant } from "../../sandbox/acp/index.mjs";
import { startProviders } from "../../sandbox/providers.mjs";
import { startCatcher } from "./catcher.mjs";
import { ports } from "./ports.mjs";

/** Vitest's global setup: runs only when a test of the project is in the run. */
export default async function setup(project) {
  const chosen = await ports();
  const catcher = await startCatcher(chosen.catcher);
  // One time for all of them.
  const { now } = catcher;
  const { stripe, stop } = await startProviders({ stripePort: chosen.stripe, merchantPort: chosen.merchant, now });
  const { sellerKey, sellerProfile } = ACCOUNTS;
  const shop = { stripeUrl: stripe.url, sellerKey, sellerProfile, now };
  const others = await Promise.all(
    VERSIONS.map((version) => startMerchant({ ...shop, port: chosen[version], versions: [version] })),
  );
  project.provide(
    "providers",
    Object.fromEntries(Object.entries(chosen).map(([name, port]) => [name, `http://127.0.0.1:${port}`])),
  );
  return async () => {
    await Promise.all([...others.map((other) => other.stop()), stop(), catcher.stop()]);
  };
}
