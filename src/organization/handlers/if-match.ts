import type { ApiCall } from "../api.ts";
import { Problem } from "../problem.ts";

/** The version that an edit is based on, from `If-Match: "3"` (quotes and `W/` are allowed, `*` is not: it would overwrite blindly). */
export function versionFrom(call: ApiCall): number {
  const match = /^(?:W\/)?"?(\d{1,9})"?$/.exec(call.if_match?.trim() ?? "");
  if (match === null) {
    throw new Problem(428, "if_match_required", 'Send If-Match with the version that the edit is based on, e.g. "3".');
  }
  return Number(match[1]);
}
