import type { ApprovalLink } from "../approvals/link-token.ts";
import type { Result } from "../result.ts";
import type { CheckoutRails } from "./acp/api.ts";
import type { SealFault } from "./seal.ts";
import type { StripeRails } from "./stripe/api.ts";

/**
 * The contract between the Organization object, which decides and records, and Rails, which does the network and the
 * signing in a stateless entrypoint. Plain data only. Types only: what imports this reaches no signing code.
 */
export interface RailsApi extends StripeRails, CheckoutRails {
  /** Sends one request that pays nothing. Redirects within the origin are followed; one that leaves it is handed back. */
  request(order: RequestOrder): Promise<RequestOutcome>;
  /**
   * Signs exactly what the grant says, or nothing; sends the request once with it; reads the answer, and the chain once.
   * Never throws for what a seller or a chain does.
   */
  pay(order: PaymentOrder): Promise<PaymentOutcome>;
  /** What the chain says of authorizations that were signed. One answer per entry, in their order. Never throws. */
  observe(order: ObserveOrder): Promise<readonly Observation[]>;
  /** Null when no RPC endpoint answered. `resealed` when the wallet was sealed with an older secret. */
  balance(order: BalanceOrder): Promise<BalanceOutcome>;
  /** A fresh key, sealed. */
  createWallet(organizationId: string): Promise<SealedWallet>;
  /** `private_key`: 0x and 64 hex digits. Null: not a valid key. */
  importWallet(organizationId: string, privateKey: string): Promise<SealedWallet | null>;
  /** A fresh secret of a webhook endpoint, as its receiver needs it, and sealed. */
  createWebhookSecret(organizationId: string): Promise<SealedWebhookSecret>;
  /** Signs one message and sends it once. Never throws for what a receiver does. */
  deliverWebhook(order: WebhookOrder): Promise<WebhookOutcome>;
  /** What the token of a one-time approval link names; null for one that this deployment did not make. */
  openApprovalLink(token: string): Promise<ApprovalLink | null>;
  /** Hands one mail to the mail service. Never throws for what the service does. */
  sendMail(mail: Mail): Promise<MailOutcome>;
  /** A fresh key for the organization's statements, its private half sealed. */
  createSigningKey(organizationId: string): Promise<Result<SealedSigningKey, SealFault>>;
  /** Signs statements of the audit proof; one signature per statement, in their order. */
  sign(order: SignOrder): Promise<Result<SignOutcome, SealFault>>;
}

/** CAIP-2 ids of the networks that are paid on: Base for live organizations, Base Sepolia for test ones. */
export type X402Network = "eip155:8453" | "eip155:84532";

export interface HttpRequest {
  /** Judged again by the guard. */
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface RequestOrder {
  readonly request: HttpRequest;
  /** Quotes for any other network are no payable option. */
  readonly network: X402Network;
  /** Redirects that this fetch has followed already, on earlier calls. */
  readonly hops: number;
}

/** What a server answered, capped. Everything in it is the server's word. */
export interface HttpAnswer {
  /** The URL that answered: after redirects not always the one that was asked. Without its fragment. */
  readonly url: string;
  readonly status: number;
  /** A short list of harmless ones, lower case, cleaned and cut. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly encoding: "text" | "base64";
    readonly data: string;
    /** Decoded bytes that were read. */
    readonly bytes: number;
    readonly truncated: boolean;
  };
}

/** `code` is a guard reason, or `timeout`, `no_answer`, `response_headers_too_large`. The message is our own text. */
export interface RequestRefusal {
  readonly code: string;
  readonly message: string;
}

export type RequestOutcome =
  | { readonly kind: "refused"; readonly refusal: RequestRefusal }
  | { readonly kind: "answer"; readonly answer: HttpAnswer }
  /** To another origin: the object judges that host before anything is sent there. `request` is ready to be sent. */
  | { readonly kind: "redirect"; readonly answer: HttpAnswer; readonly request: HttpRequest; readonly hops: number }
  | { readonly kind: "quote"; readonly answer: HttpAnswer; readonly request: HttpRequest; readonly quote: Quote }
  /** A 402 that looks like x402 and cannot be used. */
  | {
      readonly kind: "bad_quote";
      readonly answer: HttpAnswer;
      readonly code: "malformed_402" | "response_too_large" | "no_payable_option";
      readonly message: string;
    };

/** A 402 that was read and checked. */
export interface Quote {
  readonly version: 1 | 2;
  /** At least one; cheapest first, at most `maxOptions`, each with another amount or payee. */
  readonly options: readonly PayableOption[];
  /** The quote as the server sent it, decoded: what is echoed in the payment. JSON text. */
  readonly raw: string;
}

/** One offer that this service can pay, in its own words: network and asset come from our table, not from the offer. */
export interface PayableOption {
  /** Place in `accepts` of the quote. */
  readonly index: number;
  readonly network: X402Network;
  /** Lower-case address of the token. */
  readonly asset: string;
  /** Micros of USDC, which are its atomic units. */
  readonly amount: number;
  /** Lower-case address. */
  readonly pay_to: string;
  /** How long a signature for it is valid, seconds: the server's wish, clamped. */
  readonly validity_seconds: number;
}

/** Everything that is signed: EIP-3009 `TransferWithAuthorization` in the domain of a token of our table. */
export interface PaymentGrant {
  readonly network: X402Network;
  /** Lower-case addresses. */
  readonly asset: string;
  readonly from: string;
  readonly to: string;
  /** Atomic units = micros. */
  readonly value: number;
  /** Unix seconds. */
  readonly valid_after: number;
  readonly valid_before: number;
  /** 0x and 64 hex digits: `paymentNonce(organization, transaction)`. */
  readonly nonce: string;
}

export interface PaymentOrder {
  readonly organization_id: string;
  readonly transaction_id: string;
  readonly sealed_key: string;
  readonly grant: PaymentGrant;
  readonly quote: { readonly version: 1 | 2; readonly raw: string; readonly index: number };
  /** The request that was quoted. */
  readonly request: HttpRequest;
}

export interface PaymentOutcome {
  /** False: nothing was signed and nothing was sent, for the reason in `refusal`. */
  readonly signed: boolean;
  readonly refusal: RequestRefusal | null;
  /** Null: no answer came in time, or the connection broke. */
  readonly answer: HttpAnswer | null;
  /** What the seller says about the settlement; kept, never believed. */
  readonly receipt: SellerReceipt | null;
  readonly observation: Observation;
  /** The key sealed with the current secret, where it was sealed with an older one. */
  readonly resealed: string | null;
}

export interface SellerReceipt {
  readonly success: boolean;
  /** Cleaned and cut. */
  readonly transaction: string | null;
  readonly error: string | null;
}

export interface SignedAuthorization {
  readonly network: X402Network;
  readonly asset: string;
  readonly from: string;
  readonly nonce: string;
  /** Unix seconds. */
  readonly valid_after: number;
  readonly valid_before: number;
  /** When it was signed, unix seconds: bounds the search for the event. */
  readonly signed_at: number;
}

export interface ObserveOrder {
  readonly authorizations: readonly SignedAuthorization[];
}

/**
 * `used`: the nonce is used at the head of the chain. `unused`: not yet. `expired`: a `safe` or `finalized` block at or
 * after `valid_before` has it unused, so it can never be used any more. `unreadable`: no endpoint gave one whole view.
 */
export type Observation =
  | { readonly state: "used"; readonly transaction_hash: string | null; readonly block: ChainBlock }
  | { readonly state: "unused"; readonly block: ChainBlock }
  | { readonly state: "expired"; readonly block: ChainBlock }
  | { readonly state: "unreadable" };

export interface ChainBlock {
  readonly number: number;
  readonly hash: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

export interface BalanceOrder {
  readonly organization_id: string;
  readonly network: X402Network;
  readonly address: string;
  readonly sealed_key: string;
}
export interface BalanceOutcome {
  /** Micros of USDC. */
  readonly balance: number | null;
  readonly resealed: string | null;
}

export interface SealedWallet {
  /** Lower-case address. */
  readonly address: string;
  readonly sealed_key: string;
}

export interface SealedWebhookSecret {
  /** `whsec_…`: shown once by the edge, kept nowhere. */
  readonly secret: string;
  readonly sealed_secret: string;
}

export interface WebhookOrder {
  readonly organization_id: string;
  /** Judged again by the guard. */
  readonly url: string;
  /** `webhook-id`. */
  readonly message_id: string;
  /** The exact text, unless a link is added. */
  readonly body: string;
  /** One, or two during a rotation; the current one first. */
  readonly sealed_secrets: readonly string[];
  /** Where the body gets a link that decides this approval; made right before signing. */
  readonly approval_link: ApprovalLink | null;
}

export interface WebhookOutcome {
  /** Null: no answer. */
  readonly status: number | null;
  readonly ms: number | null;
  /** Why there is no answer, or none that counts: a guard reason, `timeout`, `no_answer`, `redirect` and the like. */
  readonly error: string | null;
  /** The first bytes of the answer, cleaned: the receiver's word, for people only. */
  readonly excerpt: string | null;
  readonly retry_after_ms: number | null;
  /** Secrets that an older secret had sealed, sealed again. */
  readonly resealed: readonly { readonly from: string; readonly to: string }[];
}

/** One mail to one person. It may hold a link that carries authority, so no part of it is ever logged. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}
/** `not_configured`: this deployment sends no mail. `failed`: the service did not take it. */
export type MailOutcome = { readonly sent: true } | { readonly sent: false; readonly why: "not_configured" | "failed" };

/** The public half of an Ed25519 key: RFC 8037, the members that the thumbprint covers. */
export interface PublicSigningJwk {
  readonly crv: "Ed25519";
  readonly kty: "OKP";
  /** 32 bytes, base64url. */
  readonly x: string;
}

export interface SealedSigningKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly public_jwk: PublicSigningJwk;
  readonly sealed_key: string;
}

export interface SignOrder {
  readonly organization_id: string;
  readonly sealed_key: string;
  readonly statements: readonly Statement[];
}

/** What the organization says under its signature. */
export interface Statement {
  readonly typ: "quetra-checkpoint+jwt" | "quetra-export+jwt" | "quetra-mandate+jwt" | "quetra-receipt+jwt";
  /** Canonical JSON; its `iss` is the organization. */
  readonly payload: string;
}

export interface SignOutcome {
  readonly kid: string;
  /** JWS in compact serialization. */
  readonly signatures: readonly string[];
  /** The key under the current secret, where it was sealed with an older one. */
  readonly resealed: string | null;
}
