import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { normalizeCategory } from "../../src/policy/category.ts";
import { quote } from "../../src/policy/text.ts";

describe("normalizeCategory", () => {
  it.each([
    ["Compute", "compute"],
    ["  Cloud   Hosting ", "cloud hosting"],
    ["ＦＯＯＤ", "food"],
    ["Straße", "strasse"],
    ["food\u200b", "food"],
  ])("%o is %o", (text, expected) => expect(normalizeCategory(text)).toEqual({ ok: true, value: expected }));

  it.each(["", " ", "\u200b", "a\nb", "a\u202eb", "\ud800"])("refuses %o", (text) =>
    expect(normalizeCategory(text).ok).toBe(false),
  );

  it("holds its length at N and N + 1, before and after folding", () => {
    expect(normalizeCategory("a".repeat(LIMITS.categoryChars)).ok).toBe(true);
    expect(normalizeCategory("a".repeat(LIMITS.categoryChars + 1)).ok).toBe(false);
    expect(normalizeCategory("\ufdfa".repeat(4)).ok).toBe(false);
    expect(normalizeCategory("a".repeat(1_000_000)).ok).toBe(false);
  });
});

describe("quote", () => {
  it("escapes what could break out of a sentence, and cuts", () => {
    expect(quote('a"b\\c\u001b\u202e\u2028')).toBe('"a\\"b\\\\c\\u001b\\u{202e}\\u{2028}"');
    expect(quote("x".repeat(200), 10)).toBe(`"${"x".repeat(10)}…"`);
  });
});
