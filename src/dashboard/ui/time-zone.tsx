import { type FieldErrors, Input } from "./form.tsx";

/** A time zone by its name, with suggestions while one types. `guess`: a script may put in the browser's own. */
export const TimeZoneField = ({
  value,
  hint,
  errors,
  guess = false,
}: {
  readonly value: string;
  readonly hint: string;
  readonly errors: FieldErrors;
  readonly guess?: boolean;
}) => (
  <div data-guess-time-zone={guess || undefined}>
    <Input name="timezone" label="Time zone" value={value} hint={hint} list="time-zones" required errors={errors} />
    <datalist id="time-zones">
      {["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")].map((zone) => (
        <option value={zone} />
      ))}
    </datalist>
  </div>
);
