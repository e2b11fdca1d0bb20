import type { Child } from "hono/jsx";
import { holdsKey } from "../../edge/json-body.ts";
import type { ApiRefusal } from "../api.ts";
import type { Visit } from "../route.ts";
import { fieldWords } from "./field-words.ts";
import { Notice } from "./parts.tsx";

/** A form that posts to a route of ours, with its token. */
export const Form = ({
  visit,
  action,
  class: className,
  autocomplete = "off",
  children,
}: {
  readonly visit: Pick<Visit, "csrf">;
  /** A path of ours; left out: this page's own. */
  readonly action?: string;
  readonly class?: string;
  /** `on` where a password manager should help. */
  readonly autocomplete?: "on" | "off";
  readonly children?: Child;
}) => (
  <form method="post" action={action} class={className} autocomplete={autocomplete}>
    <input type="hidden" name="csrf" value={visit.csrf} />
    {children}
  </form>
);

/** What is wrong with which field of a form: by its name. */
export type FieldErrors = ReadonlyMap<string, string>;
export const NO_ERRORS: FieldErrors = new Map();

/**
 * Puts what an operation refused next to the fields it is about.
 *
 * @param fieldOf The name of the field for a JSON pointer into the body; undefined: it has none, and stands above the form.
 */
export function fieldErrors(
  refusal: ApiRefusal,
  fieldOf: (pointer: string) => string | undefined = (pointer) => pointer.slice(1).replaceAll("/", "."),
): { readonly fields: FieldErrors; readonly above: readonly string[] } {
  const fields = new Map<string, string>();
  const above: string[] = [];
  for (const { pointer, message: given } of refusal.errors) {
    const name = fieldOf(pointer);
    const message = fieldWords(given);
    if (name === undefined || name === "") above.push(message);
    else if (!fields.has(name)) fields.set(name, message);
  }
  if (refusal.errors.length === 0) above.push(refusal.detail);
  return { fields, above };
}

/** What stands above a form that was not taken. */
export function FormErrors({ above, fields }: { readonly above: readonly string[]; readonly fields: FieldErrors }) {
  if (above.length === 0 && fields.size === 0) return null;
  return (
    <Notice tone="bad">
      <strong>Nothing was changed.</strong>{" "}
      {above.length > 0 ? above.join(" ") : "Look at the fields that are marked below."}
    </Notice>
  );
}

/** A key of ours that somebody typed into the wrong field was refused; no page holds it again. */
const shownAgain = (text: string): string => (holdsKey(text) ? "" : text);

export interface FieldProps {
  readonly name: string;
  readonly label: Child;
  readonly hint?: Child;
  readonly errors?: FieldErrors;
  readonly optional?: boolean;
}

const ids = (name: string, { hint, errors = NO_ERRORS }: Pick<FieldProps, "hint" | "errors">) => {
  const error = errors.get(name);
  const described = [hint === undefined ? "" : `${name}-hint`, error === undefined ? "" : `${name}-error`]
    .filter((id) => id !== "")
    .join(" ");
  return {
    id: name,
    name,
    "aria-describedby": described || undefined,
    "aria-invalid": error === undefined ? undefined : ("true" as const),
  };
};

function Around({
  name,
  label,
  hint,
  errors = NO_ERRORS,
  optional = false,
  children,
}: FieldProps & { readonly children?: Child }) {
  const error = errors.get(name);
  return (
    <div class={error === undefined ? "field" : "field wrong"}>
      <label for={name}>
        {label}
        {optional ? <span class="optional"> (optional)</span> : null}
      </label>
      {children}
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {error === undefined ? null : (
        <p class="error" id={`${name}-error`}>
          {error}
        </p>
      )}
    </div>
  );
}

export const Input = ({
  value,
  type = "text",
  required = false,
  placeholder,
  maxlength,
  autocomplete = "off",
  inputmode,
  suffix,
  list,
  readonly: fixed = false,
  ...field
}: FieldProps & {
  readonly value?: string | number | undefined;
  readonly type?: "text" | "email" | "password" | "search" | "url" | "date" | "time" | "datetime-local";
  readonly required?: boolean;
  readonly placeholder?: string;
  readonly maxlength?: number;
  readonly autocomplete?: string;
  readonly inputmode?: "decimal" | "numeric" | "text" | "email";
  /** A unit behind the field. */
  readonly suffix?: Child;
  /** Id of a `<datalist>` with suggestions. */
  readonly list?: string;
  /** Shown and sent, and not to be changed. */
  readonly readonly?: boolean;
}) => (
  <Around {...field}>
    <span class={suffix === undefined ? "input" : "input with-suffix"}>
      <input
        {...ids(field.name, field)}
        type={type}
        value={value === undefined ? undefined : shownAgain(String(value))}
        required={required}
        placeholder={placeholder}
        maxlength={maxlength}
        autocomplete={autocomplete}
        inputmode={inputmode}
        list={list}
        readonly={fixed || undefined}
      />
      {suffix === undefined ? null : <span class="suffix">{suffix}</span>}
    </span>
  </Around>
);

export const TextArea = ({
  value,
  rows = 3,
  maxlength,
  placeholder,
  mono = false,
  ...field
}: FieldProps & {
  readonly value?: string | undefined;
  readonly rows?: number;
  readonly maxlength?: number;
  readonly placeholder?: string;
  readonly mono?: boolean;
}) => (
  <Around {...field}>
    <textarea
      {...ids(field.name, field)}
      rows={rows}
      maxlength={maxlength}
      placeholder={placeholder}
      class={mono ? "mono" : undefined}
    >
      {shownAgain(value ?? "")}
    </textarea>
  </Around>
);

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

export const Select = ({
  value,
  choices,
  required = false,
  ...field
}: FieldProps & {
  readonly value?: string | undefined;
  readonly choices: readonly Choice[];
  readonly required?: boolean;
}) => (
  <Around {...field}>
    <span class="input select">
      <select {...ids(field.name, field)} required={required}>
        {choices.map((choice) => (
          <option value={choice.value} selected={choice.value === value}>
            {choice.label}
          </option>
        ))}
      </select>
    </span>
  </Around>
);

export const Submit = ({
  kind = "main",
  name,
  value,
  children,
}: {
  readonly kind?: "main" | "plain" | "danger";
  readonly name?: string;
  readonly value?: string;
  readonly children?: Child;
}) => (
  <button type="submit" class={`button ${kind}`} name={name} value={value}>
    {children}
  </button>
);

/** Something that deserves a second thought: one press opens it, a second one does it. Works without script. */
export const Confirm = ({
  visit,
  action,
  label,
  question,
  kind = "danger",
  confirm,
  open = false,
  children,
}: {
  readonly visit: Pick<Visit, "csrf">;
  readonly action: string;
  /** Where something in its fields was refused. */
  readonly open?: boolean;
  /** Of the button that opens it. */
  readonly label: Child;
  readonly question: Child;
  readonly kind?: "main" | "plain" | "danger";
  /** Of the button that does it; otherwise the same as `label`. */
  readonly confirm?: Child;
  /** Further fields. */
  readonly children?: Child;
}) => (
  <details class="confirm" open={open}>
    <summary class={`button ${kind === "danger" ? "danger-quiet" : kind}`}>{label}</summary>
    <Form visit={visit} action={action} class="confirm-box">
      <p>{question}</p>
      {children}
      <Submit kind={kind}>{confirm ?? label}</Submit>
    </Form>
  </details>
);
