import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { instantsOfLocal, isTimeZone, localTimeAt, offsetIntervalAt } from "../../src/policy/zone.ts";
import { at } from "./fixtures.ts";
import { wallClock } from "./model.ts";

// Many runs; the default of five seconds is for an idle machine.
vi.setConfig({ testTimeout: 300_000 });

const iso = (instants: number[]) => instants.map((instant) => new Date(instant).toISOString().slice(0, 16));

describe("isTimeZone", () => {
  it.each([
    "UTC",
    "Europe/Berlin",
    "America/Argentina/Buenos_Aires",
    "Etc/GMT+5",
    "Asia/Calcutta",
    "Australia/Lord_Howe",
  ])("knows %s", (zone) => expect(isTimeZone(zone)).toBe(true));
  it.each([
    "",
    "+05:00",
    "-0300",
    "UTC+1",
    "Mars/Olympus",
    "__proto__",
    " UTC",
    "Europe/Berlin ",
    "Europe/../UTC",
    "a".repeat(65),
  ])("does not know %o", (zone) => expect(isTimeZone(zone)).toBe(false));
});

describe("localTimeAt", () => {
  it.each([
    ["2026-03-08T06:59:59.999Z", "America/New_York", 0, 119],
    ["2026-03-08T07:00:00Z", "America/New_York", 0, 180],
    ["2026-11-01T05:59:00Z", "America/New_York", 0, 119],
    ["2026-11-01T06:00:00Z", "America/New_York", 0, 60],
    ["2026-04-04T14:59:00Z", "Australia/Lord_Howe", 0, 119],
    ["2026-04-04T15:00:00Z", "Australia/Lord_Howe", 0, 90],
    ["2026-10-03T15:30:00Z", "Australia/Lord_Howe", 0, 150],
    ["2011-12-30T09:59:00Z", "Pacific/Apia", 4, 1439],
    ["2011-12-30T10:00:00Z", "Pacific/Apia", 6, 0],
    ["1969-12-31T23:59:00Z", "UTC", 3, 1439],
    ["1970-01-01T00:00:00Z", "UTC", 4, 0],
  ])("at %s in %s", (instant, zone, weekday, minuteOfDay) => {
    expect(localTimeAt(zone, at(instant))).toEqual({ weekday, minuteOfDay });
  });

  it("agrees with Intl at any instant", () => {
    const zones = Intl.supportedValuesOf("timeZone");
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at("1975-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z") }),
        (zone, now) => {
          const { weekday, hour, minute } = wallClock(zone, now);
          expect(localTimeAt(zone, now)).toEqual({ weekday, minuteOfDay: hour * 60 + minute });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("finds every change of offset that Intl shows, hour by hour over years", () => {
    for (const [zone, from, until] of [
      ["Africa/Casablanca", "2021-01-01", "2022-12-31"],
      ["Asia/Gaza", "2022-01-01", "2023-12-31"],
      ["Africa/Cairo", "2010-01-01", "2014-12-31"],
    ] as const) {
      for (let now = at(`${from}T00:30:00Z`); now < at(`${until}T00:00:00Z`); now += 3_600_000) {
        const { hour, minute } = wallClock(zone, now);
        if (localTimeAt(zone, now).minuteOfDay !== hour * 60 + minute) {
          expect(`${zone} ${new Date(now).toISOString()}`).toBe("right");
        }
      }
    }
  });

  it("costs no formatter call while the offset stays, also when the clock steps back", () => {
    const now = at("2026-11-21T14:30:00Z");
    localTimeAt("Europe/Paris", now);
    const format = vi.spyOn(Intl.DateTimeFormat.prototype as { readonly format: unknown }, "format", "get");
    const parts = vi.spyOn(Intl.DateTimeFormat.prototype, "formatToParts");
    for (const step of [1, -5_000, 60_000, -86_400_000]) localTimeAt("Europe/Paris", now + step);
    expect([format.mock.calls.length, parts.mock.calls.length]).toEqual([0, 0]);
    vi.restoreAllMocks();
  });
});

describe("instantsOfLocal", () => {
  it.each([
    ["America/New_York", "2026-11-01T01:30", ["2026-11-01T05:30", "2026-11-01T06:30"]],
    ["America/New_York", "2026-03-08T02:30", ["2026-03-08T07:00"]],
    ["America/New_York", "2026-03-08T03:00", ["2026-03-08T07:00"]],
    ["Pacific/Apia", "2011-12-30T12:00", ["2011-12-30T10:00"]],
    ["UTC", "2026-03-08T03:00", ["2026-03-08T03:00"]],
  ])("in %s at %s", (zone, local, expected) =>
    expect(iso(instantsOfLocal(zone, at(`${local}:00Z`)))).toEqual(expected),
  );
});

describe("offsetIntervalAt", () => {
  it("is infinite where nothing changes any more, and throws for an unknown zone", () => {
    expect(offsetIntervalAt("UTC", 0)).toEqual({
      start: Number.NEGATIVE_INFINITY,
      end: Number.POSITIVE_INFINITY,
      offset: 0,
    });
    expect(() => offsetIntervalAt("Nope/Nowhere", 0)).toThrow(RangeError);
    expect(() => offsetIntervalAt("Nope/Nowhere", Number.NaN)).toThrow(RangeError);
  });
});
