import { cleanText } from "../../../../mcp/text.ts";
import type { FieldErrors } from "../../../ui/form.tsx";
import type { TypedTerms } from "./form-to-terms.ts";

/** What was said about terms, by the field of the form that it is about. */
export interface PlacedErrors {
  readonly fields: FieldErrors;
  /** What no field is about. */
  readonly above: readonly string[];
}
export const NOTHING_WRONG: PlacedErrors = { fields: new Map(), above: [] };

/**
 * Puts each error to its field: `/rules/3/vendors/1` to `rules.3.vendors`, with the entry named, and what is about a whole
 * rule to `rules.3`, above its fields. The first one about a field is shown.
 */
export function placeErrors(
  errors: readonly { readonly pointer: string; readonly message: string }[],
  typed: TypedTerms,
): PlacedErrors {
  const fields = new Map<string, string>();
  const above: string[] = [];
  for (const { pointer, message } of errors) {
    const path = pointer.split("/").slice(1);
    const name = fieldOf(path);
    if (name === null) above.push(plainMessage(message));
    else if (!fields.has(name)) fields.set(name, `${entryWords(path, typed)}${plainMessage(message)}`);
  }
  return { fields, above };
}

const TOP = new Set([
  "agent_id",
  "name",
  "description",
  "currency",
  "timezone",
  "per_transaction_limit",
  "valid_from",
  "valid_until",
  "warning_threshold",
  "agent_may_release",
  "profiles",
  "budgets",
  "rules",
]);

function fieldOf([top = "", index, field]: readonly string[]): string | null {
  if (!TOP.has(top)) return null;
  if ((top !== "budgets" && top !== "rules") || index === undefined) return top;
  return field === undefined || field === "id" || field === "type" ? `${top}.${index}` : `${top}.${index}.${field}`;
}

/** Which entry of a list is meant: the person's own words, so they stand in quotes. */
function entryWords(path: readonly string[], typed: TypedTerms): string {
  const [top = "", index = "", field = "", entry] = path;
  const list = top === "rules" ? typed.rules[Number(index)]?.[field] : typed[top];
  const at = Number(top === "rules" ? entry : index);
  if (!Array.isArray(list) || typeof list[at] !== "string" || !Number.isInteger(at)) return "";
  return `“${cleanText(list[at], 60)}”: `;
}

/** What the schema says by itself, for people who know no schemas. Our own sentences stay as they are. */
export function plainMessage(message: string): string {
  for (const [pattern, words] of PLAIN) {
    const match = pattern.exec(message);
    if (match !== null) return words.replace("$1", match[1] ?? "");
  }
  return message;
}

const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/expected string to have >=1 /, "Fill this in."],
  [/expected array to have >=1 /, "Give at least one."],
  [/expected array to have <=(\d+) /, "At most $1 are possible."],
  [/expected string to have <=(\d+) /, "At most $1 characters are possible."],
  [/^Invalid (?:input|option): expected .*received undefined$/, "Fill this in."],
  [/expected int, received number$/, "Write a whole number."],
  [/^Invalid input: expected (?:number|int|nonoptional)/, "Write a plain number, for example 25 or 0.5."],
  [/expected (?:number|int) to be >=(\S+)$/, "Must be at least $1."],
  [/expected number to be <=1$/, "Must be at most 100 %."],
  [/expected (?:number|int) to be <=(\S+)$/, "Must be at most $1."],
  [/expected number to be >0$/, "Must be more than 0."],
  [/^Invalid discriminator value\b/, "Unknown rule type."],
  [/^Invalid option: /, "Choose one of the list."],
  [/^Use RFC 3339/, "Write date and time, for example 2026-12-31 23:59."],
  [/^The amount must be a JSON number/, "Write a plain amount, for example 25 or 0.5."],
  [/^Say when to ask: /, "Say when to ask: above an amount, at the first purchase, or in which categories."],
  [/^Give allow, deny, or both\.$/, "Fill in at least one of the two lists."],
  [/^A period sums up amounts, so it needs above\.$/, "A sum over a period needs an amount above which to ask."],
];
