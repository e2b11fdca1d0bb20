import { describe, expect, it } from "vitest";
import { GUARD_LIMITS, judgeRedirect, type RedirectHop } from "../../src/payments/guard.ts";
import { HOSTILE, POLICY, SANDBOX } from "./guard-corpus.ts";

const FROM = new URL("https://shop.acme.com/a/b?c=d");
const GET: RedirectHop = { number: 1, status: 302, method: "GET", hasBody: false, headers: {} };
const CREDENTIALS = {
  authorization: "Bearer s3cr3t",
  Cookie: "s=1",
  "X-API-Key": "k",
  "x-auth-token": "t",
  "Idempotency-Key": "i",
  "x-unknown": "u",
  referer: "https://shop.acme.com/",
};
const PAYMENT = {
  "X-PAYMENT": "p",
  "PAYMENT-SIGNATURE": "p",
  "payment-identifier": "p",
  "sign-in-with-x": "p",
  "x-payment-response": "p",
};
const HARMLESS = { accept: "*/*", "Accept-Language": "en", "user-agent": "quetra", "cache-control": "no-store" };
const BODY = { "Content-Type": "application/json", "content-length": "2", "content-encoding": "gzip", digest: "x" };

const judge = (location: string | null, hop: Partial<RedirectHop> = {}, policy = POLICY, from = FROM) =>
  judgeRedirect(from, location, policy, { ...GET, ...hop });
const reason = (...args: Parameters<typeof judge>): string => {
  const judged = judge(...args);
  return judged.ok ? `ok ${judged.value.url.href}` : judged.error.reason;
};
const next = (...args: Parameters<typeof judge>) => {
  const judged = judge(...args);
  if (!judged.ok) throw new Error(judged.error.reason);
  return judged.value;
};
const lower = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

describe("where a redirect leads", () => {
  it.each([
    ["/x", "https://shop.acme.com/x"],
    ["x", "https://shop.acme.com/a/x"],
    ["../x", "https://shop.acme.com/x"],
    ["?q", "https://shop.acme.com/a/b?q"],
    ["#f", "https://shop.acme.com/a/b?c=d"],
    ["https://shop.acme.com/x#f", "https://shop.acme.com/x"],
    ["https://other.com/", "https://other.com/"],
    ["//other.com/x", "https://other.com/x"],
    ["https://shop.acme.com:443/x", "https://shop.acme.com/x"],
    ["./https://other.com", "https://shop.acme.com/a/https://other.com"],
  ])("%j → %s", (location, href) => expect(reason(location)).toBe(`ok ${href}`));

  it.each([
    ["http://shop.acme.com/", "redirect_downgrade"],
    ["HTTP://shop.acme.com/", "redirect_downgrade"],
    ["http:x", "redirect_downgrade"],
    ["http://127.0.0.1:8402/", "redirect_downgrade"],
    ["//127.0.0.1/", "host_ip_literal"],
    ["//2130706433", "host_ip_literal"],
    ["//[::1]/", "host_ip_literal"],
    ["//localhost/", "host_single_label"],
    ["//user:s3cr3t@other.com/", "url_userinfo"],
    ["//other.com:8443/", "url_port"],
    ["//other.com@127.0.0.1/", "url_userinfo"],
    ["///other.com/", "url_malformed"],
    ["/\\other.com/", "url_characters"],
    ["\\\\other.com/", "url_characters"],
    ["/\t/other.com/", "url_characters"],
    ["/x\r\nSet-Cookie: a=1", "url_characters"],
    ["https:other.com", "url_malformed"],
    ["https:/other.com", "url_malformed"],
    ["javascript:alert(1)", "url_scheme"],
    ["data:,x", "url_scheme"],
    ["file:///etc/passwd", "url_scheme"],
    ["https://quetra.dev/", "host_own"],
    ["https://127-0-0-1.nip.io/", "host_wildcard_dns"],
    ["https://metadata.google.internal/", "host_special_use"],
    [`/${"a".repeat(GUARD_LIMITS.urlBytes)}`, "url_too_long"],
    [`/${"a".repeat(GUARD_LIMITS.urlBytes - 10)}`, "url_too_long"],
    ["", "redirect_location"],
    [null, "redirect_location"],
  ])("%j → %s", (location, expected) => {
    expect(reason(location)).toBe(expected);
    expect(reason(location, {}, SANDBOX)).toBe(expected);
    expect(JSON.stringify(judge(location))).not.toContain("s3cr3t");
  });

  it("refuses every hostile URL that is a reference of its own, for the same reason", () => {
    for (const [expected, urls] of Object.entries(HOSTILE)) {
      for (const url of urls.filter((candidate) => /^https:\/\//i.test(candidate))) {
        expect([url, reason(url)]).toEqual([url, expected]);
      }
    }
  });

  it("in the sandbox, moves between loopback ports and up to https, never down", () => {
    const from = new URL("http://127.0.0.1:8402/a");
    expect(reason("http://localhost:9000/", {}, SANDBOX, from)).toBe("ok http://localhost:9000/");
    expect(reason("//127.0.0.1:9000/", {}, SANDBOX, from)).toBe("ok http://127.0.0.1:9000/");
    expect(reason("/x", {}, SANDBOX, from)).toBe("ok http://127.0.0.1:8402/x");
    expect(reason("https://other.com/", {}, SANDBOX, from)).toBe("ok https://other.com/");
    expect(reason("http://other.com/", {}, SANDBOX, from)).toBe("url_scheme");
    expect(reason("http://127.0.0.1:8402/", {}, SANDBOX)).toBe("redirect_downgrade");
  });
});

describe("how far", () => {
  it("follows N redirects and refuses N + 1, and any number that is none", () => {
    expect(reason("/x", { number: GUARD_LIMITS.redirectHops })).toMatch(/^ok/);
    expect(reason("/x", { number: GUARD_LIMITS.redirectHops + 1 })).toBe("redirect_too_many");
    for (const number of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(reason("/x", { number })).toBe("redirect_too_many");
    }
  });

  it("follows five statuses only", () => {
    for (const status of [301, 302, 303, 307, 308]) expect(reason("/x", { status })).toMatch(/^ok/);
    for (const status of [200, 300, 304, 305, 306, 309, 402]) expect(reason("/x", { status })).toBe("redirect_status");
  });
});

describe("what goes along", () => {
  type Row = readonly [number, RedirectHop["method"], RedirectHop["method"], boolean];
  const rows: readonly Row[] = [
    [301, "GET", "GET", false],
    [301, "HEAD", "HEAD", false],
    [301, "POST", "GET", false],
    [301, "PUT", "PUT", true],
    [302, "POST", "GET", false],
    [302, "DELETE", "DELETE", true],
    [303, "GET", "GET", false],
    [303, "HEAD", "HEAD", false],
    [303, "POST", "GET", false],
    [303, "PATCH", "GET", false],
    [303, "DELETE", "GET", false],
    [307, "GET", "GET", false],
    [307, "POST", "POST", true],
    [308, "PATCH", "PATCH", true],
    [308, "HEAD", "HEAD", false],
  ];
  it.each(rows)("%i %s → %s, body kept: %s", (status, method, then, keepBody) => {
    const hasBody = method !== "GET" && method !== "HEAD";
    const headers = { ...HARMLESS, ...BODY };
    const same = next("/x", { status, method, hasBody, headers });
    expect([same.method, same.keepBody, same.crossOrigin]).toEqual([then, keepBody, false]);
    expect(same.headers).toEqual(lower(keepBody ? headers : HARMLESS));
    expect(next("/x", { status, method, hasBody: false }).keepBody).toBe(false);

    const other = judge("https://other.com/x", { status, method, hasBody, headers });
    if (then === "GET" || then === "HEAD") {
      expect(other).toMatchObject({ ok: true, value: { method: then, keepBody: false, headers: lower(HARMLESS) } });
    } else {
      expect(other).toMatchObject({ ok: false, error: { reason: "redirect_method_cross_origin" } });
    }
  });

  const headers = { ...HARMLESS, ...CREDENTIALS, ...PAYMENT };
  it.each(["https://other.com/", "//other.com/", "https://www.shop.acme.com/", "https://acme.com/"])(
    "drops everything but the harmless to %s",
    (location) => {
      const hop = next(location, { headers });
      expect(hop.crossOrigin).toBe(true);
      expect(hop.headers).toEqual(lower(HARMLESS));
      expect([...hop.dropped].sort()).toEqual(Object.keys(lower({ ...CREDENTIALS, ...PAYMENT })).sort());
    },
  );

  it("treats another scheme or port of the sandbox as another origin", () => {
    const from = new URL("http://127.0.0.1:8402/a");
    for (const location of ["http://127.0.0.1:9000/", "http://localhost:8402/", "https://other.com/"]) {
      expect(next(location, { headers }, SANDBOX, from).headers).toEqual(lower(HARMLESS));
    }
  });

  it("keeps credentials on the same origin, payments and Host never", () => {
    const hop = next("/x", { headers: { ...headers, Host: "shop.acme.com" } });
    expect(hop.headers).toEqual(lower({ ...HARMLESS, ...CREDENTIALS }));
    expect([...hop.dropped].sort()).toEqual([...Object.keys(lower(PAYMENT)), "host"].sort());
  });

  it("does not get credentials back by returning to the first origin", () => {
    const away = next("https://other.com/", { headers });
    const back = judgeRedirect(away.url, FROM.href, POLICY, { ...GET, number: 2, headers: away.headers });
    expect(back).toMatchObject({ ok: true, value: { headers: lower(HARMLESS) } });
  });
});
