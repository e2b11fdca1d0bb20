import { x402Client } from "@x402/core/client";
import { encodePaymentSignatureHeader } from "@x402/core/http";
import type { PaymentOrder } from "../rails-api.ts";
import { V1_NAMES } from "./assets.ts";
import { isRecord } from "./option.ts";
import type { DecodedQuote } from "./quote.ts";
import { exactScheme } from "./scheme.ts";
import { oneShotSigner, type SigningAccount } from "./signer.ts";

export interface PaymentHeader {
  readonly name: "PAYMENT-SIGNATURE" | "X-PAYMENT";
  readonly value: string;
}

type PaymentRequired = Parameters<x402Client["createPaymentPayload"]>[0];
type Extension = Parameters<x402Client["registerExtension"]>[0];

/** Extension "payment-identifier": the server answers the same id and payment with the same answer. */
const PAYMENT_IDENTIFIER = "payment-identifier";
const PAYMENT_ID = /^[A-Za-z0-9_-]{16,128}$/;

/**
 * The header that pays for the option of a checked order, or null where anything on the way refused. The client sees the
 * chosen option only, so there is nothing for it to select; its own spend controls are off, because the grant is the only
 * truth and the signer holds to it.
 */
export async function signPayment(
  { grant, quote: { version, index }, transaction_id }: PaymentOrder,
  quote: DecodedQuote,
  account: SigningAccount,
): Promise<PaymentHeader | null> {
  const scheme = exactScheme(oneShotSigner(account, grant), grant);
  const client = new x402Client().setSpendControls(false);
  if (version === 1) client.registerV1(V1_NAMES[grant.network], scheme);
  else client.register(grant.network, scheme).registerExtension(paymentIdentifier(transaction_id));
  try {
    const required = { ...quote.value, accepts: [quote.accepts[index]] } as unknown as PaymentRequired;
    const payload = await client.createPaymentPayload(required);
    const name = version === 1 ? "X-PAYMENT" : "PAYMENT-SIGNATURE";
    return { name, value: encodePaymentSignatureHeader(payload) };
  } catch {
    // The texts of these errors hold what the server sent.
    return null;
  }
}

/** Adds our id where the server offers the extension; what the server wrote beside it stays, or it refuses the echo. */
const paymentIdentifier = (id: string): Extension => ({
  key: PAYMENT_IDENTIFIER,
  async enrichPaymentPayload(payload, { extensions }) {
    const offered = isRecord(extensions) ? extensions[PAYMENT_IDENTIFIER] : undefined;
    if (!isRecord(offered) || !isRecord(offered.info) || typeof offered.info.required !== "boolean") return payload;
    if (!PAYMENT_ID.test(id)) return payload;
    const added = { ...offered, info: { ...offered.info, id } };
    return { ...payload, extensions: { ...payload.extensions, [PAYMENT_IDENTIFIER]: added } };
  },
});
