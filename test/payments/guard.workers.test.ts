import { describe, expect, it } from "vitest";
import { GUARD_LIMITS, guardHeaders, guardResponseHeaders, guardUrl, readCapped } from "../../src/payments/guard.ts";
import { HOSTILE, POLICY } from "./guard-corpus.ts";
import { HONEST } from "./guard-honest.ts";

const KB = 1024;

/** 64 MB of zeros in about 64 KB, unpacked by the runtime while it is read. Packed first: only the reading is judged. */
async function bomb(): Promise<ReadableStream> {
  let left = 1024;
  const zeros = new ReadableStream<Uint8Array>({
    pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(64 * KB)) : controller.close()),
  });
  const packed = await new Response(zeros.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  expect(packed.byteLength).toBeLessThan(100 * KB);
  const again = new Response(packed).body;
  if (again === null) throw new Error("no body");
  return again.pipeThrough(new DecompressionStream("gzip"));
}

describe("in workerd", () => {
  // Another build of the URL parser than Node's.
  it("the URL corpus is judged as in Node", () => {
    for (const [reason, urls] of Object.entries(HOSTILE)) {
      for (const url of urls) {
        const judged = guardUrl(url, POLICY);
        expect([url, judged.ok ? judged.value.href : judged.error.reason]).toEqual([url, reason]);
      }
    }
    for (const [url, called = url] of HONEST) {
      const judged = guardUrl(url, POLICY);
      expect([url, judged.ok ? judged.value.href : judged.error.reason]).toEqual([url, called]);
    }
  });

  it("a gzip bomb ends at the cap, and a body that never ends as well", async () => {
    const read = await readCapped(new Response(await bomb()), 100 * KB);
    expect([read.bytes.length, read.truncated, read.ended]).toEqual([100 * KB, true, "cap"]);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(KB)) });
    expect(await readCapped(new Response(endless), 100 * KB)).toMatchObject({ ended: "cap" });
  });

  it("a body of exactly N decoded bytes is whole, N + 1 is not", async () => {
    const gzip = async (bytes: number) => {
      const packed = new Response(new Uint8Array(bytes)).body?.pipeThrough(new CompressionStream("gzip"));
      return new Response(await new Response(packed).arrayBuffer());
    };
    const unpack = async (bytes: number) =>
      new Response((await gzip(bytes)).body?.pipeThrough(new DecompressionStream("gzip")));
    const N = GUARD_LIMITS.responseBytes;
    expect(await readCapped(await unpack(N))).toMatchObject({ truncated: false, ended: "complete" });
    expect(await readCapped(await unpack(N + 1))).toMatchObject({ truncated: true, ended: "cap" });
  });

  it("a packed body that breaks off keeps what came, without a word of the runtime", async () => {
    const packed = new Response(new Uint8Array(KB)).body?.pipeThrough(new CompressionStream("gzip"));
    const half = (await new Response(packed).arrayBuffer()).slice(0, -6);
    const read = await readCapped(new Response(new Response(half).body?.pipeThrough(new DecompressionStream("gzip"))));
    expect([read.truncated, read.ended]).toEqual([true, "error"]);
  });

  it("a native stream that hangs ends at the deadline", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    const written = writer.write(new Uint8Array(3)).catch(() => {});
    const read = await readCapped(new Response(readable), 10, AbortSignal.timeout(30));
    await written;
    expect([read.bytes.length, read.truncated, read.ended]).toEqual([3, true, "timeout"]);
    writer.abort().catch(() => {});
  });

  it("a stream of ours that hangs ends at the deadline", async () => {
    const hanging = new ReadableStream({ pull: () => new Promise<void>(() => {}) });
    expect(await readCapped(new Response(hanging), 10, AbortSignal.timeout(30))).toMatchObject({ ended: "timeout" });
  });

  it("headers that pass are taken by Request as they are", () => {
    const judged = guardHeaders({ "X-A": " 1 ", Authorization: "Bearer x", "x-t": "a\tb" });
    if (!judged.ok) throw new Error(judged.error.reason);
    const request = new Request("https://api.acme.com/", { headers: judged.value });
    expect(Object.fromEntries(request.headers)).toEqual({ authorization: "Bearer x", "x-a": "1", "x-t": "a\tb" });
    expect(guardResponseHeaders(new Headers({ a: "v".repeat(GUARD_LIMITS.responseHeadersBytes) })).ok).toBe(false);
  });
});
