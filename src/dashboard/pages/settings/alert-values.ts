import type { AnswerOf, ApiRefusal } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";
import { ALERT_PARTS, type AlertPart } from "./alert-parts.ts";

/** Text of every field by its name (`rate_spike.max_per_minute`): as the settings are, or as they were typed. */
export type AlertValues = ReadonlyMap<string, string>;

export const fieldName = (kind: string, name: string): string => `${kind}.${name}`;

export function alertValues(settings: AnswerOf<"getAlertSettings">["settings"]): AlertValues {
  const values = new Map<string, string>();
  for (const [kind, parameters] of Object.entries(settings)) {
    for (const [name, value] of Object.entries(parameters as Readonly<Record<string, unknown>>)) {
      if (value === true) values.set(fieldName(kind, name), "on");
      else if (typeof value === "number") values.set(fieldName(kind, name), String(value));
      else if (typeof value === "object" && value !== null) {
        const lines = Object.entries(value).map(([currency, amount]) => `${currency} ${amount}`);
        values.set(fieldName(kind, name), lines.join("\n"));
      }
    }
  }
  return values;
}

export const typedAlerts = (form: DashboardForm): AlertValues =>
  new Map(form.names().map((name) => [name, form.text(name)]));

/** Every parameter of every kind stands in the form, so what is missing there was switched off or emptied. */
export function alertBody(form: DashboardForm): Record<string, Record<string, unknown>> {
  return Object.fromEntries(
    ALERT_PARTS.map(({ kind, pauses, numbers, perCurrency }) => {
      const field = (name: string) => fieldName(kind, name);
      return [
        kind,
        {
          enabled: form.checked(field("enabled")),
          cooldown_minutes: form.number(field("cooldown_minutes")) ?? null,
          ...(pauses === undefined ? {} : { pause_mandate: form.checked(field("pause_mandate")) }),
          // An emptied number is asked for again: left out, the operation would silently take its default.
          ...Object.fromEntries(numbers.map(({ name }) => [name, form.number(field(name)) ?? null])),
          ...(perCurrency ? { thresholds: thresholdsOf(form.text(field("thresholds"))) } : {}),
        },
      ];
    }),
  );
}

/** "EUR 400", one a line. A line that is none goes on as it is, and the operation says what is wrong with it. */
function thresholdsOf(text: string): Record<string, number | string> {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => {
      const [, currency, amount] = /^([A-Za-z]{3})[\s:=]+(\d{1,15}(?:\.\d{1,20})?)$/.exec(line) ?? [];
      return currency === undefined ? [line, line] : [currency.toUpperCase(), Number(amount)];
    }),
  );
}

/** What is set apart from on and off, in one line. */
export function alertSummary({ kind, numbers, pauses, perCurrency }: AlertPart, values: AlertValues): string {
  const value = (name: string) => values.get(fieldName(kind, name)) ?? "";
  const parts = numbers.map(
    ({ name, label, unit }) => `${label} ${value(name)}${unit === undefined ? "" : ` ${unit}`}`,
  );
  if (perCurrency && value("thresholds") !== "") parts.push(value("thresholds").replaceAll("\n", ", "));
  if (value("cooldown_minutes") !== "") parts.push(`not again for ${value("cooldown_minutes")} minutes`);
  if (pauses !== undefined && value("pause_mandate") !== "") parts.push("pauses the mandate");
  return parts.join(" · ");
}

/** What the shape says of a line that is no threshold speaks of records and keys; this says what a line looks like. */
export const inLines = (refusal: ApiRefusal): ApiRefusal => ({
  ...refusal,
  errors: refusal.errors.map(({ pointer, message }) =>
    pointer.startsWith("/settings/large_transaction/thresholds") && message.startsWith("Invalid ")
      ? { pointer, message: "Write a currency and an amount on each line, for example EUR 400." }
      : { pointer, message },
  ),
});

/** A pointer as the name of its field: `/settings/large_transaction/thresholds/EUR` is in the one that holds them all. */
export const alertField = (pointer: string): string =>
  pointer
    .split("/")
    .filter((part) => part !== "" && part !== "settings")
    .slice(0, 2)
    .join(".");
