import { type CappedBody, readCapped } from "../../../src/payments/guard.ts";
import type { X402Network } from "../../../src/payments/rails-api.ts";
import { X402_LIMITS } from "../../../src/payments/x402/limits.ts";
import { readQuote } from "../../../src/payments/x402/quote.ts";
import { base64, offer, offerV1, quoteV1, quoteV2 } from "../support.ts";

export const SEPOLIA = "eip155:84532";
export const EMPTY: CappedBody = { bytes: new Uint8Array(), truncated: false, ended: "complete" };
export const bodyOf = (value: unknown): Promise<CappedBody> =>
  readCapped(new Response(typeof value === "string" ? value : JSON.stringify(value)), X402_LIMITS.quoteBodyBytes);

export const read = (quote: unknown, network: X402Network = SEPOLIA) => readQuote(base64(quote), EMPTY, network);
export const readBody = async (quote: unknown, network: X402Network = SEPOLIA) =>
  readQuote(null, await bodyOf(quote), network);
export const verdict = (result: Awaited<ReturnType<typeof readBody>>): string => (result.ok ? "ok" : result.error.code);
export const one = (changes: Readonly<Record<string, unknown>>): string => verdict(read(quoteV2([offer(changes)])));
export const oneV1 = async (changes: Readonly<Record<string, unknown>>): Promise<string> =>
  verdict(await readBody(quoteV1([offerV1(changes)])));
export const extra = (changes: Readonly<Record<string, unknown>>) => ({
  extra: { name: "USDC", version: "2", ...changes },
});
