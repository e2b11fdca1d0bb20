/** Form encoding with brackets, as Stripe's libraries write it: `a[b][c]=1&list[]=x&list[0][id]=y`. */
import { invalid } from "./errors.mjs";

const KEY = /^([^[\]]+)((?:\[[^[\]]*\])*)$/;

/** Nodes have no prototype, so that a parameter named `__proto__` is a parameter like any other. */
const node = () => Object.create(null);

/**
 * @param {string} text
 * @returns {Record<string, any>} Strings and nodes; a list is a node whose keys are its indices.
 */
export function decodeForm(text) {
  const root = node();
  for (const [name, value] of new URLSearchParams(text)) {
    const parts = KEY.exec(name);
    if (parts === null) throw invalid("parameter_unknown", `Received unknown parameter: ${name}`, name);
    const path = [parts[1], ...[...parts[2].matchAll(/\[([^[\]]*)\]/g)].map(([, inner]) => inner)];
    put(root, path, value, name);
  }
  return root;
}

function put(root, path, value, name) {
  let at = root;
  for (const [depth, step] of path.entries()) {
    const key = step === "" ? String(Object.keys(at).length) : step;
    if (depth === path.length - 1) {
      if (typeof at[key] === "object") throw invalid(undefined, "A parameter is both a value and an object.", name);
      at[key] = value;
      return;
    }
    at[key] ??= node();
    if (typeof at[key] !== "object") throw invalid(undefined, "A parameter is both a value and an object.", name);
    at = at[key];
  }
}
