import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const CSS = readFileSync(join(import.meta.dirname, "../../../src/dashboard/assets/app.css"), "utf8");

type Palette = Readonly<Record<string, string>>;

/** The tokens of the block that begins with this selector. */
function paletteOf(selector: string): Palette {
  const from = CSS.indexOf(`${selector} {`);
  if (from === -1) throw new Error(`there is no ${selector}`);
  const block = CSS.slice(from, CSS.indexOf("}", from));
  return Object.fromEntries(
    [...block.matchAll(/--([a-z0-9-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!]),
  );
}

const LIGHT = paletteOf(":root");
const DARK = paletteOf(':root[data-theme="dark"]');
const DARK_BY_SYSTEM = paletteOf('  :root:not([data-theme="light"])');

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  if (!/^#[0-9a-f]{6}$/.test(hex)) throw new Error(`not a colour: ${hex}`);
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(palette: Palette, a: string, b: string): number {
  const [high, low] = [luminance(palette[a]!), luminance(palette[b]!)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const TEXT: readonly (readonly [string, string])[] = [
  ...["bg", "rail", "card", "quiet"].flatMap((ground) => [["ink", ground] as const, ["soft", ground] as const]),
  ...["bg", "card", "quiet"].map((ground) => ["link", ground] as const),
  ["go-ink", "go"],
  ["go-ink", "go-hover"],
  ["bad-go-ink", "bad-go"],
  ["bad-ink", "card"],
  ["bad-ink", "bg"],
  ["warn-ink", "card"],
  ["warn-ink", "rail"],
  ["good-ink", "card"],
  ["good-ink", "rail"],
  ...["good", "warn", "bad", "info"].map((tone) => [`${tone}-ink`, `${tone}-bg`] as const),
];
const SHAPES: readonly (readonly [string, string])[] = [
  ["edge", "card"],
  ["edge", "bg"],
  ["focus", "card"],
  ["focus", "bg"],
  ["focus", "rail"],
  ["bad-line", "card"],
  ...[1, 2, 3, 4, 5, 6].map((at) => [`chart-${at}`, "card"] as const),
];

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
])("the %s palette", (_, palette) => {
  it.each(TEXT)("lets %s be read on %s", (text, ground) => {
    expect(contrast(palette, text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(SHAPES)("lets %s be seen on %s", (shape, ground) => {
    expect(contrast(palette, shape, ground)).toBeGreaterThanOrEqual(3);
  });
});

it("is as dark by choice as by the system, and has every colour twice", () => {
  expect(DARK).toEqual(DARK_BY_SYSTEM);
  expect(Object.keys(DARK).sort()).toEqual(Object.keys(LIGHT).sort());
});

it("loads nothing", () => {
  expect(CSS).not.toMatch(/url\(|@import|image-set\(|@font-face/);
});
