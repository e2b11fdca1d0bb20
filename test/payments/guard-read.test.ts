import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { deadline, GUARD_LIMITS, readCapped } from "../../src/payments/guard.ts";

const KB = 1024;
type Source = { response: Response; pulled: () => number; cancelled: () => boolean };

/** A response whose body is made by `pull`; highWaterMark 0, so nothing is made before it is asked for. */
function body(pull: (controller: ReadableStreamDefaultController, at: number) => void | Promise<void>): Source {
  let pulled = 0;
  let cancelled = false;
  const stream = new ReadableStream(
    {
      pull: (controller) => pull(controller, pulled++),
      cancel: () => {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(stream), pulled: () => pulled, cancelled: () => cancelled };
}
const pieces = (...sizes: number[]) =>
  body((controller, at) => {
    if (at < sizes.length) controller.enqueue(new Uint8Array(sizes[at] ?? 0).fill(at + 1));
    else controller.close();
  });

describe("readCapped", () => {
  it("reads an honest body whole", async () => {
    const read = await readCapped(new Response("héllo"));
    expect(read).toMatchObject({ truncated: false, ended: "complete" });
    expect(new TextDecoder().decode(read.bytes)).toBe("héllo");
    expect(await readCapped(new Response(null))).toMatchObject({ truncated: false, ended: "complete" });
    expect((await readCapped(new Response(""))).bytes).toHaveLength(0);
  });

  it("takes N bytes whole and ends at N + 1, however they are cut", async () => {
    const cap = 100;
    for (const sizes of [[100], [50, 50], [99, 1], [0, 100, 0], Array.from({ length: 100 }, () => 1)]) {
      const read = await readCapped(pieces(...sizes).response, cap);
      expect([read.bytes.length, read.truncated, read.ended]).toEqual([100, false, "complete"]);
    }
    for (const sizes of [[101], [100, 1], [50, 51], [1, 200], Array.from({ length: 101 }, () => 1)]) {
      const source = pieces(...sizes, 1, 1, 1);
      const read = await readCapped(source.response, cap);
      expect([read.bytes.length, read.truncated, read.ended]).toEqual([100, true, "cap"]);
      expect(source.cancelled()).toBe(true);
    }
  });

  it("has a default cap, and 0 is a cap", async () => {
    const whole = await readCapped(pieces(GUARD_LIMITS.responseBytes).response);
    expect([whole.bytes.length, whole.truncated]).toEqual([GUARD_LIMITS.responseBytes, false]);
    const more = await readCapped(pieces(GUARD_LIMITS.responseBytes, 1).response);
    expect([more.bytes.length, more.truncated]).toEqual([GUARD_LIMITS.responseBytes, true]);
    expect((await readCapped(pieces(1).response, 0)).ended).toBe("cap");
    expect((await readCapped(pieces().response, 0)).ended).toBe("complete");
  });

  it("keeps the order of the bytes and shows no more than they are", async () => {
    const { bytes } = await readCapped(pieces(2, 3, 1).response, 5);
    expect([...bytes]).toEqual([1, 1, 2, 2, 2]);
    expect(bytes.buffer.byteLength).toBe(5);
  });

  it("ends a gzip bomb at the cap", async () => {
    const bomb = gzipSync(Buffer.alloc(200 * KB * KB));
    expect(bomb.length).toBeLessThan(250 * KB);
    const packed = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new Uint8Array(bomb));
        controller.close();
      },
    });
    const unpacked = packed.pipeThrough(new DecompressionStream("gzip")) as ReadableStream<Uint8Array>;
    const read = await readCapped(new Response(unpacked), 64 * KB);
    expect([read.bytes.length, read.ended]).toEqual([64 * KB, "cap"]);
  });

  it("ends an infinite body at the cap, having asked for little more", async () => {
    const source = body((controller) => controller.enqueue(new Uint8Array(KB)));
    const read = await readCapped(source.response, 10 * KB);
    expect([read.bytes.length, read.ended, source.cancelled()]).toEqual([10 * KB, "cap", true]);
    expect(source.pulled()).toBeLessThanOrEqual(12);
  });

  it("ends a body that is busy without bytes: N empty reads pass, N + 1 do not", async () => {
    const empty = (count: number) => Array.from({ length: count }, () => 0);
    const honest = pieces(1, ...empty(GUARD_LIMITS.emptyReads), 1, ...empty(GUARD_LIMITS.emptyReads));
    expect(await readCapped(honest.response)).toMatchObject({ ended: "complete" });
    const endless = body((controller) => controller.enqueue(new Uint8Array(0)));
    expect(await readCapped(endless.response)).toMatchObject({ ended: "error", truncated: true });
    expect([endless.pulled(), endless.cancelled()]).toEqual([GUARD_LIMITS.emptyReads + 1, true]);
  });

  it("ends a body that hangs, or drips, at the deadline, and keeps what came", async () => {
    const hanging = body((controller, at) =>
      at === 0 ? controller.enqueue(new Uint8Array(3)) : new Promise<void>(() => {}),
    );
    const read = await readCapped(hanging.response, 10, AbortSignal.timeout(20));
    expect([read.bytes.length, read.truncated, read.ended, hanging.cancelled()]).toEqual([3, true, "timeout", true]);
    const dripping = body(async (controller) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      controller.enqueue(new Uint8Array(1));
    });
    expect(await readCapped(dripping.response, KB, AbortSignal.timeout(20))).toMatchObject({ ended: "timeout" });
    expect(await readCapped(pieces(5).response, 10, AbortSignal.abort())).toMatchObject({ ended: "timeout" });
  });

  it("does not wait for a cancel that never settles", async () => {
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(50)),
      cancel: () => new Promise<void>(() => {}),
    });
    expect(await readCapped(new Response(stream), 10)).toMatchObject({ ended: "cap" });
    const failing = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(50)),
      cancel: () => Promise.reject(new Error("no")),
    });
    expect(await readCapped(new Response(failing), 10)).toMatchObject({ ended: "cap" });
  });

  it("keeps what came before a break, and repeats no text of it", async () => {
    const broken = (error: unknown) =>
      body((controller, at) => (at === 0 ? controller.enqueue(new Uint8Array(3)) : controller.error(error)));
    const read = await readCapped(broken(new Error("s3cr3t")).response);
    expect([read.bytes.length, read.truncated, read.ended]).toEqual([3, true, "error"]);
    expect(JSON.stringify(read)).not.toContain("s3cr3t");
    expect(await readCapped(broken("text").response)).toMatchObject({ ended: "error" });
    expect(await readCapped(broken(new DOMException("", "TimeoutError")).response)).toMatchObject({ ended: "timeout" });
  });

  it("throws on misuse", async () => {
    for (const cap of [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY]) {
      await expect(readCapped(new Response("x"), cap)).rejects.toThrow(RangeError);
    }
    const used = new Response("x");
    await used.text();
    await expect(readCapped(used)).rejects.toThrow(TypeError);
  });
});

describe("deadline", () => {
  it("is N at most", () => {
    const timeout = vi.spyOn(AbortSignal, "timeout");
    for (const ms of [1, GUARD_LIMITS.requestMs, GUARD_LIMITS.requestMs + 1]) deadline(ms);
    deadline();
    const N = GUARD_LIMITS.requestMs;
    expect(timeout.mock.calls).toEqual([[1], [N], [N], [N]]);
    timeout.mockRestore();
  });
});
