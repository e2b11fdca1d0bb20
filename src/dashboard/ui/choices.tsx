import type { Child } from "hono/jsx";
import { type Choice, type FieldProps, NO_ERRORS } from "./form.tsx";

/** One of a few, each with what it means. */
export function Radios({
  name,
  label,
  value,
  choices,
  errors = NO_ERRORS,
}: Omit<FieldProps, "hint" | "optional"> & {
  readonly value?: string | undefined;
  readonly choices: readonly Choice[];
}) {
  const error = errors.get(name);
  return (
    <fieldset class={error === undefined ? "field choices" : "field choices wrong"}>
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label class="choice">
          <input type="radio" name={name} value={choice.value} checked={choice.value === value} />
          <span>
            <strong>{choice.label}</strong>
            {choice.hint === undefined ? null : <span class="hint">{choice.hint}</span>}
          </span>
        </label>
      ))}
      {error === undefined ? null : <p class="error">{error}</p>}
    </fieldset>
  );
}

/** Any of a few. */
export function Checks({
  name,
  label,
  values,
  choices,
  hint,
  errors = NO_ERRORS,
}: FieldProps & { readonly values: readonly string[]; readonly choices: readonly Choice[] }) {
  const error = errors.get(name);
  return (
    <fieldset class={error === undefined ? "field checks" : "field checks wrong"}>
      <legend>{label}</legend>
      {hint === undefined ? null : <p class="hint">{hint}</p>}
      <div class="check-list">
        {choices.map((choice) => (
          <label class="check">
            <input type="checkbox" name={name} value={choice.value} checked={values.includes(choice.value)} />
            <span>
              {choice.label}
              {choice.hint === undefined ? null : <span class="hint">{choice.hint}</span>}
            </span>
          </label>
        ))}
      </div>
      {error === undefined ? null : <p class="error">{error}</p>}
    </fieldset>
  );
}

export const Check = ({
  name,
  label,
  checked,
  hint,
}: {
  readonly name: string;
  readonly label: Child;
  readonly checked: boolean;
  readonly hint?: Child;
}) => (
  <label class="check">
    <input type="checkbox" name={name} value="on" checked={checked} />
    <span>
      {label}
      {hint === undefined ? null : <span class="hint">{hint}</span>}
    </span>
  </label>
);
