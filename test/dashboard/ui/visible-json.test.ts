import fc from "fast-check";
import { expect, it } from "vitest";
import { visibleJson } from "../../../src/dashboard/ui/visible-json.ts";

it("hides nothing, and is the same JSON", () => {
  const value = { text: "a\u202eb\u200bc\u0000\u{e0041}\u{e0101}", "k\u2066ey": ["line\nbreak"] };
  const shown = visibleJson(value);
  expect(shown).toContain("a\\u202eb\\u200bc\\u0000");
  expect(shown).not.toMatch(/\p{Cf}|\u{e0101}|(?!\n)\p{Cc}/u);
  expect(JSON.parse(shown)).toEqual(value);
});

it("is the same JSON for whatever there is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(JSON.parse(visibleJson(value)))).toBe(JSON.stringify(value));
    }),
  );
});
