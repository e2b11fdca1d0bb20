import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS, readSettings, settingsView, wholeSettings } from "../../src/alerts/settings.ts";

describe("settings", () => {
  it("of nothing are the defaults, and come back as they were written", () => {
    expect(readSettings({})).toEqual({ ok: true, value: DEFAULT_SETTINGS });
    const read = readSettings({ large_transaction: { threshold: 0.5, thresholds: { JPY: 50_000 } } });
    if (!read.ok) throw new Error("refused");
    expect(read.value.large_transaction).toMatchObject({ threshold: 500_000, thresholds: { JPY: 50_000_000_000 } });
    expect(settingsView(read.value).large_transaction).toMatchObject({ threshold: 0.5, thresholds: { JPY: 50_000 } });
  });

  it.each([
    [{ large_transaction: { threshold: 0 } }, "/large_transaction/threshold"],
    [{ large_transaction: { threshold: -1 } }, "/large_transaction/threshold"],
    [{ large_transaction: { threshold: 0.0000001 } }, "/large_transaction/threshold"],
    [{ large_transaction: { thresholds: { USD: 1e20 } } }, "/large_transaction/thresholds/USD"],
    [{ large_transaction: { thresholds: { XYZ: 1 } } }, "/large_transaction/thresholds"],
    [{ repeated_rejections: { count: 60 } }, "/repeated_rejections/critical_count"],
  ])("refuse %j at %s", (input, path) => {
    expect(readSettings(input)).toMatchObject({ ok: false, error: [{ path }] });
  });

  it("that were stored before a kind existed have its defaults", () => {
    const { storage, ...older } = DEFAULT_SETTINGS;
    expect(wholeSettings(older).storage).toEqual(storage);
  });
});
