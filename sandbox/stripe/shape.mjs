/** Shapes of parameters. Each is a function `(value, path) → typed value` that throws Stripe's refusal. */
import { invalid, missing, unknownParameter } from "./errors.mjs";

const blank = (path) =>
  invalid(
    "parameter_invalid_empty",
    `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset.`,
    path,
  );

/** @param {{ max?: number, among?: readonly string[], emptyable?: boolean }} [options] */
export const text =
  ({ max = 5000, among, emptyable = false } = {}) =>
  (value, path) => {
    if (typeof value !== "string") throw invalid(undefined, `Invalid string: ${JSON.stringify(value)}`, path);
    if (value === "" && emptyable) return null;
    if (value === "") throw blank(path);
    if (value.length > max) throw invalid(undefined, `Invalid string: ${path} must be at most ${max} characters`, path);
    if (among !== undefined && !among.includes(value))
      throw invalid(undefined, `Invalid ${path}: must be one of ${among.join(", ")}`, path);
    return value;
  };

/** @param {{ min?: number, max?: number }} [options] */
export const integer =
  ({ min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = {}) =>
  (value, path) => {
    if (value === "") throw blank(path);
    if (typeof value !== "string" || !/^-?\d{1,15}$/.test(value))
      throw invalid("parameter_invalid_integer", `Invalid integer: ${String(JSON.stringify(value))}`, path);
    const number = Number(value);
    if (number < min || number > max)
      throw invalid("parameter_invalid_integer", `This value must be between ${min} and ${max}.`, path);
    return number;
  };

export const boolean = (value, path) => {
  if (value === "true" || value === "false") return value === "true";
  if (value === "") throw blank(path);
  throw invalid(undefined, `Invalid boolean: ${JSON.stringify(value)}`, path);
};

const isNode = (value) => typeof value === "object" && value !== null;

export const list =
  (of, { max = 100 } = {}) =>
  (value, path) => {
    if (!isNode(value) || Object.keys(value).some((key) => !/^\d+$/.test(key)))
      throw invalid(undefined, "Invalid array", path);
    const entries = Object.entries(value).sort(([a], [b]) => Number(a) - Number(b));
    if (entries.length > max) throw invalid(undefined, `An array of at most ${max} entries is taken`, path);
    return entries.map(([key, entry]) => of(entry, `${path}[${key}]`));
  };

/** 50 keys of 40 characters, values of 500; an empty value takes a key out. */
export const metadata = (value, path) => {
  if (value === "") return {};
  if (!isNode(value)) throw invalid(undefined, "Invalid object", path);
  const entries = Object.entries(value);
  if (entries.length > 50) throw invalid(undefined, "Metadata can have at most 50 keys.", path);
  for (const [key, entry] of entries) {
    if (typeof entry !== "string") throw invalid(undefined, "Metadata values must be strings.", `${path}[${key}]`);
    if (key.length > 40) throw invalid(undefined, "Metadata keys are at most 40 characters.", `${path}[${key}]`);
    if (entry.length > 500) throw invalid(undefined, "Metadata values are at most 500 characters.", `${path}[${key}]`);
  }
  return Object.fromEntries(entries.filter(([, entry]) => entry !== ""));
};

/**
 * @param {Record<string, Function>} members
 * @param {{ required?: readonly string[], unsimulated?: ReadonlySet<string> }} [options] `unsimulated`: names that
 *   Stripe knows and this stand-in cannot honour. They are refused aloud, because to ignore one would prove nothing.
 */
export const hash =
  (members, { required = [], unsimulated = new Set() } = {}) =>
  (value, path = "") => {
    const at = (name) => (path === "" ? name : `${path}[${name}]`);
    if (!isNode(value)) throw invalid(undefined, "Invalid object", path);
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(members, name)) continue;
      if (unsimulated.has(name)) throw invalid(undefined, `The sandbox does not simulate '${at(name)}'.`, at(name));
      throw unknownParameter(at(name));
    }
    for (const name of required) if (value[name] === undefined) throw missing(at(name));
    const out = {};
    for (const [name, member] of Object.entries(value)) out[name] = members[name](member, at(name));
    return out;
  };

/** A node goes to one shape, a plain value to another. */
export const valueOrHash = (value, nested) => (given, path) => (isNode(given) ? nested : value)(given, path);

/** A boolean, or one of the words. */
export const booleanOr = (words) => (value, path) => (words.includes(value) ? value : boolean(value, path));
