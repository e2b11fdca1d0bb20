import { fixedCheck } from "../check.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule } from "../types.ts";
import { listWords } from "./context.ts";

/** The ways of paying that the mandate allows. */
export function compileProtocol(rule: RuleOf<"protocol">): CompiledRule {
  const allowed = new Set<string>(rule.allow);
  const check = fixedCheck(rule.type, rule.id, "protocol_not_allowed");
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: false,
    judge: ({ request }) => (allowed.has(request.protocol) ? check.passed : check.failed),
    words: `only by ${listWords(rule.allow)}`,
  };
}
