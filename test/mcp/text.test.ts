import { describe, expect, it } from "vitest";
import { cleanJson, cleanText, hasUnsafeCharacters } from "../../src/mcp/text.ts";

const HOSTILE = [
  ["NUL", "\u0000"],
  ["escape", "\u001B"],
  ["DEL", "\u007F"],
  ["C1 control", "\u009B"],
  ["zero-width space", "\u200B"],
  ["zero-width joiner", "\u200D"],
  ["word joiner", "\u2060"],
  ["byte order mark", "\uFEFF"],
  ["soft hyphen", "\u00AD"],
  ["right-to-left override", "\u202E"],
  ["isolate", "\u2066"],
  ["Arabic letter mark", "\u061C"],
  ["tag letter", "\u{E0041}"],
  ["supplementary variation selector", "\u{E0101}"],
] as const;

describe("cleanText", () => {
  it.each(HOSTILE)("removes %s", (_, character) => {
    expect(hasUnsafeCharacters(`a${character}b`)).toBe(true);
    expect(cleanText(`a${character}b`)).toBe("ab");
  });

  it.each(["\n", "\r\n", "\t", "\u0085", "\u2028", "\u2029"])("turns the break %j into a space", (character) => {
    expect(cleanText(`a${character}b`)).toBe("a b");
  });

  it.each(["plain", "Ünïcödé", "日本語", "عربى", "𝕬", "😀", "❤️", ""])("leaves %j alone", (text) => {
    expect(hasUnsafeCharacters(text)).toBe(false);
    expect(cleanText(text)).toBe(text);
  });

  it("caps at N and not at N + 1, never through a surrogate pair", () => {
    expect(cleanText("abcd", 4)).toBe("abcd");
    expect(cleanText("abcde", 4)).toBe("abc…");
    expect(cleanText("ab😀de", 4)).toBe("ab…");
  });
});

it("cleanJson cleans strings and keys at any depth and keeps the rest", () => {
  const value = { n: 1, b: true, z: null, list: ["a\u202Eb", { "k\u200By": "v\u0007" }] };
  expect(cleanJson(value)).toEqual({ n: 1, b: true, z: null, list: ["ab", { ky: "v" }] });
});
