import type { DashboardForm } from "../../../form.ts";

/** The fields of one part of the form, as text. A field may be there more than once (boxes that are ticked). */
export class Fields {
  readonly #values = new Map<string, string[]>();

  constructor(entries: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of entries) this.add(name, value);
  }

  add(name: string, value: string): void {
    const values = this.#values.get(name);
    if (values === undefined) this.#values.set(name, [value]);
    else values.push(value);
  }

  /** Without spaces around it; "" when it is missing. */
  text(name: string): string {
    return (this.#values.get(name)?.[0] ?? "").trim();
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  checked(name: string): boolean {
    return this.#values.has(name);
  }

  entries(): [string, string][] {
    return [...this.#values].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
  }
}

/** The form of a mandate: its own fields, and those of each budget and rule in their order. */
export interface MandateForm {
  readonly top: Fields;
  readonly budgets: readonly Fields[];
  readonly rules: readonly Fields[];
}

/** `rules.0.vendors` and so on: but for the dots they are the JSON pointers that errors come with. */
export function formEntries({ top, budgets, rules }: MandateForm): [string, string][] {
  const nested = (name: string, parts: readonly Fields[]) =>
    parts.flatMap((part, index) =>
      part.entries().map(([field, value]): [string, string] => [`${name}.${index}.${field}`, value]),
    );
  return [...top.entries(), ...nested("budgets", budgets), ...nested("rules", rules)];
}

/** Reads what was posted. Numbers of budgets and rules say only their order; whatever else was posted is left aside. */
export function readMandateForm(form: DashboardForm): MandateForm {
  const top = new Fields();
  const budgets = new Map<number, Fields>();
  const rules = new Map<number, Fields>();
  for (const [name, value] of form.fields) {
    const match = /^(budgets|rules)\.(\d{1,3})\.([a-z_.]{1,40})$/.exec(name);
    if (match === null) {
      top.add(name, value);
      continue;
    }
    const parts = match[1] === "budgets" ? budgets : rules;
    const index = Number(match[2]);
    const part = parts.get(index) ?? new Fields();
    part.add(match[3]!, value);
    parts.set(index, part);
  }
  return { top, budgets: inOrder(budgets), rules: inOrder(rules) };
}

const inOrder = (parts: ReadonlyMap<number, Fields>): Fields[] =>
  [...parts].sort(([a], [b]) => a - b).map(([, fields]) => fields);
