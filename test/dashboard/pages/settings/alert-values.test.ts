import { describe, expect, it } from "vitest";
import { ALERT_KINDS } from "../../../../src/alerts/kinds.ts";
import { DEFAULT_SETTINGS, settingsView } from "../../../../src/alerts/settings.ts";
import { DashboardForm } from "../../../../src/dashboard/form.ts";
import { ALERT_GROUPS, ALERT_PARTS } from "../../../../src/dashboard/pages/settings/alert-parts.ts";
import {
  alertBody,
  alertField,
  alertSummary,
  alertValues,
} from "../../../../src/dashboard/pages/settings/alert-values.ts";
import { micros } from "../../../../src/money.ts";
import { alertSettingsInput } from "../../../../src/schema/alert.ts";

const formOf = (values: Iterable<readonly [string, string]>) =>
  new DashboardForm(new URLSearchParams([...values].map(([name, text]) => [name, text])));

describe("the form of alerts", () => {
  it("holds every kind, each once", () => {
    const all = [...ALERT_KINDS].sort();
    expect(ALERT_PARTS.map(({ kind }) => kind).sort()).toEqual(all);
    expect(ALERT_GROUPS.flatMap(({ kinds }) => kinds).sort()).toEqual(all);
  });

  it("saves every parameter of every kind as it shows it", () => {
    const settings = settingsView({
      ...DEFAULT_SETTINGS,
      large_transaction: {
        ...DEFAULT_SETTINGS.large_transaction,
        thresholds: { EUR: micros(400_000_000), JPY: micros(1_500_000) },
      },
      rate_spike: { ...DEFAULT_SETTINGS.rate_spike, pause_mandate: true, cooldown_minutes: 0 },
      new_vendor: { enabled: false, cooldown_minutes: 90 },
      unusual_amount: { ...DEFAULT_SETTINGS.unusual_amount, score: 7.25 },
    });
    const body = { settings: alertBody(formOf(alertValues(settings))) };
    expect(body.settings).toEqual(settings);
    expect(alertSettingsInput.safeParse(body).success).toBe(true);
  });

  it("refuses an emptied number, and what is no number, instead of taking the default", () => {
    for (const text of ["", "ten"]) {
      const values = new Map([...alertValues(settingsView(DEFAULT_SETTINGS)), ["rate_spike.max_per_minute", text]]);
      const read = alertSettingsInput.safeParse({ settings: alertBody(formOf(values)) });
      expect(read.error?.issues.map(({ path }) => path.join("/"))).toEqual(["settings/rate_spike/max_per_minute"]);
    }
  });

  it("takes thresholds in the ways people write them, and hands on what is none", () => {
    const threshold = (text: string) => alertBody(formOf([["large_transaction.thresholds", text]])).large_transaction;
    expect(threshold("eur 400\n\n JPY: 60000 \nGBP=12.50")).toMatchObject({
      thresholds: { EUR: 400, JPY: 60_000, GBP: 12.5 },
    });
    expect(threshold("EUR 400\nlots")).toMatchObject({ thresholds: { EUR: 400, lots: "lots" } });
  });

  it("names the field of a pointer", () => {
    expect(alertField("/settings/large_transaction/thresholds/EUR")).toBe("large_transaction.thresholds");
    expect(alertField("/settings/rate_spike/max_per_minute")).toBe("rate_spike.max_per_minute");
  });

  it("says in a line what is set", () => {
    const values = new Map([...alertValues(settingsView(DEFAULT_SETTINGS)), ["rate_spike.pause_mandate", "on"]]);
    const part = ALERT_PARTS.find(({ kind }) => kind === "rate_spike")!;
    expect(alertSummary(part, values)).toBe("More than 10 a minute · pauses the mandate");
  });
});
