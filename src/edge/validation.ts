import type * as z from "zod";
import { err, ok, type Result } from "../result.ts";
import { readBody } from "./body-cap.ts";
import type { FieldError, Refusal } from "./errors.ts";
import { holdsKey, isJson, nestsTooDeep } from "./json-body.ts";

const ERRORS_MAX = 20;

export function validate<T>(schema: z.ZodType<T>, value: unknown, where: FieldError["in"]): Result<T, Refusal> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const errors = parsed.error.issues.flatMap((issue): Pick<FieldError, "pointer" | "message">[] => {
    if (issue.code !== "unrecognized_keys") return [{ pointer: toPointer(issue.path), message: issue.message }];
    return issue.keys.map((key) => ({ pointer: toPointer([...issue.path, key]), message: "There is no such field." }));
  });
  return err({
    kind: "invalid_request",
    errors: errors.slice(0, ERRORS_MAX).map((error) => ({ in: where, ...error })),
  });
}

export const invalid = (where: FieldError["in"], pointer: string, message: string): { ok: false; error: Refusal } =>
  err({ kind: "invalid_request", errors: [{ in: where, pointer, message }] });

/** RFC 6901. The whole document is the empty pointer. */
function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** The body against the schema. An empty body counts as `{}`, so that an operation without required fields needs none. */
export async function readJson<T>(request: Request, schema: z.ZodType<T>): Promise<Result<T, Refusal>> {
  const contentType = request.headers.get("content-type");
  if (contentType !== null && !isJson(contentType)) return err({ kind: "unsupported_media_type" });
  const text = await readBody(request);
  if (!text.ok) return text;
  if (text.value !== "" && contentType === null) return err({ kind: "unsupported_media_type" });
  return validateJson(text.value, schema);
}

/** The text of a body against the schema, however it came here. */
export function validateJson<T>(text: string, schema: z.ZodType<T>): Result<T, Refusal> {
  if (text === "") return validate(schema, {}, "body");
  if (nestsTooDeep(text)) return err({ kind: "malformed_json" });
  if (holdsKey(text)) return err({ kind: "key_in_field" });
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return err({ kind: "malformed_json" });
  }
  return validate(schema, body, "body");
}
