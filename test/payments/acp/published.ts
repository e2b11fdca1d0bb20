import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { AcpVersion } from "../../../src/payments/acp/api.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of every shape
export type Json = any;

const SCHEMAS = join(import.meta.dirname, "../../../sandbox/acp/schema");
const EXAMPLES = join(import.meta.dirname, "examples");
const bundles = new Map<AcpVersion, Ajv2020>();

/** The published schema of a version. `exclusiveMinimum: true` is of draft 4: 2025-09-29 holds one, and ajv refuses it. */
function bundle(version: AcpVersion): Ajv2020 {
  const known = bundles.get(version);
  if (known !== undefined) return known;
  const text = readFileSync(join(SCHEMAS, version, "schema.agentic_checkout.json"), "utf8");
  const schema = JSON.parse(text, (key, value) => (key === "exclusiveMinimum" && value === true ? undefined : value));
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema({ ...schema, $id: version });
  bundles.set(version, ajv);
  return ajv;
}

/** What the published definition has against the value; empty = valid. */
export function violations(version: AcpVersion, definition: string, value: unknown): readonly string[] {
  const validate = bundle(version).getSchema(`${version}#/$defs/${definition}`) as ValidateFunction | undefined;
  if (validate === undefined) throw new Error(`${version} defines no ${definition}`);
  if (validate(value) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(" "),
  );
}

/** The published example of this name. */
export const example = (version: AcpVersion, name: string): Json => {
  const all = JSON.parse(readFileSync(join(EXAMPLES, `${version}.json`), "utf8")) as Json;
  if (all[name] === undefined) throw new Error(`${version} has no example ${name}`);
  return all[name];
};

export const orderExample = (name: string): Json => JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), "utf8"));
