import { fixedCheck } from "../check.ts";
import type { RuleOf } from "../terms.ts";
import type { CompiledRule } from "../types.ts";
import { compileVendors } from "../vendor.ts";
import { listWords } from "./context.ts";

/** Only these vendors (an empty list: nobody), or all but these. */
export function compileVendorList(rule: RuleOf<"vendor_allowlist"> | RuleOf<"vendor_blocklist">): CompiledRule {
  const listed = compileVendors(rule.vendors);
  const allows = rule.type === "vendor_allowlist";
  const check = fixedCheck(rule.type, rule.id, allows ? "vendor_not_allowed" : "vendor_blocked");
  return {
    id: rule.id,
    type: rule.type,
    needs_amount: false,
    judge: ({ request }) => (listed.has(request.vendor) === allows ? check.passed : check.failed),
    words: allows ? `only vendors ${listWords(rule.vendors)}` : `not at vendors ${listWords(rule.vendors)}`,
  };
}
