import { cleanText } from "../mcp/text.ts";
import type { CappedBody } from "./guard.ts";
import type { HttpAnswer } from "./rails-api.ts";
import type { Received } from "./send.ts";

/** What helps to read an answer or to ask again. No cookies, no names of servers, nothing that carries a payment. */
const SHOWN = [
  "content-type",
  "content-language",
  "location",
  "retry-after",
  "etag",
  "last-modified",
  "allow",
] as const;

/** Of one header. A `location` may be as long as a URL that we would call. */
const HEADER_CHARS = 500;
const LOCATION_CHARS = 4096;

/** The server's word, capped: some headers, and the body as text where it is text. `url` without its fragment. */
export function answerOf(url: URL, received: Received, body: CappedBody): HttpAnswer {
  const headers: Record<string, string> = {};
  for (const name of SHOWN) {
    const value = received.headers.get(name);
    if (value !== null) headers[name] = cleanText(value, name === "location" ? LOCATION_CHARS : HEADER_CHARS);
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
