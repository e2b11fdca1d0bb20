import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { REASON_CODES } from "../../src/policy/reasons.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/reason-codes.md"), "utf8");

/** The first column of the first table below a heading. */
function codesUnder(heading: string): string[] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map((match) => match[1] ?? "");
}

describe("docs/reason-codes.md", () => {
  it("lists every reason code, and nothing else, in the order of a decision", () => {
    expect(codesUnder("Reason codes")).toEqual([...REASON_CODES]);
  });

  it("gives each of them a meaning and something to do", () => {
    const section = text.split("\n## Reason codes\n")[1]?.split("\n## ")[0] ?? "";
    const rows = section.split("\n").filter((line) => line.startsWith("| `"));
    expect(rows).toHaveLength(REASON_CODES.length);
    for (const row of rows)
      expect(
        row.split(/(?<!\\)\|/).map((cell) => cell.trim()),
        row,
      ).toSatisfy(hasThreeCells);
  });
});

const hasThreeCells = (cells: readonly string[]): boolean =>
  cells.length === 5 && cells.slice(1, 4).every((cell) => cell.length > 2);
