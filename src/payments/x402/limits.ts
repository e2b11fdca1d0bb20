/** Bounds of the x402 rail; each is tested at N and N + 1. Sizes in bytes, durations in seconds unless named otherwise. */
export const X402_LIMITS = {
  /** A quote in the PAYMENT-REQUIRED header, as sent. */
  quoteHeaderBytes: 16 * 1024,
  /** A quote in the body. */
  quoteBodyBytes: 64 * 1024,
  /** Of a quote: no server needs more, and what walks it must not run out of stack. */
  quoteDepth: 32,
  options: 32,
  /** What a payment echoes of the quote, JSON. Servers take 16 KB of headers in all, and base64 adds a third. */
  echoBytes: 10 * 1024,
  /** Options that are judged, after those that ask the same are dropped. */
  maxOptions: 8,
  /** A signature is a cheque until it expires. */
  validitySeconds: 120,
  /** A facilitator wants 6 s after it has verified; less than this cannot be paid. */
  minValiditySeconds: 10,
  receiptBytes: 8 * 1024,
  /** For all that one RPC endpoint is asked in one look, in ms. */
  rpcMs: 2_000,
  rpcAnswerBytes: 256 * 1024,
  rpcEndpoints: 4,
  /** Blocks that are searched for the event of a payment. */
  logBlocks: 2_000,
  /** A head older than this is that of a node that stands still. */
  staleHeadSeconds: 60,
  /** So long after its validity one endpoint's older head keeps an authorization that another one calls expired. */
  contradictionSeconds: 3_600,
  /** Authorizations in one look at the chain. */
  observed: 20,
} as const;
