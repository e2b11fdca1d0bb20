import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Period, periodAt, resetsAt } from "../../src/policy/periods.ts";
import { PERIOD_KINDS, type PeriodKind } from "../../src/policy/types.ts";
import { at } from "./fixtures.ts";
import { localLabel } from "./model.ts";
import table from "./period-table.json";

// Many runs; the default of five seconds is for an idle machine.
vi.setConfig({ testTimeout: 300_000 });

const RUNS = Number(process.env.FC_RUNS ?? 300);
const CALENDAR = ["hourly", "daily", "weekly", "monthly"] as const;

type Row = { zone: string; at: string } & Record<
  (typeof CALENDAR)[number],
  [label: string, start: string, end: string]
>;
/** Made by period-table.py: Python's zoneinfo, scanning minute by minute. */
const TABLE = table as unknown as Row[];

const show = (period: Period) => [
  period.label,
  new Date(period.start).toISOString().replace(".000", ""),
  new Date(period.end).toISOString().replace(".000", ""),
];

describe("periodAt", () => {
  it.each(TABLE)("equals the independent table: $zone at $at", (row) => {
    for (const kind of CALENDAR) expect(show(periodAt(kind, row.zone, at(row.at))), kind).toEqual(row[kind]);
  });

  it("gives the repeated hour at the end of daylight saving one budget", () => {
    const first = periodAt("hourly", "America/New_York", at("2026-11-01T05:30:00Z"));
    const second = periodAt("hourly", "America/New_York", at("2026-11-01T06:30:00Z"));
    expect(second).toEqual(first);
    expect(first.end - first.start).toBe(2 * 3_600_000);
  });

  it("answers right when the clock steps back and forth over a boundary", () => {
    const before = at("2026-11-30T23:59:59.999Z");
    for (const [instant, label] of [
      [before, "2026-11"],
      [before + 1, "2026-12"],
      [before, "2026-11"],
      [before + 2, "2026-12"],
      [before - 86_400_000 * 31, "2026-10"],
      [before + 1, "2026-12"],
    ] as const) {
      expect(periodAt("monthly", "UTC", instant).label).toBe(label);
    }
  });

  it("never ends a total", () => {
    const total = periodAt("total", "UTC", 0);
    expect(total).toEqual({ label: "total", start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY });
    expect([resetsAt("total", "UTC", 0), resetsAt("daily", "UTC", 0)]).toEqual([null, 86_400_000]);
  });

  it("throws for an unknown zone", () => expect(() => periodAt("daily", "Nope/Nowhere", 0)).toThrow(RangeError));

  it("costs no calendar or formatter call inside a known period", () => {
    const now = at("2026-11-21T14:30:00Z");
    for (const kind of PERIOD_KINDS) periodAt(kind, "Europe/Berlin", now);
    const format = vi.spyOn(Intl.DateTimeFormat.prototype as { readonly format: unknown }, "format", "get");
    const parts = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
    const iso = vi.spyOn(Date.prototype, "toISOString");
    for (let ms = 0; ms < 1_000; ms++) for (const kind of PERIOD_KINDS) periodAt(kind, "Europe/Berlin", now + ms);
    expect([format, parts, iso].map((spy) => spy.mock.calls.length)).toEqual([0, 0, 0]);
    vi.restoreAllMocks();
  });

  it("stays right over more zones than the cache holds", () => {
    for (const zone of [...Intl.supportedValuesOf("timeZone"), "America/New_York"]) {
      const now = at("2026-11-01T05:30:00Z");
      expect(localLabel("daily", zone, now)).toBe(periodAt("daily", zone, now).label);
    }
  });

  it("labels every instant as a wall clock does, and its bounds hold exactly the label", () => {
    const zones = [
      "America/New_York",
      "Australia/Lord_Howe",
      "Pacific/Apia",
      "America/St_Johns",
      "Africa/Cairo",
      "Asia/Gaza",
    ];
    const instants = fc.integer({ min: at("2005-01-01T00:00:00Z"), max: at("2032-01-01T00:00:00Z") });
    fc.assert(
      fc.property(fc.constantFrom<PeriodKind>(...CALENDAR), fc.constantFrom(...zones), instants, (kind, zone, now) => {
        const { label, start, end } = periodAt(kind, zone, now);
        expect(localLabel(kind, zone, now)).toBe(label);
        expect(now >= start && now < end).toBe(true);
        expect([localLabel(kind, zone, start), localLabel(kind, zone, end - 1)]).toEqual([label, label]);
        expect(localLabel(kind, zone, end)).not.toBe(label);
        expect(localLabel(kind, zone, start - 1)).not.toBe(label);
        expect([periodAt(kind, zone, start), periodAt(kind, zone, end - 1)]).toEqual([
          { label, start, end },
          { label, start, end },
        ]);
      }),
      { numRuns: RUNS },
    );
  });
});
