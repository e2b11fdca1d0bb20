import { fixedCheck } from "../check.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule } from "../types.ts";
import { listWords } from "./context.ts";

/** Cloudflare writes XX where it does not know the country. */
const UNKNOWN = "XX";

/** The country that the client calls from. A country that is not known fails, with an allow list and without. */
export function compileGeo(rule: RuleOf<"geo">): CompiledRule {
  const allowed = rule.allow === undefined ? null : new Set(rule.allow);
  const denied = new Set(rule.deny ?? []);
  const check = fixedCheck(rule.type, rule.id, "country_not_allowed");
  const unknown = fixedCheck(rule.type, rule.id, "country_unknown");
  const words: string[] = [];
  if (rule.allow !== undefined) words.push(`only calls from ${listWords(rule.allow)}`);
  if (rule.deny !== undefined) words.push(`no calls from ${listWords(rule.deny)}`);
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: false,
    judge({ request }) {
      const { country } = request;
      if (country === null || country === UNKNOWN) return unknown.failed;
      return !denied.has(country) && (allowed === null || allowed.has(country)) ? check.passed : check.failed;
    },
    words: words.join(", "),
  };
}
