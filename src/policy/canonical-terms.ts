import { LIMITS } from "../limits.ts";
import { currencyExponent } from "../money.ts";
import { normalizeCategory } from "./category.ts";
import { isCountry } from "./countries.ts";
import { refusalOfExpression } from "./custom.ts";
import { pointer } from "./json-pointer.ts";
import type { ParseTermsOptions, TermsIssue } from "./parse-terms.ts";
import { type Rule, type RuleInput, WEEKDAYS } from "./rule-schemas.ts";
import type { MandateTerms, MandateTermsInput } from "./terms.ts";
import { PROTOCOLS } from "./types.ts";
import { validateVendorEntry } from "./vendor-entry.ts";
import { isTimeZone } from "./zone.ts";

type Path = readonly (string | number)[];

/** Collects what is wrong, and hands out the ids, while terms are rewritten. */
class Rewriter {
  readonly #issues: TermsIssue[];
  readonly #newId: ParseTermsOptions["newId"];
  readonly #ids = new Set<string>();

  constructor(issues: TermsIssue[], newId: ParseTermsOptions["newId"]) {
    this.#issues = issues;
    this.#newId = newId;
  }

  refuse(path: Path, message: string): void {
    this.#issues.push({ path: pointer(path), message });
  }

  id(given: string | undefined, prefix: "bud" | "rul", path: Path): string {
    const id = given ?? this.#newId(prefix);
    if (this.#ids.has(id)) this.refuse([...path, "id"], "This id is used twice.");
    this.#ids.add(id);
    return id;
  }

  timezone(name: string, path: Path): string {
    if (!isTimeZone(name)) this.refuse(path, "Not a time zone of the IANA database, for example Europe/Berlin.");
    return name;
  }

  /** Each entry in its normal form, first occurrence kept. */
  list(
    entries: readonly string[],
    path: Path,
    normalize: (entry: string) => { ok: true; value: string } | { ok: false; error: string },
  ): string[] {
    const normal = new Set<string>();
    for (const [index, entry] of entries.entries()) {
      const result = normalize(entry);
      if (result.ok) normal.add(result.value);
      else this.refuse([...path, index], result.error);
    }
    return [...normal];
  }

  vendors(entries: readonly string[], path: Path): string[] {
    return this.list(entries, path, validateVendorEntry);
  }

  categories(entries: readonly string[], path: Path): string[] {
    return this.list(entries, path, normalizeCategory);
  }

  countries(entries: readonly string[], path: Path): string[] {
    return this.list(entries, path, (entry) => {
      const code = entry.toUpperCase();
      return isCountry(code)
        ? { ok: true, value: code }
        : { ok: false, error: "Not an ISO 3166 country code, for example DE or GB." };
    });
  }
}

/** Terms in their stored form. What is wrong is appended to `issues`, and the result is then not to be used. */
export function canonicalTerms(
  input: MandateTermsInput,
  options: ParseTermsOptions,
  issues: TermsIssue[],
): MandateTerms {
  const rewriter = new Rewriter(issues, options.newId);
  const currency = input.currency ?? options.currency ?? "";
  if (currencyExponent(currency) === undefined) {
    rewriter.refuse(["currency"], "Not an ISO 4217 currency in use, for example USD.");
  }
  const from = input.valid_from === undefined ? undefined : new Date(input.valid_from).toISOString();
  const until = input.valid_until === undefined ? undefined : new Date(input.valid_until).toISOString();
  for (const [field, at] of [
    ["valid_from", from],
    ["valid_until", until],
  ] as const) {
    if (at !== undefined && !/^\d{4}-/.test(at)) rewriter.refuse([field], "Must lie between the years 0 and 9999.");
  }
  if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until)) {
    rewriter.refuse(["valid_until"], "The end must be after the beginning.");
  }
  return {
    schema: 1,
    agent_id: input.agent_id,
    name: input.name.trim(),
    ...(input.description === undefined ? {} : { description: input.description.trim() }),
    currency,
    timezone: rewriter.timezone(input.timezone ?? options.timezone, ["timezone"]),
    per_transaction_limit: input.per_transaction_limit,
    budgets: input.budgets.map(({ id, period, limit }, index) => ({
      id: rewriter.id(id, "bud", ["budgets", index]),
      period,
      limit,
    })),
    rules: (input.rules ?? []).map((rule, index) => canonicalRule(rule, ["rules", index], rewriter)),
    ...(from === undefined ? {} : { valid_from: from }),
    ...(until === undefined ? {} : { valid_until: until }),
    ...(input.profiles === undefined ? {} : { profiles: [...new Set(input.profiles)] }),
    warning_threshold: input.warning_threshold ?? 0.8,
    agent_may_release: input.agent_may_release ?? false,
  };
}

function canonicalRule(rule: RuleInput, path: Path, rewriter: Rewriter): Rule {
  const id = rewriter.id(rule.id, "rul", path);
  const vendors = (entries: string[]) => rewriter.vendors(entries, [...path, "vendors"]);
  const categories = (entries: string[]) => rewriter.categories(entries, [...path, "categories"]);
  switch (rule.type) {
    case "vendor_allowlist":
    case "vendor_blocklist":
      return { id, type: rule.type, vendors: vendors(rule.vendors) };
    case "category":
      return {
        id,
        type: rule.type,
        ...optional("allow", rule.allow, (list) => rewriter.categories(list, [...path, "allow"])),
        ...optional("deny", rule.deny, (list) => rewriter.categories(list, [...path, "deny"])),
      };
    case "max_amount":
      return {
        id,
        type: rule.type,
        limit: rule.limit,
        ...optional("vendors", rule.vendors, vendors),
        ...optional("categories", rule.categories, categories),
      };
    case "vendor_budget":
      return { id, type: rule.type, vendors: vendors(rule.vendors), period: rule.period, limit: rule.limit };
    case "rate_limit": {
      const { max_transactions, window_minutes } = rule;
      return { id, type: rule.type, max_transactions, window_minutes, ...optional("vendors", rule.vendors, vendors) };
    }
    case "time_window":
      return {
        id,
        type: rule.type,
        days: WEEKDAYS.filter((day) => rule.days.includes(day)),
        start: rule.start,
        end: rule.end,
        ...optional("timezone", rule.timezone, (name) => rewriter.timezone(name, [...path, "timezone"])),
      };
    case "geo":
      return {
        id,
        type: rule.type,
        ...optional("allow", rule.allow, (list) => rewriter.countries(list, [...path, "allow"])),
        ...optional("deny", rule.deny, (list) => rewriter.countries(list, [...path, "deny"])),
      };
    case "protocol":
      return { id, type: rule.type, allow: PROTOCOLS.filter((protocol) => rule.allow.includes(protocol)) };
    case "approval":
      return {
        id,
        type: rule.type,
        ...optional("above", rule.above, (above) => above),
        ...optional("period", rule.period, (period) => period),
        ...(rule.first_purchase_from_vendor === true ? { first_purchase_from_vendor: true } : {}),
        ...optional("categories", rule.categories, categories),
        timeout_minutes: rule.timeout_minutes ?? LIMITS.approvalDefaultMs / 60_000,
      };
    case "custom": {
      const expression = rule.expression.trim();
      const refusal = refusalOfExpression(expression);
      if (refusal !== null) rewriter.refuse([...path, "expression"], refusal);
      return { id, type: rule.type, expression, ...optional("description", rule.description, (text) => text.trim()) };
    }
  }
}

/** A member only where there is a value: absent and `undefined` must hash alike. */
function optional<Key extends string, In, Out>(
  key: Key,
  value: In | undefined,
  map: (value: In) => Out,
): { [K in Key]?: Out } {
  return value === undefined ? {} : ({ [key]: map(value) } as { [K in Key]?: Out });
}
