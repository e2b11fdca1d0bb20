import { fixedCheck } from "../check.ts";
import { compileExpression } from "../custom.ts";
import type { RuleOf } from "../terms.ts";
import { quote } from "../text.ts";
import type { CompiledRule } from "../types.ts";
import { localTimeAt } from "../zone.ts";
import type { MandateContext } from "./context.ts";
import { compileUnknown } from "./unknown.ts";

const CLOCK = ["hour", "minute", "weekday"] as const;

/** A rule in CEL. Whatever keeps it from saying "true" refuses the purchase. */
export function compileCustom(rule: RuleOf<"custom">, context: MandateContext): CompiledRule {
  const compiled = compileExpression(rule.expression);
  // The expression passed when it was saved; should a later version be stricter, the mandate refuses, not crashes.
  if (!compiled.ok) return compileUnknown(rule.id, rule.type, "custom_rule_error");
  const expression = compiled.value;
  const clock = CLOCK.filter((variable) => expression.uses.has(variable));
  const readsClock = clock.length > 0;
  const check = fixedCheck(rule.type, rule.id, "custom_rule_failed");
  const error = fixedCheck(rule.type, rule.id, "custom_rule_error");
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: expression.uses.has("amount"),
    judge({ request, now }) {
      const result = expression.evaluate(request, readsClock ? localTimeAt(context.timezone, now) : null);
      return result === "true" ? check.passed : result === "false" ? check.failed : error.failed;
    },
    breakpoints: expression.breakpoints,
    clock,
    words: rule.description ? quote(rule.description, 200) : `only if ${quote(rule.expression, 200)}`,
  };
}
