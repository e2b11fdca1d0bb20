import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import * as z from "zod";
import { cleanText } from "./text.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const MAX_ISSUES = 5;
const MAX_ENUM = 4;

/**
 * The JSON Schema of a tool's input, portable enough for `mcp-inspector --strict`. Left out are `$schema` (2020-12 is what
 * MCP assumes without it), `propertyNames` (not every client knows it) and `minLength: 1` (says nothing to a model); zod
 * checks them all the same.
 */
export function inputJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io: "input",
    override: ({ jsonSchema }) => {
      delete jsonSchema.propertyNames;
      if (jsonSchema.minLength === 1) delete jsonSchema.minLength;
    },
  });
  return json;
}

/**
 * The JSON Schema of a tool's answer: names and types of what every answer has, and no more, since each byte of
 * tools/list costs every client context. Objects stay open (zod's "input" view), so that fields which may be absent need
 * no mention, and a client which cached yesterday's schema accepts tomorrow's new fields.
 * Answers are validated by the full zod schema before they leave.
 */
export function outputJsonSchema(schema: z.ZodType): JsonSchema {
  const { properties, ...root } = inputJsonSchema(schema) as ObjectNode;
  const shown = Object.entries(properties ?? {}).flatMap(([name, node]) =>
    root.required?.includes(name) ? [[name, sketch(node)]] : [],
  );
  return { ...root, properties: Object.fromEntries(shown) };
}

/** Of an object or a list of them it is said that it is one; an enum with many names is shown as a plain string. */
function sketch(node: ObjectNode): ObjectNode {
  const { enum: names, ...rest } = node;
  if (isNullableScalar(node)) return { anyOf: node.type.map((type) => ({ type })) };
  if (node.items?.properties) return { type: "array", items: { type: "object" } };
  if (node.properties) return { type: "object" };
  return names === undefined || names.length <= MAX_ENUM ? node : rest;
}

type ObjectNode = JsonSchema & {
  readonly properties?: Readonly<Record<string, ObjectNode>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly items?: ObjectNode;
};

/** `"type": ["string", "null"]`: legal, but not every client's dialect has lists of types. */
function isNullableScalar(node: ObjectNode): node is ObjectNode & { readonly type: readonly string[] } {
  return Array.isArray(node.type);
}

/**
 * What `registerTool` gets for an input. The SDK converts zod schemas again for every fresh server, so the JSON Schema is
 * handed over ready-made; validation is zod's, with messages that cannot carry a caller's invisible characters back.
 */
export function inputSchema(schema: z.ZodType, json: JsonSchema): StandardSchemaWithJSON {
  return wrap(json, (value) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data };
    const issues = parsed.error.issues.slice(0, MAX_ISSUES);
    return {
      issues: issues.map((issue) => ({
        message: cleanText(issue.message, 300),
        path: issue.path.map((part) => cleanText(String(part), 60)),
      })),
    };
  });
}

/** For an output: `runTool` has validated it, so that a mismatch is reported as our fault and not in the SDK's words. */
export function outputSchema(json: JsonSchema): StandardSchemaWithJSON {
  return wrap(json, (value) => ({ value }));
}

function wrap(json: JsonSchema, validate: StandardSchemaWithJSON["~standard"]["validate"]): StandardSchemaWithJSON {
  const constant = () => json as Record<string, unknown>;
  return { "~standard": { version: 1, vendor: "quetra", validate, jsonSchema: { input: constant, output: constant } } };
}
