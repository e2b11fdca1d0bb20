import { describe, expect, it } from "vitest";
import { readBody } from "../../src/edge/body-cap.ts";
import { LIMITS } from "../../src/limits.ts";

/** A body that comes in chunks and says nothing, or something false, about its length. */
function streamed(chunks: readonly Uint8Array[], headers: Record<string, string> = {}) {
  const state = { pulled: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[state.pulled++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
    cancel() {
      state.cancelled = true;
    },
  });
  const request = new Request("http://localhost/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
  return { request, state };
}

const bytes = (length: number) => new Uint8Array(length).fill(0x61);

describe("readBody", () => {
  it.each([
    [LIMITS.requestBodyBytes, true],
    [LIMITS.requestBodyBytes + 1, false],
  ])("counts %i bytes while streaming: %s", async (length, fits) => {
    const chunks = Array.from({ length: Math.ceil(length / 1000) }, (_, at) =>
      bytes(Math.min(1000, length - at * 1000)),
    );
    const read = await readBody(streamed(chunks).request);
    expect(read.ok).toBe(fits);
    if (!read.ok) expect(read.error).toEqual({ kind: "body_too_large", maxBytes: LIMITS.requestBodyBytes });
  });

  it("stops reading an endless body soon after the cap", async () => {
    const { request, state } = streamed(Array.from({ length: 1000 }, () => bytes(1000)));
    expect((await readBody(request, 5000)).ok).toBe(false);
    expect(state.pulled).toBeLessThan(12);
    expect(state.cancelled).toBe(true);
  });

  it("believes a Content-Length that is too large, and no small one", async () => {
    const honest = streamed([bytes(1)], { "content-length": "5001" });
    expect((await readBody(honest.request, 5000)).ok).toBe(false);
    const liar = streamed([bytes(6000)], { "content-length": "10" });
    expect((await readBody(liar.request, 5000)).ok).toBe(false);
  });

  it("joins a character that is split between chunks", async () => {
    const euro = new TextEncoder().encode("5 €");
    const read = await readBody(streamed([euro.subarray(0, 3), euro.subarray(3)]).request);
    expect(read).toEqual({ ok: true, value: "5 €" });
  });

  it.each([[[0xff]], [[0xc3]], [[0xed, 0xa0, 0x80]], [[0xc0, 0xaf]]])("refuses the bytes %j", async (invalid) => {
    const read = await readBody(streamed([new Uint8Array(invalid)]).request);
    expect(read).toEqual({ ok: false, error: { kind: "invalid_utf8" } });
  });

  it("reads no body as empty text", async () => {
    expect(await readBody(new Request("http://localhost/"))).toEqual({ ok: true, value: "" });
  });
});
