import type { MandateTermsInput, RuleInput } from "../../../../policy/terms.ts";
import { readTextField } from "./form-to-terms.ts";
import { Fields, type MandateForm } from "./mandate-form.ts";
import { asTyped, printInstant, printPercent, readCategories, readCodes, readInstant, readVendors } from "./text.ts";

/** Terms as a form shows them: stored ones, or those of a template, which have no ids yet. */
export type ShownTerms = Omit<MandateTermsInput, "agent_id" | "name"> &
  Partial<Pick<MandateTermsInput, "agent_id" | "name">>;

/**
 * The form of a mandate's terms. `formToTerms` makes exactly these terms of it again.
 *
 * @param timezone The organization's, for terms that name none.
 */
export function termsToForm(terms: ShownTerms, timezone: string): MandateForm {
  const zone = terms.timezone ?? timezone;
  const top = new Writer();
  top.put("agent_id", terms.agent_id);
  top.put("name", terms.name);
  top.text("description", terms.description);
  top.put("currency", terms.currency);
  top.put("timezone", zone);
  top.put("per_transaction_limit", terms.per_transaction_limit);
  top.kept(
    "valid_from",
    terms.valid_from,
    (text) => printInstant(text, zone),
    (text) => readInstant(text, zone),
  );
  top.kept(
    "valid_until",
    terms.valid_until,
    (text) => printInstant(text, zone),
    (text) => readInstant(text, zone),
  );
  if (terms.warning_threshold !== undefined) top.put("warning_threshold", printPercent(terms.warning_threshold));
  if (terms.agent_may_release === true) top.put("agent_may_release", "on");
  top.list("profiles", terms.profiles, readCodes);
  return {
    top: top.fields,
    budgets: terms.budgets.map(({ id, period, limit }) => {
      const fields = new Writer();
      fields.put("id", id);
      fields.put("period", period);
      fields.put("limit", limit);
      return fields.fields;
    }),
    rules: (terms.rules ?? []).map(ruleFields),
  };
}

function ruleFields(rule: RuleInput): Fields {
  const to = new Writer();
  to.put("id", rule.id);
  to.put("type", rule.type);
  switch (rule.type) {
    case "vendor_allowlist":
    case "vendor_blocklist":
      to.list("vendors", rule.vendors, readVendors);
      break;
    case "category":
      to.list("allow", rule.allow, readCategories);
      to.list("deny", rule.deny, readCategories);
      break;
    case "max_amount":
      to.put("limit", rule.limit);
      to.list("vendors", rule.vendors, readVendors);
      to.list("categories", rule.categories, readCategories);
      break;
    case "vendor_budget":
      to.list("vendors", rule.vendors, readVendors);
      to.put("period", rule.period);
      to.put("limit", rule.limit);
      break;
    case "rate_limit":
      to.put("max_transactions", rule.max_transactions);
      to.put("window_minutes", rule.window_minutes);
      to.list("vendors", rule.vendors, readVendors);
      break;
    case "time_window":
      for (const day of rule.days) to.put("days", day);
      to.put("start", rule.start);
      to.put("end", rule.end);
      to.put("timezone", rule.timezone);
      break;
    case "geo":
      to.list("allow", rule.allow, readCodes);
      to.list("deny", rule.deny, readCodes);
      break;
    case "protocol":
      for (const protocol of rule.allow) to.put("allow", protocol);
      break;
    case "approval":
      to.put("above", rule.above);
      to.put("period", rule.period);
      if (rule.first_purchase_from_vendor === true) to.put("first_purchase_from_vendor", "on");
      to.list("categories", rule.categories, readCategories);
      to.put("timeout_minutes", rule.timeout_minutes);
      break;
    case "custom":
      to.text("expression", rule.expression);
      to.text("description", rule.description);
      break;
  }
  return to.fields;
}

class Writer {
  readonly fields = new Fields();

  /** Amounts have no exponent in their shortest text, because they have at most six decimals. */
  put(name: string, value: string | number | undefined): void {
    if (value !== undefined) this.fields.add(name, String(value));
  }

  text(name: string, value: string | undefined): void {
    this.kept(name, value, asTyped, readTextField);
  }

  /** An empty `allow` list allows nobody, which is something else than none: a box of its own says so. */
  list(name: string, value: readonly string[] | undefined, read: (text: string) => string[]): void {
    if (value?.length === 0 && name === "allow") this.fields.add("allow.none", "on");
    else
      this.kept(
        name,
        value,
        (list) => list.join("\n"),
        (text) => (text === "" ? undefined : read(text)),
      );
  }

  /**
   * A value as text, and, where the text alone would not give it back (a line break of two characters, an hour that
   * comes twice), the value itself beside it, which counts as long as the text is not touched.
   */
  kept<T>(name: string, value: T | undefined, print: (value: T) => string, read: (text: string) => unknown): void {
    if (value === undefined) return;
    const text = print(value);
    this.fields.add(name, text);
    const json = JSON.stringify(value);
    if (JSON.stringify(read(asTyped(text))) !== json) this.fields.add(`${name}.kept`, json);
  }
}
