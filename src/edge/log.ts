/**
 * One JSON line per event, with everything that looks like a credential taken out. No caller passes a URL or a body here;
 * the redaction is the second lock, for texts of errors that somebody else wrote.
 */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  // `_` may come percent-encoded from a URL.
  [/sk(?:_|%5f)quetra(?:_|%5f)[0-9A-Za-z_%]*/gi, "sk_quetra_[redacted]"],
  // The token of a one-time approval link; its slash may come percent-encoded too.
  [/approve(?:\/|%2f)[0-9A-Za-z]{16,}/gi, "approve/[redacted]"],
  // The address of a hook.
  [/hooks(?:\/|%2f)[0-9A-Za-z]{16,}/gi, "hooks/[redacted]"],
  // Of a link that confirms an address or sets a password, and of a session's cookie.
  [/token(?:=|%3d)[0-9A-Za-z._~%+/=-]{8,}/gi, "token=[redacted]"],
  [/whsec_[0-9A-Za-z+/=_-]+/g, "whsec_[redacted]"],
  [/\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z_]+/g, "[redacted]"],
  // A payment token of Stripe's, with which a seller takes money.
  [/\bspt_[0-9A-Za-z_]+/g, "spt_[redacted]"],
  [/\bBearer\s+[0-9A-Za-z._~+/=-]{8,}/gi, "Bearer [redacted]"],
];

export function redact(text: string): string {
  return CREDENTIALS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

export type LogLevel = "info" | "warn" | "error";

export function log(level: LogLevel, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  console[level](redact(JSON.stringify({ level, event, ...fields })));
}

/** What of an unexpected error may be logged: never its properties, which can hold a request. */
export function errorFields(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error)) return { error: typeof error };
  return { error: error.name, message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
}

/** The same for calls that carried a private key or opened one: whatever could be one is taken out of the texts. */
export function keylessErrorFields(error: unknown): Readonly<Record<string, string>> {
  const keyless = (text: string) => text.replace(/(?:0x)?[0-9a-f]{64}/gi, "[redacted]");
  return Object.fromEntries(Object.entries(errorFields(error)).map(([name, text]) => [name, keyless(text)]));
}
