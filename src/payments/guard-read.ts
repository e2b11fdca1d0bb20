import { GUARD_LIMITS } from "./guard-reasons.ts";

/** What could be read of a body, never more than the cap. */
export interface CappedBody {
  readonly bytes: Uint8Array;
  /** True unless the body ended by itself: `bytes` is then only its beginning. */
  readonly truncated: boolean;
  /** Why reading ended. No text of the server or of the runtime: it could reach an agent. */
  readonly ended: "complete" | "cap" | "timeout" | "error";
}

/** The time budget of one outbound call, body included. Give the same signal to `fetch` and to `readCapped`. */
export const deadline = (ms: number = GUARD_LIMITS.requestMs): AbortSignal =>
  AbortSignal.timeout(Math.min(ms, GUARD_LIMITS.requestMs));

/**
 * Reads at most `cap` decoded bytes and cancels the rest. The runtime has already undone gzip when bytes arrive here, so
 * counting them is the only honest measure (194 KB unpack to 200 MB; Content-Length speaks of the packed size). A body
 * of exactly `cap` bytes is complete.
 *
 * Server behaviour never makes it throw: after a payment, half an answer is worth more than none. It throws on misuse
 * only (a body that was read before, a cap that is not a whole number ≥ 0).
 */
export async function readCapped(
  response: Response,
  cap: number = GUARD_LIMITS.responseBytes,
  signal?: AbortSignal,
): Promise<CappedBody> {
  // NaN would compare false with everything and so switch the cap off.
  if (!Number.isSafeInteger(cap) || cap < 0) throw new RangeError("The cap must be a whole number of bytes.");
  if (response.body === null) return { bytes: new Uint8Array(0), truncated: false, ended: "complete" };

  const reader: ReadableStreamDefaultReader<unknown> = response.body.getReader();
  // Not awaited anywhere: a stream whose cancel never settles must not hold the caller.
  const stop = (): void => void reader.cancel().catch(() => {});
  // Cancelling resolves a pending read, so this also ends a body that sends nothing at all.
  signal?.addEventListener("abort", stop, { once: true });
  const sink = new Sink(cap);
  const ended = await drain(reader, sink, signal).catch((error: unknown) => {
    const name = error instanceof Error ? error.name : "";
    return signal?.aborted || name === "TimeoutError" || name === "AbortError" ? "timeout" : "error";
  });
  signal?.removeEventListener("abort", stop);
  if (ended !== "complete") stop();
  return { bytes: sink.bytes(), truncated: ended !== "complete", ended };
}

async function drain(
  reader: ReadableStreamDefaultReader<unknown>,
  sink: Sink,
  signal: AbortSignal | undefined,
): Promise<CappedBody["ended"]> {
  let empty = 0;
  for (;;) {
    if (signal?.aborted) return "timeout";
    const { done, value } = await reader.read();
    if (signal?.aborted) return "timeout";
    if (done) return "complete";
    if (!(value instanceof Uint8Array)) return "error";
    if (!sink.take(value)) return "cap";
    empty = value.length === 0 ? empty + 1 : 0;
    if (empty > GUARD_LIMITS.emptyReads) return "error";
  }
}

/** Grows by doubling up to the cap, so a body in one-byte pieces costs no more than one in large pieces. */
class Sink {
  readonly #cap: number;
  #buffer: Uint8Array;
  #length = 0;

  constructor(cap: number) {
    this.#cap = cap;
    this.#buffer = new Uint8Array(Math.min(cap, 16 * 1024));
  }

  /** False when the piece did not fit whole; what fits is kept. */
  take(piece: Uint8Array): boolean {
    const fits = piece.length <= this.#cap - this.#length;
    const part = fits ? piece : piece.subarray(0, this.#cap - this.#length);
    const needed = this.#length + part.length;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#cap, Math.max(needed, this.#buffer.length * 2)));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#length = needed;
    return fits;
  }

  /** A copy of its own size: a view would keep the whole buffer alive and show it to anyone who asks for `.buffer`. */
  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }
}
