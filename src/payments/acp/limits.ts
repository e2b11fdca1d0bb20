/** Bounds of what is said to merchants and read of them; each is tested at N and N + 1. Durations in ms. */
export const ACP_LIMITS = {
  /** Of a merchant's bearer, printable ASCII. What is shorter than the least could be guessed by its last four. */
  bearerChars: 1_000,
  bearerCharsLeast: 12,
  /** Updates after the session was created, until it can be paid. */
  updates: 3,
  /** For a quote as a whole, its cancellation apart. */
  quoteMs: 30_000,
  cancelMs: 5_000,
  /** Line items of one request: from 2026-01-30 on, two of one are two entries. The same number is read of a session. */
  lines: 1_000,
  deliveryOptions: 100,
  handlers: 50,
  versions: 100,
  /** Shown of a merchant's words. */
  messages: 10,
  messageChars: 300,
  shownLines: 20,
  shownLineChars: 120,
  linkChars: 2_048,
  /** Age of a signed message, and how far its clock may be ahead. */
  signatureSeconds: 300,
  hookSecrets: 2,
} as const;
