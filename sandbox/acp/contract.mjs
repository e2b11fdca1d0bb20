/** The published contract: which releases of ACP there are, and whether a value is what a release says it is. */
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** Newest first. */
export const VERSIONS = ["2026-04-17", "2026-01-30", "2026-01-16", "2025-12-12", "2025-09-29"];
export const NEWEST = VERSIONS[0];

/** Releases are dates, so their text has their order. */
export const since = (version, first) => version >= first;

/** One Ajv per release, and one validator per shape, made when it is first asked for. */
const releases = new Map();
const validators = new Map();

/**
 * What is wrong with a value, by the schema of a release; null when nothing is.
 *
 * @param {string} version
 * @param {string} shape Name under `$defs`.
 * @param {unknown} value
 * @returns {{ param: string, message: string } | null} `param` is an RFC 9535 JSONPath.
 */
export function problemOf(version, shape, value) {
  const validate = validatorOf(version, shape);
  if (validate(value)) return null;
  // Of alternatives the deepest miss says most: the others failed at their discriminator.
  const deepest = validate.errors.reduce((best, error) => (pathOf(error).length > pathOf(best).length ? error : best));
  return { param: `$${pathOf(deepest)}`, message: deepest.message ?? "is invalid" };
}

function validatorOf(version, shape) {
  const name = `${version} ${shape}`;
  let validate = validators.get(name);
  if (validate === undefined) {
    const { ajv, id } = releaseOf(version);
    validate = ajv.getSchema(`${id}#/$defs/${shape}`);
    if (validate === undefined) throw new Error(`ACP ${version} has no ${shape}`);
    validators.set(name, validate);
  }
  return validate;
}

function releaseOf(version) {
  let release = releases.get(version);
  if (release === undefined) {
    const file = new URL(`./schema/${version}/schema.agentic_checkout.json`, import.meta.url);
    const schema = mended(JSON.parse(readFileSync(file, "utf8")));
    // Not strict, because the bundles hold `example`; all errors, because the deepest one is told.
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(ajv);
    ajv.addSchema(schema);
    release = { ajv, id: schema.$id };
    releases.set(version, release);
  }
  return release;
}

/**
 * Two defects of 2025-09-29, without which nothing could be judged by it: `exclusiveMinimum: true` is of an older draft and
 * does not compile, and a session with an order is closed against its own `order`.
 */
function mended(schema) {
  const { Item, CheckoutSessionBase } = schema.$defs;
  const { quantity } = Item.properties;
  if (quantity?.exclusiveMinimum === true) {
    delete quantity.minimum;
    quantity.exclusiveMinimum = 0;
  }
  CheckoutSessionBase.properties.order ??= { $ref: "#/$defs/Order" };
  return schema;
}

function pathOf({ instancePath, params }) {
  const missing = params?.missingProperty ?? params?.additionalProperty;
  const steps = instancePath.split("/").slice(1);
  if (missing !== undefined) steps.push(missing);
  return steps.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`)).join("");
}
