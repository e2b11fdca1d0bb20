import { verdict } from "../check.ts";
import type { ReasonCode } from "../reasons.ts";
import { quote } from "../text.ts";
import type { CompiledRule } from "../types.ts";

/** A rule that this version cannot judge, for example after a roll-back. Default deny: it always fails. */
export function compileUnknown(id: string, type: string, code: ReasonCode = "unknown_rule"): CompiledRule {
  const failed = verdict(type, id, false, code);
  return {
    id,
    type,
    needs_amount: false,
    judge: () => failed,
    words: `a rule of type ${quote(type, 40)} that cannot be judged, which refuses everything`,
  };
}
