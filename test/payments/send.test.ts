import { describe, expect, it, vi } from "vitest";
import { GUARD_LIMITS } from "../../src/payments/guard.ts";
import { type Prepared, prepare, send } from "../../src/payments/send.ts";
import { POLICY, world } from "./support.ts";

const REQUEST = { url: "https://api.acme.com/a#secret", method: "get", headers: { "X-A": " 1 " }, body: null };
const prepared = (changes = {}): Prepared => {
  const result = prepare({ ...REQUEST, ...changes }, POLICY);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};
const code = (changes: object): string => {
  const result = prepare({ ...REQUEST, ...changes }, POLICY);
  return result.ok ? "ok" : result.error.code;
};

describe("prepare", () => {
  it("gives the request as it is sent, and takes that one again unchanged", () => {
    const once = prepared({ method: "post", body: "x" });
    expect(once).toMatchObject({ method: "POST", headers: { "x-a": "1" }, body: "x" });
    expect(once.url.href).toBe("https://api.acme.com/a");
    const again = prepare({ ...once, url: once.url.href }, POLICY);
    expect(again).toEqual({ ok: true, value: once });
  });

  it("refuses with the guard's reason, the method first", () => {
    expect(code({ method: "CONNECT", url: "http://x" })).toBe("method_not_allowed");
    expect(code({ body: "x" })).toBe("method_without_body");
    expect(code({ url: "https://10.0.0.1/" })).toBe("host_ip_literal");
    expect(code({ url: "https://quetra.test/" })).toBe("host_own");
    for (const name of ["x-payment", "PAYMENT-SIGNATURE", "payment_signature"]) {
      expect(code({ headers: { [name]: "x" } })).toBe("header_payment");
    }
  });
});

describe("send", () => {
  it("follows nothing, stores nothing, and has a deadline", async () => {
    const out = world(() => new Response(null, { status: 302, headers: { location: "https://b.com/" } }));
    const sent = await send(out, prepared({ headers: { "cache-control": "max-age=60" } }), AbortSignal.timeout(1000));
    expect(sent.ok && sent.value.status).toBe(302);
    expect(out.seen).toHaveLength(1);
    expect(out.seen[0]!.headers.get("cache-control")).toBe("no-store");
  });

  it("says that there was no answer, without a word of the runtime", async () => {
    const out = world(() => Promise.reject(new TypeError("connect ECONNREFUSED s3cr3t")));
    const sent = await send(out, prepared(), AbortSignal.timeout(1000));
    expect(sent).toMatchObject({ ok: false, error: { code: "no_answer" } });
    expect(JSON.stringify(sent)).not.toContain("s3cr3t");
  });

  it("says that the time was up", async () => {
    const signal = AbortSignal.timeout(20);
    const out = world(
      () => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    );
    expect(await send(out, prepared(), signal)).toMatchObject({ ok: false, error: { code: "timeout" } });
  });

  it("refuses more headers than the guard allows, and lets go of the body", async () => {
    const answer = (bytes: number) => {
      const cancel = vi.fn();
      const body = new ReadableStream({ cancel });
      return { response: new Response(body, { headers: { a: "v".repeat(bytes) } }), cancel };
    };
    const fits = GUARD_LIMITS.responseHeadersBytes - "a".length - 4;
    const within = answer(fits);
    expect(
      (
        await send(
          world(() => within.response),
          prepared(),
          AbortSignal.timeout(1000),
        )
      ).ok,
    ).toBe(true);
    const above = answer(fits + 1);
    const sent = await send(
      world(() => above.response),
      prepared(),
      AbortSignal.timeout(1000),
    );
    expect(sent).toMatchObject({ ok: false, error: { code: "response_headers_too_large" } });
    expect(above.cancel).toHaveBeenCalledTimes(1);
  });
});
