import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guardHeaders, guardResponseHeaders, isPaymentHeader, GUARD_LIMITS as L } from "../../src/payments/guard.ts";
import { refuse } from "../../src/payments/guard-reasons.ts";

const verdict = (headers: Record<string, string>): string => {
  const judged = guardHeaders(headers);
  return judged.ok ? "ok" : judged.error.reason;
};

const PAYMENT = [
  ..."X-PAYMENT x-payment X-Payment-Response X-PAYMENT-REQUIRED PAYMENT-SIGNATURE Payment-Required payment-response".split(
    " ",
  ),
  ..."Payment PAYMENT-anything X_PAYMENT payment_signature X-402 x402-payment sign-in-with-x SIGN-IN-WITH-X".split(" "),
  "X-Payment_Signature",
];
const FORBIDDEN = [
  ..."Host Content-Length Transfer-Encoding Expect Connection Keep-Alive TE Trailer Upgrade HTTP2-Settings".split(" "),
  ..."Proxy-Authorization Proxy-Connection Proxy-Authenticate proxy-x Via Forwarded X-Forwarded-For X-Forwarded".split(
    " ",
  ),
  ..."X-Forwarded-Host x_forwarded_proto X-Real-IP True-Client-IP X-Client-IP CF-Connecting-IP cf-worker CF_Ray".split(
    " ",
  ),
  ..."CDN-Loop X-Original-URL X-Rewrite-URL X-HTTP-Method-Override X-HTTP-Method X-Method-Override X-Quetra-Key".split(
    " ",
  ),
  ..."x-quetra-signature Cookie cookie2 Set-Cookie Sec-Fetch-Site sec-websocket-key Accept-Encoding Max-Forwards".split(
    " ",
  ),
  ..."transfer_encoding CONTENT_LENGTH X-Host Fastly-Client-IP X-Cluster-Client-Ip".split(" "),
];

describe("caller's headers", () => {
  it("pass when honest: lower-case names, trimmed values", () => {
    const honest = {
      Authorization: "Bearer abc.def-ghi",
      "X-API-Key": "k_123",
      Accept: "application/json, */*;q=0.1",
      "Content-Type": "application/json",
      "User-Agent": "agent/1.0 (test)",
      "Idempotency-Key": " a1 ",
      "If-None-Match": '"x"',
      "X-Empty": "",
      "X-Tab": "a\tb",
    };
    expect(guardHeaders(honest)).toEqual({
      ok: true,
      value: {
        authorization: "Bearer abc.def-ghi",
        "x-api-key": "k_123",
        accept: "application/json, */*;q=0.1",
        "content-type": "application/json",
        "user-agent": "agent/1.0 (test)",
        "idempotency-key": "a1",
        "if-none-match": '"x"',
        "x-empty": "",
        "x-tab": "a\tb",
      },
    });
    expect(guardHeaders({})).toEqual({ ok: true, value: {} });
    for (const name of ["X-Paym", "Repayment", "X-Cfo", "Hostess", "Viaduct", "Tea", "X-Forward", "Cookies"]) {
      expect([name, verdict({ [name]: "1" })]).toEqual([name, "ok"]);
    }
  });

  it.each(PAYMENT)("%s is a payment", (name) => {
    expect(verdict({ [name]: "1" })).toBe("header_payment");
    expect(isPaymentHeader(name)).toBe(true);
  });

  it.each(["Payment abc", "payment", "L402 a:b", "LSAT a:b", "  x402 abc", "Payment\tabc", "PAYMENT,x"])(
    "authorization %j is a payment",
    (value) => expect(verdict({ authorization: value })).toBe("header_payment"),
  );
  it("authorization of another scheme is not", () => {
    for (const value of ["Bearer payment", "Basic cGF5bWVudA==", "Paymentish x", "L4020 x"]) {
      expect(verdict({ Authorization: value })).toBe("ok");
    }
  });

  it.each(FORBIDDEN)("%s is not the caller's", (name) => {
    expect(verdict({ [name]: "1" })).toBe("header_forbidden");
    expect(verdict({ [name.toUpperCase()]: "1" })).toBe("header_forbidden");
  });

  const names = [
    ...'\r \n \0 \t : ; , ( ) < > @ [ ] { } / ? = \\ " \u007f \u0080 ü \u017f 😀'.split(" ").map((bad) => `x${bad}y`),
    ...["", " ", "x y", " x", "x ", "x-a\r\nhost", "x: 1\r\nhost", ":authority", "host:", "\u212aey", "\ud800"],
  ];
  it.each(names)("name %j is refused", (name) => expect(verdict({ [name]: "1" })).toBe("header_name"));

  const values = [
    ...[
      "a\r\nHost: evil",
      "a\nb",
      "a\rb",
      "\r\n",
      "a\r\n",
      "\nX: 1",
      "a\0b",
      "a\u000bb",
      "a\u007f",
      "a\u0085b",
      "a\u001b[0m",
    ],
    ...["ü", "a\u010ab", "a\u560a", "a\u2028b", "😀", "\ud800", "\u00a0x"],
  ];
  it.each(values)("value %j is refused", (value) => expect(verdict({ "x-a": value })).toBe("header_value"));

  it("refuses what is no text, a name twice, and survives odd names of JavaScript", () => {
    for (const value of [1, null, ["a\r\nb"], { toString: () => "x" }]) {
      expect(verdict({ a: value as unknown as string })).toBe("header_value");
    }
    expect(verdict({ "X-A": "1", "x-a": "2" })).toBe("header_duplicate");
    const odd = guardHeaders(JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>);
    if (!odd.ok) throw new Error(odd.error.reason);
    expect(Object.keys(odd.value).sort()).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(odd.value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
  });

  it("never repeats a name or a value", () => {
    const refused = [
      { "s3cr3t name": "1" },
      { "x-a": "s3cr3t\n" },
      { "cf-s3cr3t": "1" },
      { "payment-s3cr3t": "s3cr3t" },
      { authorization: "Payment s3cr3t" },
      { S3CR3T: "1", s3cr3t: "2" },
    ];
    for (const headers of refused as Record<string, string>[]) {
      const judged = guardHeaders(headers);
      expect(judged.ok).toBe(false);
      expect(JSON.stringify(judged).toLowerCase()).not.toContain("s3cr3t");
    }
    expect(guardHeaders({ a: "1", "cf-s3cr3t": "1" })).toEqual(refuse("header_forbidden", "cf-*"));
    expect(guardHeaders({ a: "1", "b c": "1" })).toEqual(refuse("header_name", "header 2"));
  });

  it("takes N and refuses N + 1 of every cap", () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, "1"]));
    expect(verdict(many(L.callerHeaders))).toBe("ok");
    expect(verdict(many(L.callerHeaders + 1))).toBe("headers_too_many");
    expect(verdict({ ["n".repeat(L.callerHeaderNameBytes)]: "1" })).toBe("ok");
    expect(verdict({ ["n".repeat(L.callerHeaderNameBytes + 1)]: "1" })).toBe("header_name");
    expect(verdict({ a: "v".repeat(L.callerHeaderValueBytes) })).toBe("ok");
    expect(verdict({ a: "v".repeat(L.callerHeaderValueBytes + 1) })).toBe("header_value");
    // Two headers with one-letter names: 2 × (1 + 4) bytes beside the values.
    const rest = L.callerHeadersBytes - L.callerHeaderValueBytes - 10;
    const full = { a: "v".repeat(L.callerHeaderValueBytes), b: "v".repeat(rest) };
    expect(verdict(full)).toBe("ok");
    expect(verdict({ ...full, b: `${full.b}v` })).toBe("headers_too_large");
  });

  it("property: what passes is one clean line per header, and Headers takes it", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.string({ unit: "binary" }),
      fc.constantFrom("x-a", "cookie", "a\r\nb", "x-payment"),
    );
    fc.assert(
      fc.property(fc.dictionary(piece, piece, { maxKeys: 5 }), (headers) => {
        const judged = guardHeaders(headers);
        if (!judged.ok) return;
        for (const [name, value] of Object.entries(judged.value)) {
          expect(name).toMatch(/^[!#$%&'*+.^_`|~0-9a-z-]+$/);
          expect(value).toMatch(/^[\t\x20-\x7e]*$/);
          expect(new Headers([[name, value]]).get(name)).toBe(value);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("response headers", () => {
  const sized = (count: number, bytes: number): Headers => {
    const headers = new Headers(Array.from({ length: count }, (_, at) => [`x-${at}`, ""] as [string, string]));
    const used = [...headers].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
    headers.set("x-0", "v".repeat(Math.max(0, bytes - used)));
    return headers;
  };

  it("takes N and refuses N + 1 of count and bytes", () => {
    expect(guardResponseHeaders(new Headers())).toEqual({ ok: true, value: 0 });
    expect(guardResponseHeaders(sized(L.responseHeaders, 0)).ok).toBe(true);
    expect(guardResponseHeaders(sized(L.responseHeaders + 1, 0))).toEqual(refuse("response_headers_too_large"));
    expect(guardResponseHeaders(sized(2, L.responseHeadersBytes))).toEqual({ ok: true, value: L.responseHeadersBytes });
    expect(guardResponseHeaders(sized(2, L.responseHeadersBytes + 1)).ok).toBe(false);
  });

  it("counts each Set-Cookie", () => {
    const headers = new Headers();
    for (let at = 0; at <= L.responseHeaders; at += 1) headers.append("set-cookie", `a${at}=1`);
    expect(guardResponseHeaders(headers).ok).toBe(false);
  });
});
