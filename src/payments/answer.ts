import type { CappedBody } from "./guard.ts";
import type { HttpAnswer } from "./rails-api.ts";
import type { Received } from "./send.ts";

const HTTP_DATE = "[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT";
/** A location may be as long as a URL that we would call. */
const LOCATION_CHARS = 4096;

/**
 * What helps to read an answer or to ask again, and how much of it is shown. A header stands outside the framed content,
 * so what has not the shape of its kind is left out: it could be a sentence. A location is a URL, whatever that says.
 */
const SHOWN: Readonly<Record<string, RegExp>> = {
  "content-type": /^[a-z0-9.+-]{1,40}\/[a-z0-9.+-]{1,80}(?:; ?charset="?[a-z0-9_-]{1,20}"?)?/i,
  "content-language": /^[a-z]{2,3}(?:-[a-z0-9]{2,4})?$/i,
  location: new RegExp(`^[\\x21-\\x7e]{1,${LOCATION_CHARS}}$`),
  "retry-after": new RegExp(`^(?:\\d{1,9}|${HTTP_DATE})$`),
  "last-modified": new RegExp(`^${HTTP_DATE}$`),
  allow: /^[A-Z]{3,10}(?:, ?[A-Z]{3,10}){0,9}$/,
};

/** The server's word, capped: some headers, and the body as text where it is text. `url` without its fragment. */
export function answerOf(url: URL, received: Received, body: CappedBody): HttpAnswer {
  const headers: Record<string, string> = {};
  for (const [name, shape] of Object.entries(SHOWN)) {
    const shown = shape.exec(received.headers.get(name) ?? "")?.[0];
    if (shown !== undefined) headers[name] = shown;
  }
  return { url: url.href, status: received.status, headers, body: bodyOf(body) };
}

/** Text is what decodes as UTF-8 and holds no NUL: a server's own word on the type is no measure. */
function bodyOf({ bytes, truncated }: CappedBody): HttpAnswer["body"] {
  const text = decode(bytes, truncated);
  return text === null || text.includes("\0")
    ? { encoding: "base64", data: Buffer.from(bytes).toString("base64"), bytes: bytes.length, truncated }
    : { encoding: "text", data: text, bytes: bytes.length, truncated };
}

function decode(bytes: Uint8Array, truncated: boolean): string | null {
  try {
    // As a stream, half a character at the cut is kept back instead of failing the whole.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes, { stream: truncated });
  } catch {
    return null;
  }
}
