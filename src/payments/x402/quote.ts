import { decodePaymentRequiredHeader } from "@x402/core/http";
import { parsePaymentRequired } from "@x402/core/schemas";
import { nestsTooDeep } from "../../edge/json-body.ts";
import { err, ok, type Result } from "../../result.ts";
import type { CappedBody } from "../guard.ts";
import type { PayableOption, Quote, X402Network } from "../rails-api.ts";
import { X402_LIMITS } from "./limits.ts";
import { offeredWords } from "./offered.ts";
import { isRecord, judgeOption, type OptionFault, type RawOption } from "./option.ts";

export interface QuoteFault {
  readonly code: "malformed_402" | "response_too_large" | "no_payable_option";
  readonly message: string;
}

/** A quote in the shape of its version, with everything that the server wrote, also what the schemas do not know. */
export interface DecodedQuote {
  readonly version: 1 | 2;
  readonly text: string;
  readonly value: RawOption;
  readonly accepts: readonly RawOption[];
}

/**
 * Reads a 402: version 2 stands in the header PAYMENT-REQUIRED, version 1 in the body (x402.md section 1). A header that
 * is there wins, also a broken one, so that what is judged and what is signed cannot be two different quotes.
 */
export function readQuote(
  header: string | null,
  body: CappedBody,
  network: X402Network,
  contentType: string | null = null,
): Result<Quote, QuoteFault> {
  // Sellers of version 1 answer what looks like a browser with a page for people instead of a quote.
  const isPage = /^text\/html\b/i.test(contentType ?? "");
  const decoded = header !== null ? fromHeader(header) : isPage ? err(FOR_PEOPLE) : fromBody(body);
  if (!decoded.ok) return decoded;
  const { version, text, accepts } = decoded.value;
  const options: PayableOption[] = [];
  const refused: { option: RawOption; fault: OptionFault }[] = [];
  for (const [index, option] of accepts.entries()) {
    const judged = payable(decoded.value, index, network);
    if (judged.ok) options.push(judged.value);
    else refused.push({ option, fault: judged.error });
  }
  if (options.length === 0) return err({ code: "no_payable_option", message: offeredWords(refused, network) });
  return ok({ version, options: cheapestFirst(options), raw: text });
}

/** The quote that `readQuote` handed out, read again by the one who signs. Null: it is not one. */
export function rereadQuote(version: 1 | 2, raw: string): DecodedQuote | null {
  const decoded = parse(() => raw, version);
  return decoded.ok ? decoded.value : null;
}

/** One option, together with what a payment for it would have to echo. */
export function payable(
  { version, value, accepts }: DecodedQuote,
  index: number,
  network: X402Network,
): Result<PayableOption, OptionFault> {
  const option = accepts[index];
  if (option === undefined) return err("scheme");
  const judged = judgeOption(version, option, index, network);
  if (!judged.ok || version === 1) return judged;
  const echo = JSON.stringify([value.resource, option, value.extensions]);
  return byteLength(echo) > X402_LIMITS.echoBytes ? err("size") : judged;
}

function fromHeader(header: string): Result<DecodedQuote, QuoteFault> {
  if (header.length > X402_LIMITS.quoteHeaderBytes) return err(TOO_LARGE);
  return parse(() => JSON.stringify(decodePaymentRequiredHeader(header)), 2);
}

function fromBody({ bytes, ended }: CappedBody): Result<DecodedQuote, QuoteFault> {
  if (ended === "cap") return err(TOO_LARGE);
  if (ended !== "complete") return err(MALFORMED);
  return parse(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes), 1);
}

/**
 * Checked with the package's own schemas and kept as it was sent: the schemas drop what they do not know, and a server
 * takes back only the very option that it made (measured, x402.md section 1).
 */
function parse(read: () => string, version: 1 | 2): Result<DecodedQuote, QuoteFault> {
  try {
    const text = read();
    if (byteLength(text) > X402_LIMITS.quoteBodyBytes) return err(TOO_LARGE);
    if (nestsTooDeep(text, X402_LIMITS.quoteDepth)) return err(MALFORMED);
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value.x402Version !== version || !Array.isArray(value.accepts)) return err(MALFORMED);
    if (value.accepts.length > X402_LIMITS.options || !parsePaymentRequired(value).success) return err(MALFORMED);
    return ok({ version, text, value, accepts: value.accepts });
  } catch {
    return err(MALFORMED);
  }
}

/** Offers that ask the same are one offer. Equal amounts stay in the server's order. */
function cheapestFirst(options: readonly PayableOption[]): readonly PayableOption[] {
  const distinct = new Map<string, PayableOption>();
  for (const option of options) {
    const key = `${option.amount} ${option.pay_to}`;
    if (!distinct.has(key)) distinct.set(key, option);
  }
  return [...distinct.values()].sort((a, b) => a.amount - b.amount).slice(0, X402_LIMITS.maxOptions);
}

const byteLength = (text: string): number => Buffer.byteLength(text, "utf8");

const TOO_LARGE: QuoteFault = {
  code: "response_too_large",
  message: "The server's demand for payment is larger than a quote may be. Use another service.",
};
const FOR_PEOPLE: QuoteFault = {
  code: "malformed_402",
  message:
    "The server asks for payment with a page for browsers instead of an x402 quote. A call without Accept: text/html and without a browser's User-Agent may get one.",
};
const MALFORMED: QuoteFault = {
  code: "malformed_402",
  message: "The server asks for payment, but not with an x402 quote that can be read. Use another service.",
};
