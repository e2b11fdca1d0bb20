import { PERIOD_KINDS } from "../../../../policy/types.ts";
import { type FieldErrors, Input, Select, TextArea } from "../../../ui/form.tsx";
import { PERIOD_LABELS } from "../terms/catalogue.ts";
import type { Fields } from "../terms/mandate-form.ts";

/** One rule of the form: where it stands, what was typed, and what is wrong with it. */
export interface RuleFieldsProps {
  readonly at: string;
  readonly fields: Fields;
  readonly errors: FieldErrors;
  readonly currency: string;
}

export const Kept = ({ at, fields, name }: { readonly at: string; readonly fields: Fields; readonly name: string }) =>
  fields.checked(`${name}.kept`) ? (
    <input type="hidden" name={`${at}${name}.kept`} value={fields.text(`${name}.kept`)} />
  ) : null;

/** Name, value and errors of one field, with what is kept beside it. */
export const field = ({ at, fields, errors }: RuleFieldsProps, name: string) => ({
  name: `${at}${name}`,
  value: fields.text(name),
  errors,
});

export const VENDOR_HINT = "One a line: a host such as example.com (its subdomains belong to it), or a plain name.";
export const rowsFor = (text: string) => Math.min(10, Math.max(2, text.split("\n").length));

export function Lines(
  props: RuleFieldsProps & {
    readonly name: string;
    readonly label: string;
    readonly hint: string;
    readonly optional?: boolean;
    readonly placeholder?: string;
  },
) {
  const { name, label, hint, optional = false, placeholder } = props;
  const one = field(props, name);
  return (
    <>
      <TextArea
        {...one}
        label={label}
        hint={hint}
        optional={optional}
        rows={rowsFor(one.value)}
        {...(placeholder === undefined ? {} : { placeholder })}
      />
      <Kept at={props.at} fields={props.fields} name={name} />
    </>
  );
}

export const Amount = (
  props: RuleFieldsProps & {
    readonly name: string;
    readonly label: string;
    readonly hint?: string;
    readonly optional?: boolean;
  },
) => (
  <Input
    {...field(props, props.name)}
    label={props.label}
    {...(props.hint === undefined ? {} : { hint: props.hint })}
    optional={props.optional ?? false}
    inputmode="decimal"
    suffix={props.currency}
  />
);

export const Period = (
  props: RuleFieldsProps & { readonly label: string; readonly none?: string; readonly hint?: string },
) => (
  <Select
    {...field(props, "period")}
    label={props.label}
    {...(props.hint === undefined ? {} : { hint: props.hint })}
    choices={[
      ...(props.none === undefined ? [] : [{ value: "", label: props.none }]),
      ...PERIOD_KINDS.map((value) => ({ value, label: PERIOD_LABELS[value] })),
    ]}
  />
);
