/** What a parameter of Stripe can be. `undefined` members are left out. */
export type FormValue =
  | string
  | number
  | boolean
  | undefined
  | readonly FormValue[]
  | { readonly [name: string]: FormValue };

/**
 * Nested parameters as a form, in the way of Stripe's own libraries: `parent[child]=value`, and `list[0]=value`. Numbers
 * here are integers only; one that is not would be a bug, and throws.
 */
export function encodeForm(parameters: object): string {
  const pairs: string[] = [];
  const add = (name: string, value: FormValue): void => {
    if (value === undefined) return;
    if (typeof value === "object") {
      for (const [key, member] of Object.entries(value)) add(`${name}[${key}]`, member);
      return;
    }
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("a parameter is no integer");
    pairs.push(`${escaped(name)}=${escaped(String(value))}`);
  };
  for (const [name, value] of Object.entries(parameters)) add(name, value);
  return pairs.join("&");
}

/** Brackets stay readable, as in Stripe's libraries; the rest of what a URL gives a meaning is escaped. */
const escaped = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%5B", "[")
    .replaceAll("%5D", "]");
