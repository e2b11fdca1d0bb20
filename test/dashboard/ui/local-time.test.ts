import { describe, expect, it } from "vitest";
import { instantOfLocal, localText } from "../../../src/dashboard/ui/local-time.ts";

describe("times as people type them", () => {
  it.each([
    ["2026-11-21T08:00", "UTC", 0, "2026-11-21T08:00:00.000Z"],
    ["2026-11-21T08:00:30", "UTC", 0, "2026-11-21T08:00:30.000Z"],
    ["2026-11-21", "Europe/Ljubljana", 0, "2026-11-20T23:00:00.000Z"],
    ["2026-07-04", "America/New_York", 1, "2026-07-05T04:00:00.000Z"],
    ["2026-12-31", "Europe/Ljubljana", 1, "2026-12-31T23:00:00.000Z"],
    // Skipped by the clock: the moment of the jump. Shown twice: the earlier one.
    ["2026-03-29T02:30", "Europe/Ljubljana", 0, "2026-03-29T01:00:00.000Z"],
    ["2026-10-25T02:30", "Europe/Ljubljana", 0, "2026-10-25T00:30:00.000Z"],
  ])("%s in %s, %i days later, is %s", (text, timezone, days, expected) => {
    expect(instantOfLocal(text, timezone, days)).toBe(expected);
  });

  it.each(["", "soon", "2026-13-01", "2026-11-21T25:00", "2026-11-21T08:00Z", "21.11.2026"])(
    "%j stays as it is, for the operation to refuse",
    (text) => expect(instantOfLocal(text, "UTC")).toBe(text),
  );

  it("are shown as the field wants them, and read back", () => {
    const at = Date.UTC(2026, 6, 4, 12, 34);
    expect(localText(at, "Europe/Ljubljana")).toBe("2026-07-04T14:34");
    expect(instantOfLocal(localText(at, "Europe/Ljubljana"), "Europe/Ljubljana")).toBe(new Date(at).toISOString());
  });
});
