import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { locatingPage } from "../../../src/edge/approve/page.tsx";
import { POLICY, STYLE } from "../../../src/edge/approve/style.ts";

/** The colours of one scheme, by their names. */
const schemeOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(/--([\w-]+):(#[0-9a-f]{3,6})/g)].map(([, name = "", value = ""]) => [name, value]));

const [light = "", dark = ""] = STYLE.split("@media (prefers-color-scheme:dark)");
const LIGHT = schemeOf(light);
const DARK = schemeOf(dark.split("}}")[0]!);

/** Relative luminance, WCAG 2.2. */
function luminance(colour: string): number {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit).join("") : colour.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

describe("the style of the pages for people", () => {
  it.each([
    ["light", LIGHT],
    ["dark", DARK],
  ] as const)("can be read in the %s scheme", (_name, colours) => {
    const ratio = (front: string, back: string) => contrast(colours.get(front)!, colours.get(back)!);
    const texts = [
      ["ink", "bg"],
      ["ink", "card"],
      ["ink", "quiet"],
      ["soft", "bg"],
      ["soft", "card"],
      ["soft", "quiet"],
      ["go-ink", "go"],
      ["go-ink", "go-hover"],
      ["warn-ink", "warn-bg"],
      ["bad-ink", "bad-bg"],
      ["bad-ink", "card"],
      ["ok-ink", "ok-bg"],
    ] as const;
    for (const [front, back] of texts) expect(ratio(front, back), `${front} on ${back}`).toBeGreaterThanOrEqual(4.5);
    // What is no text: borders of fields and buttons, and the ring of the focus.
    for (const edge of ["soft", "focus", "go"]) expect(ratio(edge, "card"), edge).toBeGreaterThanOrEqual(3);
  });

  it("is the very text that the policy names, and is in the page unchanged", async () => {
    const [, shown = ""] = /<style>(.*?)<\/style>/s.exec(await locatingPage(null).text()) ?? [];
    expect(shown).toBe(STYLE);
    expect(POLICY).toContain(`'sha256-${createHash("sha256").update(shown).digest("base64")}'`);
    expect(STYLE).not.toMatch(/url\(|@import|expression|https?:/);
  });
});
