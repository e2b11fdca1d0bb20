import { WorkerEntrypoint } from "cloudflare:workers";
import { type ApprovalLink, openApprovalToken } from "../approvals/link-token.ts";
import type { Env } from "../env.ts";
import type { Result } from "../result.ts";
import type { CheckoutRails } from "./acp/api.ts";
import { checkoutRails } from "./acp/rails.ts";
import { sendMail } from "./mail/send-mail.ts";
import { guardPolicy } from "./policy.ts";
import type {
  BalanceOrder,
  BalanceOutcome,
  Mail,
  MailOutcome,
  Observation,
  ObserveOrder,
  PaymentOrder,
  PaymentOutcome,
  RailsApi,
  RequestOrder,
  RequestOutcome,
  SealedSigningKey,
  SealedWallet,
  SealedWebhookSecret,
  SignOrder,
  SignOutcome,
  WebhookOrder,
  WebhookOutcome,
} from "./rails-api.ts";
import { request } from "./request.ts";
import type { SealFault } from "./seal.ts";
import type { Outbound } from "./send.ts";
import { createSigningKey, sign } from "./signing-key.ts";
import type { StripeRails } from "./stripe/api.ts";
import { type RailContext, stripeRails } from "./stripe/rails.ts";
import { deliver } from "./webhooks/deliver.ts";
import { createWebhookSecret } from "./webhooks/secret.ts";
import { balanceOf, observe } from "./x402/chain.ts";
import { pay } from "./x402/pay.ts";
import { createWallet, importWallet, reseal } from "./x402/wallet.ts";

/**
 * The network and the signing, with no state and no decision of its own. Reached by the service binding only: no route
 * leads here. It may become a Worker of its own, and then it alone holds the sealing secrets.
 */
export class Rails extends WorkerEntrypoint<Env> implements RailsApi {
  request(order: RequestOrder): Promise<RequestOutcome> {
    return request(order, this.#outbound());
  }

  pay(order: PaymentOrder): Promise<PaymentOutcome> {
    return pay(order, { env: this.env, outbound: this.#outbound(), now: unixSeconds });
  }

  observe({ authorizations }: ObserveOrder): Promise<readonly Observation[]> {
    return observe(authorizations, { env: this.env, outbound: this.#outbound(), now: unixSeconds() });
  }

  async balance({ network, address, organization_id, sealed_key }: BalanceOrder): Promise<BalanceOutcome> {
    const [balance, resealed] = await Promise.all([
      balanceOf(network, address, { env: this.env, outbound: this.#outbound() }),
      reseal(this.env, organization_id, sealed_key),
    ]);
    return { balance, resealed };
  }

  createWallet(organizationId: string): Promise<SealedWallet> {
    return createWallet(this.env, organizationId);
  }

  importWallet(organizationId: string, privateKey: string): Promise<SealedWallet | null> {
    return importWallet(this.env, organizationId, privateKey);
  }

  createWebhookSecret(organizationId: string): Promise<SealedWebhookSecret> {
    return createWebhookSecret(this.env, organizationId);
  }

  deliverWebhook(order: WebhookOrder): Promise<WebhookOutcome> {
    return deliver(order, { env: this.env, outbound: this.#outbound(), now: Date.now });
  }

  openApprovalLink(token: string): Promise<ApprovalLink | null> {
    return openApprovalToken(this.env.SEALING_SECRETS, token);
  }

  sendMail(mail: Mail): Promise<MailOutcome> {
    return sendMail(mail, { env: this.env, outbound: this.#outbound() });
  }

  createSigningKey(organizationId: string): Promise<Result<SealedSigningKey, SealFault>> {
    return createSigningKey(this.env, organizationId);
  }

  sign(order: SignOrder): Promise<Result<SignOutcome, SealFault>> {
    return sign(this.env, order);
  }

  sealStripeKey(...args: Parameters<StripeRails["sealStripeKey"]>) {
    return this.#stripe().sealStripeKey(...args);
  }

  checkStripeCard(...args: Parameters<StripeRails["checkStripeCard"]>) {
    return this.#stripe().checkStripeCard(...args);
  }

  stripeCharge(...args: Parameters<StripeRails["stripeCharge"]>) {
    return this.#stripe().stripeCharge(...args);
  }

  stripeLook(...args: Parameters<StripeRails["stripeLook"]>) {
    return this.#stripe().stripeLook(...args);
  }

  stripeCancel(...args: Parameters<StripeRails["stripeCancel"]>) {
    return this.#stripe().stripeCancel(...args);
  }

  stripeRefund(...args: Parameters<StripeRails["stripeRefund"]>) {
    return this.#stripe().stripeRefund(...args);
  }

  stripeRefunds(...args: Parameters<StripeRails["stripeRefunds"]>) {
    return this.#stripe().stripeRefunds(...args);
  }

  openStripeEvent(...args: Parameters<StripeRails["openStripeEvent"]>) {
    return this.#stripe().openStripeEvent(...args);
  }

  sealHookSecret(...args: Parameters<StripeRails["sealHookSecret"]>) {
    return this.#stripe().sealHookSecret(...args);
  }

  sealMerchant(...args: Parameters<CheckoutRails["sealMerchant"]>) {
    return this.#checkout().sealMerchant(...args);
  }

  checkoutQuote(...args: Parameters<CheckoutRails["checkoutQuote"]>) {
    return this.#checkout().checkoutQuote(...args);
  }

  issueToken(...args: Parameters<CheckoutRails["issueToken"]>) {
    return this.#checkout().issueToken(...args);
  }

  checkoutComplete(...args: Parameters<CheckoutRails["checkoutComplete"]>) {
    return this.#checkout().checkoutComplete(...args);
  }

  checkoutRead(...args: Parameters<CheckoutRails["checkoutRead"]>) {
    return this.#checkout().checkoutRead(...args);
  }

  checkoutCancel(...args: Parameters<CheckoutRails["checkoutCancel"]>) {
    return this.#checkout().checkoutCancel(...args);
  }

  readToken(...args: Parameters<CheckoutRails["readToken"]>) {
    return this.#checkout().readToken(...args);
  }

  revokeToken(...args: Parameters<CheckoutRails["revokeToken"]>) {
    return this.#checkout().revokeToken(...args);
  }

  openMerchantEvent(...args: Parameters<CheckoutRails["openMerchantEvent"]>) {
    return this.#checkout().openMerchantEvent(...args);
  }

  #stripe(): StripeRails {
    return stripeRails(this.#context());
  }

  #checkout(): CheckoutRails {
    return checkoutRails(this.#context());
  }

  #context(): RailContext {
    return { env: this.env, outbound: this.#outbound(), now: Date.now };
  }

  #outbound(): Outbound {
    return { fetch: (url, init) => fetch(url, init), policy: guardPolicy(this.env) };
  }
}

const unixSeconds = (): number => Math.floor(Date.now() / 1000);
