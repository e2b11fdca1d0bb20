import { compileMandate } from "../../../../policy/compile.ts";
import { describeTerms } from "../../../../policy/explain.ts";
import { parseTerms, type TermsIssue } from "../../../../policy/parse-terms.ts";
import type { MandateTerms } from "../../../../policy/terms.ts";
import type { TypedTerms } from "./form-to-terms.ts";

/** Terms that are being written, in the very sentences that agents and approvers will read. */
export interface Description {
  /** In the order of the terms; what is not complete yet has no sentence. */
  readonly purchase: string | null;
  readonly budgets: readonly (string | null)[];
  readonly rules: readonly (string | null)[];
  /** Profiles and validity. */
  readonly more: readonly string[];
  /** What is still wrong, as saving would say it. */
  readonly issues: readonly TermsIssue[];
}

/**
 * Puts what is complete into words, however much is not: parts that are wrong are left out, or, where a mandate cannot be
 * without them, stand in with a value that is not shown.
 *
 * @param timezone The organization's.
 */
export function describeTyped(typed: TypedTerms, timezone: string): Description {
  const issues: TermsIssue[] = [];
  const wrong = new Set<string>();
  // What a shape says hides what is only found after it, so what is left is looked at again.
  for (let round = 0; round < ROUNDS; round++) {
    const rest = withoutWrong(typed, wrong);
    const parsed = parseTerms(rest.terms, { timezone, newId: newIds() });
    if (parsed.ok) return inWords(parsed.value, rest, typed, issues);
    const found = parsed.error.map((issue) => ({ ...issue, path: rest.original(issue.path) }));
    const fresh = found.filter(({ path, message }) => !issues.some((it) => it.path === path && it.message === message));
    if (fresh.length === 0) break;
    issues.push(...fresh);
    for (const { path } of fresh) wrong.add(path.split("/").slice(1, 3).join("/"));
  }
  // Nothing but the whole is wrong: too many parts, or too many bytes.
  return { purchase: null, budgets: [], rules: [], more: [], issues };
}

const ROUNDS = 4;
const STAND_IN_BUDGET = { id: "bud_stand-in", period: "total", limit: 1 };
const STAND_IN: Readonly<Record<string, unknown>> = {
  agent_id: "agt_stand-in",
  name: "Mandate",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 1,
};

interface Rest {
  readonly terms: Record<string, unknown>;
  /** Places in what was typed of the budgets and rules that are left. */
  readonly budgets: readonly number[];
  readonly rules: readonly number[];
  readonly isWrong: (name: string) => boolean;
  /** A pointer into the rest as one into what was typed. */
  readonly original: (path: string) => string;
}

/** @param wrong Of each issue the first two steps of its pointer. */
function withoutWrong(typed: TypedTerms, wrong: ReadonlySet<string>): Rest {
  const isWrong = (name: string) => [...wrong].some((path) => path === name || path.startsWith(`${name}/`));
  const left = (name: "budgets" | "rules") =>
    typed[name].flatMap((_, index) => (wrong.has(`${name}/${index}`) ? [] : [index]));
  const [budgets, rules] = [left("budgets"), left("rules")];
  return {
    terms: {
      ...Object.fromEntries(Object.entries(typed).filter(([name]) => !isWrong(name))),
      ...Object.fromEntries(Object.entries(STAND_IN).filter(([name]) => isWrong(name))),
      budgets: budgets.length > 0 || typed.budgets.length === 0 ? pick(typed.budgets, budgets) : [STAND_IN_BUDGET],
      rules: pick(typed.rules, rules),
    },
    budgets,
    rules,
    isWrong,
    original: (path) =>
      path.replace(/^\/(budgets|rules)\/(\d+)/, (whole, name: "budgets" | "rules", index: string) => {
        const place = (name === "budgets" ? budgets : rules)[Number(index)];
        return place === undefined ? whole : `/${name}/${place}`;
      }),
  };
}

const pick = <T>(list: readonly T[], places: readonly number[]): T[] => places.map((place) => list[place]!);

function inWords(
  terms: MandateTerms,
  { budgets, rules, isWrong }: Rest,
  typed: TypedTerms,
  issues: readonly TermsIssue[],
): Description {
  const lines = describeTerms(compileMandate(terms));
  const take = () => lines.shift() ?? null;
  const places = (count: number, left: readonly number[]) => {
    const said: (string | null)[] = Array.from({ length: count }, () => null);
    for (const place of left) said[place] = take();
    return said;
  };
  const purchase = take();
  const ofBudgets = places(typed.budgets.length, budgets);
  if (budgets.length === 0) take();
  const ofRules = places(typed.rules.length, rules);
  // Amounts in a currency that nobody has named would be made up.
  const unnamed = isWrong("currency");
  return {
    purchase: unnamed || isWrong("per_transaction_limit") ? null : purchase,
    budgets: unnamed ? ofBudgets.map(() => null) : ofBudgets,
    rules: unnamed ? ofRules.map(() => null) : ofRules,
    more: lines,
    issues,
  };
}

function newIds(): (prefix: "bud" | "rul") => string {
  let next = 0;
  return (prefix) => {
    next += 1;
    return `${prefix}_new-${next}`;
  };
}
