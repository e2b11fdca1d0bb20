import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from "@x402/core/http";
import type { SellerReceipt } from "../rails-api.ts";
import { X402_LIMITS } from "./limits.ts";
import { isRecord, type RawOption } from "./option.ts";

/** Every code that facilitators send has this shape; a sentence has not. */
const CODE = /^[a-z][a-z0-9_]{0,79}$/;
const HASH = /^0x[0-9a-f]{64}$/;

/**
 * What the seller says of the settlement, for the record; nothing decides by it. Version 2 names it PAYMENT-RESPONSE,
 * version 1 X-PAYMENT-RESPONSE. A second 402 that carries none says in its new quote why the first payment did not do.
 */
export function readReceipt(status: number, headers: Headers): SellerReceipt | null {
  const header = headers.get("payment-response") ?? headers.get("x-payment-response");
  const receipt = decode(header, X402_LIMITS.receiptBytes, decodePaymentResponseHeader);
  if (receipt !== null) {
    if (typeof receipt.success !== "boolean") return null;
    const { success, transaction, errorReason } = receipt;
    return { success, transaction: matching(transaction, HASH), error: matching(errorReason, CODE) };
  }
  if (status !== 402) return null;
  const quote = decode(headers.get("payment-required"), X402_LIMITS.quoteHeaderBytes, decodePaymentRequiredHeader);
  const error = matching(quote?.error, CODE);
  return error === null ? null : { success: false, transaction: null, error };
}

function decode(header: string | null, cap: number, decoder: (header: string) => unknown): RawOption | null {
  if (header === null || header.length > cap) return null;
  try {
    const value = decoder(header);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function matching(value: unknown, shape: RegExp): string | null {
  const text = typeof value === "string" ? value.toLowerCase() : "";
  return shape.test(text) ? text : null;
}
