import type { ApiCall } from "../api.ts";
import { Problem } from "../problem.ts";

/** The version that an edit is based on; the edge has taken the quotes off. A tag that is no version matches none (412). */
export function versionFrom(call: ApiCall): number {
  if (call.if_match === null) {
    throw new Problem(428, "if_match_required", 'Send If-Match with the version that the edit is based on, e.g. "3".');
  }
  return /^\d{1,9}$/.test(call.if_match) ? Number(call.if_match) : Number.NaN;
}
