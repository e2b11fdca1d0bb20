import { LIMITS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import type { Refusal } from "./errors.ts";

/**
 * Reads the body as text, never holding more than the cap plus one chunk. A Content-Length can refuse a body early but
 * never lets one in. Invalid UTF-8 is refused: replaced characters would make two different requests look the same.
 */
export async function readBody(
  request: Request,
  maxBytes: number = LIMITS.requestBodyBytes,
): Promise<Result<string, Refusal>> {
  if (request.body === null) return ok("");
  if (Number(request.headers.get("content-length")) > maxBytes) return err({ kind: "body_too_large", maxBytes });

  const reader = request.body.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let bytes = 0;
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return ok(text + decode(decoder));
      bytes += value.byteLength;
      if (bytes > maxBytes) return err({ kind: "body_too_large", maxBytes });
      text += decode(decoder, value);
    }
  } catch (error) {
    if (error instanceof NotUtf8) return err({ kind: "invalid_utf8" });
    throw error;
  } finally {
    reader.cancel().catch(() => undefined);
  }
}

class NotUtf8 extends Error {}

function decode(decoder: TextDecoder, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch {
    throw new NotUtf8();
  }
}
