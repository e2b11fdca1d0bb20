import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { expect, it } from "vitest";
import { GUARD_LIMITS, guardUrl, judgeRedirect } from "../../src/payments/guard.ts";
import { HOSTILE, POLICY, SANDBOX } from "./guard-corpus.ts";
import { HONEST } from "./guard-honest.ts";

const corpus = [...Object.values(HOSTILE).flat(), ...HONEST.map(([url]) => url)].filter((url) => url.length < 500);
const number = fc.oneof(
  fc.nat({ max: 300 }).map(String),
  fc.nat({ max: 0xffffffff }).map((value) => `0x${value.toString(16)}`),
  fc.nat({ max: 0xffffffff }).map((value) => `0${value.toString(8)}`),
  fc.nat({ max: 0xffffffff }).map(String),
);
const host = fc.oneof(
  fc.array(number, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(".")),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.domain(),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("localhost", "api.acme.com", "①②⑦.⓪.⓪.①", "127。0。0。1", "quetra.dev"),
);
/** Host with characters that parsers fold, drop or trip over, at any place. */
const noisy = fc
  .tuple(
    host,
    fc.nat({ max: 20 }),
    fc.constantFrom("", "", ".", "@", "\t", "%2e", "\u00ad", "\\", "/", "。", ":", "#", "?", "\0"),
  )
  .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at));
const url = fc
  .record({
    scheme: fc.constantFrom("https://", "https://", "https://", "http://", "HTTPS://", "https:/", "//", ""),
    user: fc.constantFrom("", "", "", "u@", "u:p@"),
    host: noisy,
    port: fc.oneof(
      fc.constantFrom("", "", "", ":", ":443", ":8402"),
      fc.nat({ max: 99999 }).map((port) => `:${port}`),
    ),
    rest: fc.oneof(fc.constantFrom("", "/", "/a?b#c"), fc.webPath(), fc.string()),
  })
  .map((part) => part.scheme + part.user + part.host + part.port + part.rest);
const mutated = fc
  .tuple(
    fc.constantFrom(...corpus),
    fc.nat({ max: 60 }),
    fc.string({ unit: "binary", maxLength: 3 }),
    fc.nat({ max: 2 }),
  )
  .map(([text, at, inserted, removed]) => text.slice(0, at) + inserted + text.slice(at + removed));
const anything = fc.oneof(url, mutated, fc.webUrl(), fc.string({ unit: "binary" }));

/** What must hold for every URL that may be called, checked with nothing of the guard's own. */
function expectSafe(called: URL, sandbox: boolean): void {
  if (sandbox && called.protocol === "http:") {
    expect(called.origin).toMatch(/^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/);
    return;
  }
  expect(called.protocol).toBe("https:");
  expect(called.port).toBe("");
  expect([called.username, called.password, called.hash]).toEqual(["", "", ""]);
  expect(ipaddr.isValid(called.hostname.replace(/^\[|\]$/g, ""))).toBe(false);
  expect(called.hostname).toMatch(/^[a-z0-9_]([a-z0-9_-]*\.)+[a-z0-9_-]*[a-z_-][a-z0-9_-]*$/);
  expect(called.hostname).not.toMatch(/(^|\.)(localhost|local|internal|quetra\.dev)$/);
  expect(called.href.length).toBeLessThanOrEqual(GUARD_LIMITS.urlBytes);
  // Reading the result again changes nothing: what was judged is what any later reader sees.
  expect(guardUrl(called.href, POLICY)).toMatchObject({ ok: true, value: { href: called.href } });
}

it.each([
  ["in production", POLICY, false],
  ["in the sandbox", SANDBOX, true],
] as const)(
  "no URL is accepted with an IP literal, another port, or userinfo (%s)",
  (_, policy, sandbox) => {
    let accepted = 0;
    fc.assert(
      fc.property(anything, (text) => {
        const judged = guardUrl(text, policy);
        if (!judged.ok) return;
        accepted += 1;
        expectSafe(judged.value, sandbox);
      }),
      { numRuns: 5_000 },
    );
    // A guard that refuses everything would pass the property.
    expect(accepted).toBeGreaterThan(250);
  },
  30_000,
);

it("no redirect leads elsewhere, and none carries a credential to another origin", () => {
  const secrets = { authorization: "s3cr3t", cookie: "s3cr3t", "x-api-key": "s3cr3t", "x-payment": "s3cr3t" };
  const location = fc.oneof(
    anything,
    fc.webPath(),
    fc.string().map((text) => `//${text}`),
  );
  fc.assert(
    fc.property(location, fc.constantFrom(301, 302, 303, 307, 308), (text, status) => {
      const from = new URL("https://shop.acme.com/a");
      const hop = { number: 1, status, method: "GET", hasBody: false, headers: secrets } as const;
      const judged = judgeRedirect(from, text, POLICY, hop);
      if (!judged.ok) return;
      expectSafe(judged.value.url, false);
      const kept = Object.keys(judged.value.headers);
      expect(kept).toEqual(judged.value.url.host === from.host ? ["authorization", "cookie", "x-api-key"] : []);
    }),
    { numRuns: 3_000 },
  );
}, 30_000);
