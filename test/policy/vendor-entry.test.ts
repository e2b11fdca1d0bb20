import { describe, expect, it } from "vitest";
import { validateVendorEntry } from "../../src/policy/vendor-entry.ts";

const entry = (text: string) => {
  const result = validateVendorEntry(text);
  return result.ok ? result.value : `refused: ${result.error}`;
};

describe("validateVendorEntry", () => {
  it.each([
    ["https://Example.com/x", "example.com"],
    ["api.example.co.uk", "api.example.co.uk"],
    ["foo.github.io", "foo.github.io"],
    ["Acme Inc.", "acme inc."],
    ["amazon", "amazon"],
    ["internal.corp", "internal.corp"],
    ["10.0.0.1", "10.0.0.1"],
    ["[::1]", "[::1]"],
    ["www.ck", "www.ck"],
  ])("takes %o as %o", (text, expected) => expect(entry(text)).toBe(expected));

  it.each([
    "com",
    "com.",
    "COM",
    "uk",
    "co.uk",
    "https://co.uk/",
    "github.io",
    "vercel.app",
    "x.ck",
    "k12.ca.us",
    "公司.cn",
  ])("refuses the public suffix %o", (text) => expect(entry(text)).toMatch(/public suffix/));

  it.each(["*.example.com", ".com", "*", "https://*.example.com", "*.com"])("refuses the wildcard %o", (text) =>
    expect(entry(text)).toMatch(/wildcard/),
  );

  it.each(["", "a\u202eb", "exa..mple.com"])("refuses %o as no vendor", (text) =>
    expect(entry(text)).toMatch(/^refused/),
  );
});
