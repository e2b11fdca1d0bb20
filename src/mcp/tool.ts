import type { CallToolResult, StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import type * as z from "zod";
import { type Governance, GovernanceError } from "./governance.ts";
import { inputJsonSchema, inputSchema, type JsonSchema, outputJsonSchema, outputSchema } from "./standard-schema.ts";
import { cleanJson, cleanText, hasUnsafeCharacters } from "./text.ts";

/** What a tool does to the world. All four are mandatory: a tool with an undeclared posture must not compile. */
export interface Posture {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

interface ToolSource<I extends z.ZodType, O extends z.ZodType> {
  /** `quetra_` and snake_case. */
  readonly name: string;
  readonly title: string;
  /** What it does, returns, and does not do, and which tool does that. Facts, no orders to the model. */
  readonly description: string;
  readonly input: I;
  readonly output: O;
  readonly posture: Posture;
  /** Shown to the model from the start, even by clients that load tools on demand: for the gates only. */
  readonly always_load?: true;
  /** A property that holds somebody else's text, already made safe to show: line breaks in it are kept. */
  readonly framed?: string;
  readonly run: (governance: Governance, input: z.output<I>) => z.input<O> | Promise<z.input<O>>;
}

/** One tool, with the types of its schemas erased so that a catalogue can hold it. */
export interface ToolDefinition extends Omit<ToolSource<z.ZodType, z.ZodType>, "run"> {
  readonly run: (governance: Governance, input: unknown) => unknown;
  /** What the SDK registers; built on first use, once per isolate. */
  readonly registered: RegisteredForm;
}

interface RegisteredForm {
  readonly config: {
    readonly title: string;
    readonly description: string;
    readonly inputSchema: StandardSchemaWithJSON;
    readonly outputSchema: StandardSchemaWithJSON;
    readonly annotations: Posture & { readonly title: string };
    readonly _meta?: Record<string, unknown>;
  };
  readonly input_json: JsonSchema;
  readonly output_json: JsonSchema;
}

export function defineTool<I extends z.ZodType, O extends z.ZodType>(source: ToolSource<I, O>): ToolDefinition {
  let form: RegisteredForm | undefined;
  return {
    ...source,
    // The SDK calls a tool only with what its input schema has produced.
    run: (governance, input) => source.run(governance, input as z.output<I>),
    get registered() {
      form ??= registeredForm(source);
      return form;
    },
  };
}

function registeredForm(source: ToolSource<z.ZodType, z.ZodType>): RegisteredForm {
  const input_json = inputJsonSchema(source.input);
  const output_json = outputJsonSchema(source.output);
  return {
    input_json,
    output_json,
    config: {
      title: source.title,
      description: source.description,
      inputSchema: inputSchema(source.input, input_json),
      outputSchema: outputSchema(output_json),
      annotations: { title: source.title, ...source.posture },
      ...(source.always_load && { _meta: { "anthropic/alwaysLoad": true } }),
    },
  };
}

/** Where a failure that is ours gets reported. */
export interface ToolContext {
  readonly request_id: string;
  readonly onerror: (error: unknown, request_id: string) => void;
}

/**
 * Runs one tool and shapes its answer: `structuredContent`, and text equal to its compact JSON, because clients give
 * their model the one or the other. What the caller must change is `isError` with `code: message`; everything else that
 * is thrown is our fault, and only its request id leaves the service.
 */
export async function runTool(
  tool: ToolDefinition,
  governance: Governance,
  input: unknown,
  context: ToolContext,
): Promise<CallToolResult> {
  try {
    return answer(tool.output.parse(await tool.run(governance, input)), tool.framed);
  } catch (error) {
    if (error instanceof GovernanceError) return failure(`${error.code}: ${cleanText(error.message)}`);
    context.onerror(error, context.request_id);
    return failure(
      `internal_error: Quetra could not answer (request ${cleanText(context.request_id, 64)}). ` +
        "This answer allows no purchase. The same call can be repeated safely.",
    );
  }
}

function answer(output: unknown, framed: string | undefined): CallToolResult {
  if (framed !== undefined && isRecord(output) && output[framed] !== undefined) {
    const { [framed]: kept, ...own } = output;
    const whole = { ...(cleanJson(own) as object), [framed]: kept };
    return shape(whole, JSON.stringify(whole));
  }
  const text = JSON.stringify(output);
  // Escapes hide C0 controls in the JSON text, but whoever decodes it sees them: look for both.
  if (hasUnsafeCharacters(text) || /\\(?:[bfnrt]|u00[01])/.test(text)) {
    const clean = cleanJson(output);
    return shape(clean, JSON.stringify(clean));
  }
  return shape(output, text);
}

const isRecord = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object";

const shape = (output: unknown, text: string): CallToolResult => ({
  structuredContent: output as Record<string, unknown>,
  content: [{ type: "text", text }],
});

const failure = (text: string): CallToolResult => ({ content: [{ type: "text", text }], isError: true });
