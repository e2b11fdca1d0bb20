import Stripe from "stripe";
import StripePreview from "stripe-preview";
import { afterEach } from "vitest";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { startStripe } from "../../sandbox/stripe/index.mjs";

export interface StandIn {
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
  /** With a body it posts. */
  // biome-ignore lint/suspicious/noExplicitAny: what an oracle reads is looked at member by member
  readonly control: (name: string, body?: unknown) => Promise<any>;
}

export const ORG = "sk_test_org_sandbox";
export const SELLER = "sk_test_seller_sandbox";
export const PROFILE = "profile_test_sandbox_merchant";

const running = new Set<StandIn>();
afterEach(async () => {
  await Promise.all([...running].map(({ stop }) => stop()));
});

/** A stand-in that ends with the test. */
export async function standIn(settings: Record<string, unknown> = {}): Promise<StandIn> {
  const started: StandIn = await startStripe({ settings });
  const stop = async () => {
    if (running.delete(ended)) await started.stop();
  };
  const ended = { ...started, stop };
  running.add(ended);
  return ended;
}

const options = (port: number) =>
  ({ host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false, timeout: 5_000 }) as const;

/** The real library. Its fetch client sends each request once; the one for Node tries a closed connection again. */
export const sdk = ({ port }: StandIn, key = ORG): Stripe =>
  new Stripe(key, { ...options(port), httpClient: Stripe.createFetchHttpClient() });

export const previewSdk = ({ port }: StandIn, key = ORG): StripePreview =>
  new StripePreview(key, { ...options(port), httpClient: StripePreview.createFetchHttpClient() });

/** What Quetra asks for. */
export const charge = (more: Partial<Stripe.PaymentIntentCreateParams> = {}): Stripe.PaymentIntentCreateParams => ({
  amount: 2_500,
  currency: "usd",
  customer: "cus_sandbox_acme",
  payment_method: "pm_card_visa",
  confirm: true,
  off_session: true,
  error_on_requires_action: true,
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  metadata: { quetra_transaction: "txn_1" },
  ...more,
});

/** The refusal that the library makes of an answer. */
export async function refusal(promise: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  try {
    await promise;
  } catch (error) {
    return error as Stripe.errors.StripeError;
  }
  throw new Error("It was not refused.");
}
