import { describe, expect, it, vi } from "vitest";
import { GUARD_LIMITS, GUARD_REASONS, type GuardPolicy, guardMethod, guardUrl } from "../../src/payments/guard.ts";
import { refuse } from "../../src/payments/guard-reasons.ts";
import { HOSTILE, POLICY, SANDBOX } from "./guard-corpus.ts";
import { HONEST } from "./guard-honest.ts";

const verdict = (url: string, policy: GuardPolicy = POLICY): string => {
  const judged = guardUrl(url, policy);
  return judged.ok ? `ok ${judged.value.href}` : judged.error.reason;
};
const hostile = Object.entries(HOSTILE).flatMap(([reason, urls]) => urls.map((url) => [reason, url] as const));

describe("hostile URLs", () => {
  it("are many, and each only once", () => {
    expect(hostile.length).toBeGreaterThanOrEqual(150);
    expect(new Set(hostile.map(([, url]) => url)).size).toBe(hostile.length);
  });

  it.each(hostile)("%s: %j", (reason, url) => {
    expect(verdict(url)).toBe(reason);
  });

  it("are refused in the sandbox as well", () => {
    const passed = hostile.filter(([, url]) => verdict(url, SANDBOX).startsWith("ok"));
    expect(passed.map(([, url]) => url)).toEqual(["http://127.0.0.1:8402/", "http://localhost:8402/"]);
  });

  it("are answered with our own sentence, never with their text", () => {
    for (const [, url] of hostile) {
      const judged = guardUrl(url, POLICY);
      if (judged.ok) throw new Error(url);
      expect(judged).toEqual(refuse(judged.error.reason));
      expect(JSON.stringify(judged)).not.toContain("s3cr3t");
    }
  });

  it("end in time even when made to be slow", () => {
    const started = performance.now();
    const seeds = [".", "1.", "0x", "-", "1-", "a", "[", ":", "%", "xn--", "@", "ü", "。", "0"];
    for (const seed of seeds) {
      const host = seed.repeat(Math.floor(4000 / new TextEncoder().encode(seed).length));
      expect(verdict(`https://${host}/`)).not.toMatch(/^ok/);
      expect(verdict(`https://${host}x.com/`)).not.toMatch(/^ok/);
    }
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe("addresses in every spelling", () => {
  const ADDRESSES = [
    [127, 0, 0, 1],
    [0, 0, 0, 0],
    [10, 0, 0, 1],
    [172, 16, 0, 1],
    [192, 168, 1, 1],
    [169, 254, 169, 254],
    [100, 100, 100, 200],
    [168, 63, 129, 16],
    [255, 255, 255, 255],
    [8, 8, 8, 8],
  ] as const;

  const spellings = ([a, b, c, d]: (typeof ADDRESSES)[number]): string[] => {
    const whole = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
    const hex = (value: number) => value.toString(16);
    const oct = (value: number) => value.toString(8);
    const dotted = `${a}.${b}.${c}.${d}`;
    const groups = `${hex((a << 8) | b)}:${hex((c << 8) | d)}`;
    const shifted = (base: number) => dotted.replace(/\d/g, (digit) => String.fromCodePoint(base + Number(digit)));
    return [
      dotted,
      `${dotted}.`,
      `${whole}`,
      `0x${hex(whole)}`,
      `0X${hex(whole).toUpperCase()}`,
      `0${oct(whole)}`,
      `000${oct(whole)}`,
      [a, b, c, d].map((part) => `0x${hex(part)}`).join("."),
      [a, b, c, d].map((part) => `0${oct(part)}`).join("."),
      [a, b, c, d].map((part) => `0000${oct(part)}`).join("."),
      `0x${hex(a)}.${b}.0${oct(c)}.${d}`,
      `${a}.${b}.${(c << 8) | d}`,
      `${a}.${(b << 16) | (c << 8) | d}`,
      `[::ffff:${dotted}]`,
      `[::ffff:${groups}]`,
      `[0:0:0:0:0:ffff:${groups}]`,
      `[::ffff:0:${groups}]`,
      `[::${dotted}]`,
      `[64:ff9b::${groups}]`,
      `[64:ff9b:1::${groups}]`,
      `[2002:${groups}::1]`,
      shifted(0xff10),
      shifted(0x1d7ce),
      dotted.replaceAll(".", "\u3002"),
      dotted.replaceAll(".", "%2e"),
      dotted.replace(/\d/g, (digit) => `%3${digit}`),
    ];
  };

  it.each(ADDRESSES.map((address) => [address.join("."), address] as const))("%s", (_, address) => {
    for (const host of spellings(address)) {
      expect([host, verdict(`https://${host}/`)]).toEqual([host, "host_ip_literal"]);
      expect([host, verdict(`https://${host}:443/x`)]).toEqual([host, "host_ip_literal"]);
      expect(verdict(`https://user@${host}/`)).toBe("url_userinfo");
      const sandbox = verdict(`http://${host}:8402/`, SANDBOX);
      expect([host, sandbox]).toEqual([host, host === "127.0.0.1" ? "ok http://127.0.0.1:8402/" : "url_scheme"]);
    }
  });
});

describe("honest URLs", () => {
  it("are many", () => expect(HONEST.length).toBeGreaterThanOrEqual(30));
  it.each(HONEST.map(([url, called = url]) => [url, called] as const))("%s", (url, called) => {
    expect(verdict(url)).toBe(`ok ${called}`);
    expect(verdict(url, SANDBOX)).toBe(`ok ${called}`);
  });
});

describe("limits", () => {
  const L = GUARD_LIMITS;
  const base = "https://api.acme.com/";
  const sized = (bytes: number) => base + "a".repeat(bytes - base.length);

  it("takes a URL of N bytes and refuses N + 1", () => {
    expect(verdict(sized(L.urlBytes))).toMatch(/^ok/);
    expect(verdict(sized(L.urlBytes + 1))).toBe("url_too_long");
  });

  it("counts bytes, as written and as called", () => {
    // Two bytes as written, six characters as called.
    const room = L.urlBytes - base.length;
    expect(verdict(base + "ü".repeat(Math.floor(room / 6)))).toMatch(/^ok/);
    expect(verdict(base + "ü".repeat(Math.floor(room / 6) + 1))).toBe("url_too_long");
    expect(verdict(base + "ü".repeat(Math.floor(room / 2) + 1))).toBe("url_too_long");
  });

  it("takes a host of N characters and refuses N + 1, and the same of a label", () => {
    const host = `${`${"a".repeat(49)}.`.repeat(4)}${"b".repeat(49)}.com`;
    expect(host).toHaveLength(L.hostChars);
    expect(verdict(`https://${host}/`)).toMatch(/^ok/);
    expect(verdict(`https://b${host}/`)).toBe("host_malformed");
    expect(verdict(`https://${"a".repeat(L.labelChars)}.com/`)).toMatch(/^ok/);
    expect(verdict(`https://${"a".repeat(L.labelChars + 1)}.com/`)).toBe("host_malformed");
  });
});

describe("policy", () => {
  it("lets loopback pass in the sandbox only, as two literal spellings with a port", () => {
    for (const url of ["http://127.0.0.1:8402/a?b", "http://localhost:1/", "http://127.0.0.1:8402"]) {
      expect(verdict(url, SANDBOX)).toMatch(/^ok/);
      expect(verdict(url)).toBe("url_scheme");
      expect(verdict(url, { ...POLICY, allowLoopback: false })).toBe("url_scheme");
    }
    const others = [
      "http://127.0.0.1/",
      "http://localhost/",
      "http://127.0.0.2:8402/",
      "http://127.1:8402/",
      "http://LOCALHOST:8402/",
      "http://localhost.:8402/",
      "http://foo.localhost:8402/",
      "http://[::1]:8402/",
      "http://0.0.0.0:8402/",
      "http://192.168.1.1:8402/",
      "http://localhost:8402@evil.com/",
      "http://user@localhost:8402/",
      "http://localhost.evil.com:8402/",
      "http://api.acme.com/",
      "http://localhost:99999/",
    ];
    for (const url of others) expect([url, verdict(url, SANDBOX)]).not.toEqual([url, expect.stringMatching(/^ok/)]);
  });

  it("lets only the named ports of loopback pass, where some are named", () => {
    const named = { ...SANDBOX, loopbackPorts: [8402, 80] };
    expect(verdict("http://127.0.0.1:8402/", named)).toBe("ok http://127.0.0.1:8402/");
    expect(verdict("http://localhost:80/", named)).toBe("ok http://localhost/");
    for (const port of [8401, 8403, 840, 1, 443])
      expect(verdict(`http://127.0.0.1:${port}/`, named)).toBe("url_scheme");
    expect(verdict("http://127.0.0.1:8402/", { ...SANDBOX, loopbackPorts: [] })).toBe("url_scheme");
    expect(verdict("http://127.0.0.1:8402/", { ...POLICY, loopbackPorts: [8402] })).toBe("url_scheme");
    expect(verdict("http://127.0.0.1:8402/", { ...named, ownHosts: ["localhost:8402"] })).toBe("host_own");
  });

  it("allows loopback for the value true only", () => {
    const loose = { ownHosts: [], allowLoopback: "false" as unknown as boolean };
    expect(verdict("http://127.0.0.1:8402/", loose)).toBe("url_scheme");
  });

  it("refuses the own port on loopback, under either name, when it is written with the port", () => {
    const own = { ownHosts: ["localhost", "127.0.0.1:8787"], allowLoopback: true };
    expect(verdict("http://127.0.0.1:8787/", own)).toBe("host_own");
    expect(verdict("http://localhost:8787/", own)).toBe("host_own");
    expect(verdict("http://localhost:8402/", own)).toBe("ok http://localhost:8402/");
    expect(verdict("http://localhost:80/", { ...own, ownHosts: ["localhost:80"] })).toBe("host_own");
    expect(verdict("http://localhost:80/", own)).toBe("ok http://localhost/");
  });

  it("reads own hosts as hosts are read, and throws on an entry that is none", () => {
    expect(verdict("https://xn--bcher-kva.de/", { ownHosts: ["Bücher.de."] })).toBe("host_own");
    expect(verdict("https://api.acme.com/", { ownHosts: ["", " "] })).toMatch(/^ok/);
    for (const entry of ["https://quetra.dev", "a b", "quetra.dev/x", "user@quetra.dev", "*", "x..dev", "::"]) {
      expect(() => guardUrl("https://api.acme.com/", { ownHosts: [entry] })).toThrow(TypeError);
    }
  });
});

describe("methods", () => {
  it("allows six, in any case, and gives them in upper case", () => {
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "patch", "Post"]) {
      expect(guardMethod(method)).toEqual({ ok: true, value: method.toUpperCase() });
    }
    const refused = [
      "CONNECT",
      "TRACE",
      "TRACK",
      "OPTIONS",
      "",
      " GET",
      "GET ",
      "GET\r\nX: 1",
      "po\u017ft",
      "G\u0000ET",
      "*",
    ];
    for (const method of refused) expect(guardMethod(method)).toEqual(refuse("method_not_allowed"));
  });

  it("refuses a body where fetch would throw", () => {
    expect(guardMethod("get", true)).toEqual(refuse("method_without_body"));
    expect(guardMethod("HEAD", true)).toEqual(refuse("method_without_body"));
    expect(guardMethod("DELETE", true).ok).toBe(true);
  });
});

describe("deployment", () => {
  it("judges without clock, network or randomness", () => {
    const fetched = vi.spyOn(globalThis, "fetch");
    for (const [, url] of hostile) expect(verdict(url)).toBe(verdict(url));
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });

  it("has one distinct sentence per reason", () => {
    const sentences = GUARD_REASONS.map((reason) => refuse(reason).error.message);
    expect(new Set(sentences).size).toBe(GUARD_REASONS.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});
