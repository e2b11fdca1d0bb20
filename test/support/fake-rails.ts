import { runInDurableObject } from "cloudflare:test";
import type {
  HttpAnswer,
  Observation,
  ObserveOrder,
  PayableOption,
  PaymentOrder,
  PaymentOutcome,
  RailsApi,
  RequestOrder,
  RequestOutcome,
} from "../../src/payments/rails-api.ts";
import { assetOf } from "../../src/payments/x402/assets.ts";
import { ok } from "../../src/result.ts";
import { type Json, sql, type TestOrganization, tool } from "./service.ts";

/** A scripted way out: what a seller and a chain would have made of it. For what the object alone decides. */
const unscripted = async (): Promise<never> => {
  throw new Error("this call of Rails was not scripted");
};

export class FakeRails implements RailsApi {
  readonly asked: RequestOrder[] = [];
  readonly paid: PaymentOrder[] = [];
  readonly looked: ObserveOrder[] = [];
  /** The next answers to unpaid requests; the last one stays. */
  answers: RequestOutcome[] = [quoted(0.01)];
  /** What becomes of a paid request. */
  payment: (order: PaymentOrder) => PaymentOutcome | Promise<PaymentOutcome> = () => delivered();
  observation: Observation = { state: "unreadable" };
  wallet = 5_000_000;

  async request(order: RequestOrder): Promise<RequestOutcome> {
    this.asked.push(order);
    const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (next === undefined) throw new Error("no answer was scripted");
    return next;
  }
  async pay(order: PaymentOrder): Promise<PaymentOutcome> {
    this.paid.push(order);
    return this.payment(order);
  }
  async observe(order: ObserveOrder): Promise<readonly Observation[]> {
    this.looked.push(order);
    return order.authorizations.map(() => this.observation);
  }
  sealStripeKey: RailsApi["sealStripeKey"] = unscripted;
  checkStripeCard: RailsApi["checkStripeCard"] = async () => ok(null);
  stripeCharge: RailsApi["stripeCharge"] = unscripted;
  stripeLook: RailsApi["stripeLook"] = unscripted;
  stripeCancel: RailsApi["stripeCancel"] = unscripted;
  stripeRefund: RailsApi["stripeRefund"] = unscripted;
  stripeRefunds: RailsApi["stripeRefunds"] = unscripted;
  openStripeEvent: RailsApi["openStripeEvent"] = async () => null;
  sealHookSecret: RailsApi["sealHookSecret"] = async () => "v1.s1.fake";
  sealMerchant: RailsApi["sealMerchant"] = unscripted;
  checkoutQuote: RailsApi["checkoutQuote"] = unscripted;
  issueToken: RailsApi["issueToken"] = unscripted;
  checkoutComplete: RailsApi["checkoutComplete"] = unscripted;
  checkoutRead: RailsApi["checkoutRead"] = unscripted;
  checkoutCancel: RailsApi["checkoutCancel"] = unscripted;
  readToken: RailsApi["readToken"] = unscripted;
  revokeToken: RailsApi["revokeToken"] = unscripted;
  openMerchantEvent: RailsApi["openMerchantEvent"] = async () => null;
  balance = async () => ({ balance: this.wallet, resealed: null });
  createWallet = async () => ({ address: `0x${"11".repeat(20)}`, sealed_key: "v1.s1.fake" });
  importWallet = this.createWallet;
  createWebhookSecret = async () => ({ secret: "whsec_fake", sealed_secret: "v1.s1.fake" });
  deliverWebhook = async () => ({
    status: 200,
    ms: 1,
    error: null,
    excerpt: null,
    retry_after_ms: null,
    resealed: [],
  });
  openApprovalLink = async () => null;
  sendMail: RailsApi["sendMail"] = async () => ({ sent: true });
  createSigningKey: RailsApi["createSigningKey"] = async () =>
    ok({ kid: "k".repeat(43), public_jwk: { crv: "Ed25519", kty: "OKP", x: "x" }, sealed_key: "v1.s1.fake" });
  sign: RailsApi["sign"] = async ({ statements }) =>
    ok({ kid: "k".repeat(43), signatures: statements.map(() => "a.b.c"), resealed: null });
}

export const HOST = "api.example.com";
export const URL_OF_API = `https://${HOST}/weather?city=Ljubljana`;
export const PAYEE = `0x${"aa".repeat(20)}`;
const NETWORK = "eip155:84532";

export const block = (timestamp = 1_800_000_000) => ({ number: 7, hash: `0x${"b1".repeat(32)}`, timestamp });
export const USED: Observation = { state: "used", transaction_hash: `0x${"cd".repeat(32)}`, block: block() };
export const UNUSED: Observation = { state: "unused", block: block() };
export const EXPIRED: Observation = { state: "expired", block: block() };

export const answered = (status: number, text: string, url = URL_OF_API): HttpAnswer => ({
  url,
  status,
  headers: { "content-type": "text/plain" },
  body: { encoding: "text", data: text, bytes: text.length, truncated: false },
});

export const offer = (amount: number, pay_to = PAYEE, index = 0): PayableOption => ({
  index,
  network: NETWORK,
  asset: assetOf(NETWORK).address,
  amount: Math.round(amount * 1e6),
  pay_to,
  validity_seconds: 60,
});

export const quoted = (...offers: (number | PayableOption)[]): RequestOutcome => ({
  kind: "quote",
  answer: answered(402, "pay"),
  request: { url: URL_OF_API, method: "GET", headers: {}, body: null },
  quote: {
    version: 2,
    options: offers.map((one, index) => (typeof one === "number" ? offer(one, PAYEE, index) : one)),
    raw: "{}",
  },
});

export const delivered = (observation: Observation = USED, status = 200): PaymentOutcome => ({
  signed: true,
  refusal: null,
  answer: answered(status, status < 400 ? "sunny\n12 °C" : "sorry"),
  receipt: { success: true, transaction: `0x${"ee".repeat(32)}`, error: null },
  observation,
  resealed: null,
});

/** Puts the scripted way out into the object, and a wallet. */
export async function useRails(organization: TestOrganization, rails = new FakeRails()): Promise<FakeRails> {
  await runInDurableObject(organization.stub, (instance) => {
    const object = instance as unknown as { env: object };
    object.env = { ...object.env, RAILS: rails };
  });
  await sql(
    organization,
    `INSERT INTO wallets (id, network, address, sealed_key, source, active, balance, balance_at, created_at)
     VALUES ('wal_1', ?, ?, 'v1.s1.fake', 'created', 1, ?, ?, 0)`,
    NETWORK,
    `0x${"11".repeat(20)}`,
    rails.wallet,
    Date.now(),
  );
  return rails;
}

export const fetchTool = (
  organization: TestOrganization,
  agent: string,
  args: Record<string, unknown>,
): Promise<Json> => tool(organization.spend, "quetra_fetch", { agent_id: agent, url: URL_OF_API, ...args });
