import { describe, expect, it } from "vitest";
import { GUARD_LIMITS } from "../../src/payments/guard.ts";
import type { HttpRequest, RequestOutcome } from "../../src/payments/rails-api.ts";
import { request } from "../../src/payments/request.ts";
import { X402_LIMITS } from "../../src/payments/x402/limits.ts";
import { base64, quoteV1, quoteV2, type Seen, type World, world } from "./support.ts";

const ask = (out: World, changes: Partial<HttpRequest> = {}, hops = 0): Promise<RequestOutcome> =>
  request(
    {
      request: {
        url: "https://api.acme.com/a",
        method: "GET",
        headers: { authorization: "Bearer x" },
        body: null,
        ...changes,
      },
      network: "eip155:84532",
      hops,
    },
    out,
  );
const redirect = (location: string | null, status = 302) =>
  new Response("moved", { status, headers: location === null ? {} : { location } });
const path = ({ url }: Seen) => new URL(url).pathname;

describe("a request that pays nothing", () => {
  it("gives the answer", async () => {
    const out = world(() => new Response("hello", { headers: { "content-type": "text/plain" } }));
    const outcome = await ask(out, { method: "post", body: "{}", url: "https://api.acme.com/a#t" });
    expect(outcome).toMatchObject({
      kind: "answer",
      answer: { url: "https://api.acme.com/a", status: 200, body: { data: "hello", truncated: false } },
    });
    expect(out.seen).toMatchObject([{ url: "https://api.acme.com/a", method: "POST", body: "{}" }]);
  });

  it("sends nothing that the guard refuses", async () => {
    const out = world(() => new Response());
    const cases: [Partial<HttpRequest>, string][] = [
      [{ url: "https://metadata.google.internal/" }, "host_special_use"],
      [{ headers: { "X-PAYMENT": "x" } }, "header_payment"],
      [{ method: "TRACE" }, "method_not_allowed"],
    ];
    for (const [changes, code] of cases) {
      expect(await ask(out, changes)).toMatchObject({ kind: "refused", refusal: { code } });
    }
    expect(out.seen).toEqual([]);
  });

  it("keeps the beginning of a body over the cap, and all of one at it", async () => {
    const body = async (bytes: number) => {
      const outcome = await ask(world(() => new Response("a".repeat(bytes))));
      return outcome.kind === "answer" ? outcome.answer.body : null;
    };
    const N = GUARD_LIMITS.responseBytes;
    expect(await body(N)).toMatchObject({ bytes: N, truncated: false });
    expect(await body(N + 1)).toMatchObject({ bytes: N, truncated: true });
  });
});

describe("redirects", () => {
  it("within the origin are followed, with what may go along", async () => {
    const out = world((seen) => (path(seen) === "/a" ? redirect("/b", 303) : new Response("there")));
    const outcome = await ask(out, { method: "POST", body: "{}", headers: { "content-type": "a/b", "x-key": "k" } });
    expect(outcome).toMatchObject({ kind: "answer", answer: { url: "https://api.acme.com/b", status: 200 } });
    expect(out.seen[1]).toMatchObject({ method: "GET", body: null });
    expect(out.seen[1]!.headers.get("content-type")).toBeNull();
    expect(out.seen[1]!.headers.get("x-key")).toBe("k");
  });

  it("to another origin are handed back, stripped, and nothing is sent there", async () => {
    const out = world(() => redirect("https://b.example.net/c#f"));
    const outcome = await ask(out, { headers: { authorization: "Bearer x", accept: "a/b", cookie2: "" } });
    expect(outcome.kind).toBe("refused");
    const again = await ask(out, { headers: { authorization: "Bearer x", accept: "a/b" } });
    expect(again).toMatchObject({ kind: "redirect", hops: 1, answer: { status: 302, url: "https://api.acme.com/a" } });
    expect(again.kind === "redirect" && again.request).toEqual({
      url: "https://b.example.net/c",
      method: "GET",
      headers: { accept: "a/b" },
      body: null,
    });
    expect(out.seen).toHaveLength(1);
  });

  it.each([
    ["to an address inside", redirect("https://169.254.169.254/latest")],
    ["to http", redirect("http://api.acme.com/b")],
    ["to ourselves", redirect("https://quetra.test/mcp")],
    ["without a place", redirect(null)],
    ["with a place that is no URL", redirect("https://[")],
  ])("%s are an answer", async (_, response) => {
    const out = world(() => response);
    expect(await ask(out)).toMatchObject({ kind: "answer", answer: { status: 302 } });
    expect(out.seen).toHaveLength(1);
  });

  it("of a POST to another origin are an answer: its body is for nobody else", async () => {
    const out = world(() => redirect("https://b.example.net/", 307));
    expect(await ask(out, { method: "POST", body: "x" })).toMatchObject({ kind: "answer", answer: { status: 307 } });
  });

  it("end after three in all, those of earlier calls included", async () => {
    const out = () => world(() => redirect("/again"));
    for (const hops of [0, 1, 2, 3]) {
      const counted = out();
      expect(await ask(counted, {}, hops)).toMatchObject({ kind: "answer", answer: { status: 302 } });
      expect(counted.seen).toHaveLength(1 + GUARD_LIMITS.redirectHops - hops);
    }
    const across = world((seen) => redirect(path(seen) === "/a" ? "/b" : "https://b.example.net/"));
    expect(await ask(across, {}, 1)).toMatchObject({ kind: "redirect", hops: 3 });
    expect(await ask(across, {}, 2)).toMatchObject({ kind: "answer" });
    expect(await ask(across, {}, Number.NaN)).toMatchObject({ kind: "answer" });
  });
});

describe("a 402", () => {
  it("of version 2 is a quote for the request that was answered", async () => {
    const quoted = () => new Response("pay me", { status: 402, headers: { "payment-required": base64(quoteV2()) } });
    const out = world((seen) => (path(seen) === "/a" ? redirect("/b") : quoted()));
    const outcome = await ask(out);
    expect(outcome).toMatchObject({
      kind: "quote",
      answer: { status: 402, body: { data: "pay me" } },
      request: { url: "https://api.acme.com/b", method: "GET", headers: { authorization: "Bearer x" } },
      quote: { version: 2, options: [{ index: 0, amount: 10_000 }] },
    });
  });

  it("of version 1 is one as well", async () => {
    const out = world(() => Response.json(quoteV1(), { status: 402 }));
    expect(await ask(out)).toMatchObject({ kind: "quote", quote: { version: 1 } });
  });

  it("of another kind is a bad one", async () => {
    const html = world(() => new Response("<h1>Pay</h1>", { status: 402 }));
    expect(await ask(html)).toMatchObject({ kind: "bad_quote", code: "malformed_402", answer: { status: 402 } });
    const huge = world(() => new Response("x".repeat(X402_LIMITS.quoteBodyBytes + 1), { status: 402 }));
    expect(await ask(huge)).toMatchObject({ kind: "bad_quote", code: "response_too_large" });
  });

  it("as a page for browsers says what to change, however large it is", async () => {
    const headers = { "content-type": "text/html; charset=UTF-8" };
    const page = world(() => new Response("x".repeat(X402_LIMITS.quoteBodyBytes + 1), { status: 402, headers }));
    const outcome = await ask(page);
    expect(outcome).toMatchObject({ kind: "bad_quote", code: "malformed_402" });
    expect(outcome.kind === "bad_quote" && outcome.message).toContain("Accept: text/html");
  });

  it("with a body that never ends costs no more than the cap", async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 16 * 1024;
        controller.enqueue(new Uint8Array(16 * 1024));
      },
    });
    const outcome = await ask(world(() => new Response(endless, { status: 402 })));
    expect(outcome).toMatchObject({ kind: "bad_quote", code: "response_too_large" });
    expect(sent).toBeLessThan(256 * 1024);
  });
});
