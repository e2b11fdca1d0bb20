import { describe, expect, it } from "vitest";
import { guardUrl } from "../../src/payments/guard.ts";
import { guardPolicy } from "../../src/payments/policy.ts";

const verdict = (url: string, env: Parameters<typeof guardPolicy>[0]): string => {
  const judged = guardUrl(url, guardPolicy(env));
  return judged.ok ? "ok" : judged.error.reason;
};

describe("guardPolicy", () => {
  it("never calls a name of its own, nor one under it", () => {
    const env = { ALLOWED_HOSTS: "localhost, quetra.dev" };
    expect(verdict("https://quetra.dev/", env)).toBe("host_own");
    expect(verdict("https://a.quetra.dev/", env)).toBe("host_own");
    expect(verdict("https://api.acme.com/", env)).toBe("ok");
    expect(verdict("https://api.acme.com/", {})).toBe("ok");
    expect(() => verdict("https://api.acme.com/", { ALLOWED_HOSTS: "https://quetra.dev" })).toThrow(TypeError);
  });

  it("keeps loopback closed without ports, and opens exactly those that are named", () => {
    expect(verdict("http://127.0.0.1:8402/", { ALLOWED_HOSTS: "localhost,127.0.0.1" })).toBe("url_scheme");
    const env = { ALLOWED_HOSTS: "localhost,127.0.0.1", SANDBOX_PORTS: "8402, 8545" };
    expect(verdict("http://127.0.0.1:8402/", env)).toBe("ok");
    expect(verdict("http://localhost:8545/", env)).toBe("ok");
    for (const port of [8401, 8403, 80, 22, 84]) expect(verdict(`http://localhost:${port}/`, env)).toBe("url_scheme");
    expect(verdict("http://10.0.0.1:8402/", env)).toBe("url_scheme");
    expect(verdict("https://127.0.0.1:8402/", env)).toBe("host_ip_literal");
  });

  it("opens nothing for an entry that is no port", () => {
    for (const SANDBOX_PORTS of ["", " ", ",", "*", "0", "65536", "0x50", "80-90", "-1", "8e3", "true"]) {
      expect([SANDBOX_PORTS, verdict("http://127.0.0.1:8000/", { SANDBOX_PORTS })]).toEqual([
        SANDBOX_PORTS,
        "url_scheme",
      ]);
    }
    expect(verdict("http://127.0.0.1:65535/", { SANDBOX_PORTS: "x,65535" })).toBe("ok");
  });

  it("follows a change of the variables", () => {
    expect(verdict("http://127.0.0.1:8000/", { SANDBOX_PORTS: "8000" })).toBe("ok");
    expect(verdict("http://127.0.0.1:8000/", { SANDBOX_PORTS: "8001" })).toBe("url_scheme");
    expect(verdict("http://127.0.0.1:8000/", { SANDBOX_PORTS: "8000", ALLOWED_HOSTS: "localhost:8000" })).toBe(
      "host_own",
    );
  });
});
