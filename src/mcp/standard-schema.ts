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
 * tools/list costs every client context. Objects stay open (zod's "input" view), so that fields of nested objects which
 * may be absent or null need no mention, and a client which cached yesterday's schema accepts tomorrow's new fields.
 * Answers are validated by the full zod schema before they leave.
 */
export function outputJsonSchema(schema: z.ZodType): JsonSchema {
  const { properties, ...root } = inputJsonSchema(schema) as ObjectNode;
  const shown = Object.entries(properties ?? {}).flatMap(([name, node]) => {
    if (root.required?.includes(name)) return [[name, outline(node)]];
    return isNullableScalar(node) ? [] : [[name, sketch(node)]];
  });
  return { ...root, properties: Object.fromEntries(shown) };
}

/** What an answer may have: that it is an object or a list of them is all that is said. */
function sketch(node: ObjectNode): ObjectNode {
  if (node.items?.properties) return { type: "array", items: { type: "object" } };
  return node.properties ? { type: "object" } : outline(node);
}

type ObjectNode = JsonSchema & {
  readonly properties?: Readonly<Record<string, ObjectNode>>;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly items?: ObjectNode;
  readonly anyOf?: readonly ObjectNode[];
};

/** The node with the certain properties of its objects only; an enum with many names is shown as a plain string. */
function outline(node: ObjectNode): ObjectNode {
  const { properties, required, items, anyOf, enum: names, ...rest } = node;
  if (isNullableScalar(node)) return { anyOf: node.type.map((type) => ({ type })) };
  if (items) return { ...rest, items: outline(items) };
  if (anyOf) return { ...rest, anyOf: anyOf.map(outline) };
  if (names) return names.length > MAX_ENUM ? rest : { ...rest, enum: names };
  if (!properties) return node;
  const kept = Object.entries(properties).filter(
    ([name, value]) => required?.includes(name) && !isNullableScalar(value),
  );
  return { ...rest, properties: mapValues(Object.fromEntries(kept), outline) };
}

/** `"type": ["string", "null"]`: legal, but not every client's dialect has lists of types. */
function isNullableScalar(node: ObjectNode): node is ObjectNode & { readonly type: readonly string[] } {
  return Array.isArray(node.type);
}

function mapValues<T>(record: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
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
