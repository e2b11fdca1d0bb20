import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { MemorySink } from "../../src/rehearsal/memory-sink.ts";
import type { Cell } from "../../src/rehearsal/sink.ts";

const DAY = 86_400_000;
const cell = (over: Partial<Cell> = {}): Cell => ({
  kind: "real",
  name: "approved",
  rule: "",
  currency: "USD",
  ...over,
});

describe("days of a report", () => {
  it("are those of the zone, each with its own sums", () => {
    const sink = new MemorySink("Europe/Ljubljana");
    sink.count(cell(), 5, Date.parse("2026-11-20T22:59:59Z"));
    sink.count(cell(), 7, Date.parse("2026-11-20T23:00:00Z"));
    sink.count(cell(), 1, Date.parse("2026-11-20T23:30:00Z"));
    sink.count(cell({ kind: "rehearsed", name: "rejected" }), 7, Date.parse("2026-11-20T23:00:00Z"));
    expect(sink.days()).toEqual([
      { day: "2026-11-20", cells: [{ ...cell(), n: 1, amount: 5 }] },
      {
        day: "2026-11-21",
        cells: [
          { ...cell(), n: 2, amount: 8 },
          { ...cell({ kind: "rehearsed", name: "rejected" }), n: 1, amount: 7 },
        ],
      },
    ]);
  });

  it("leave out what has no instant, and the whole keeps it", () => {
    const sink = new MemorySink();
    sink.count(cell(), 5);
    expect([sink.days(), sink.cells().length]).toEqual([[], 1]);
  });

  it("rehearsalDays: the first of them are told, all are in the whole", () => {
    const sink = new MemorySink();
    for (let day = 0; day < LIMITS.rehearsalDays; day++) sink.count(cell(), 1, day * DAY);
    expect(sink.days()).toHaveLength(LIMITS.rehearsalDays);
    sink.count(cell(), 1, LIMITS.rehearsalDays * DAY);
    sink.count(cell(), 1, 0);
    expect([sink.days().length, sink.days()[0]?.cells[0]?.n, sink.cells()[0]?.n]).toEqual([
      LIMITS.rehearsalDays,
      2,
      LIMITS.rehearsalDays + 2,
    ]);
  });
});
