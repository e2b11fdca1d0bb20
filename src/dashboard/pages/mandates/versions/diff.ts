import { compileMandate } from "../../../../policy/compile.ts";
import type { MandateTerms } from "../../../../policy/terms.ts";
import { moneyWords } from "../../../ui/words.ts";
import { BUDGET_TITLES, RULE_KINDS } from "../terms/catalogue.ts";
import { printPercent } from "../terms/text.ts";

/** One thing that differs between two versions. Null: it was not there, or is gone. */
export interface Change {
  readonly kind: "added" | "removed" | "changed" | "moved";
  readonly label: string;
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * What differs between two versions of terms, in words. Budgets and rules are the same where their ids are, whatever
 * their place. The same terms differ in nothing.
 */
export function termsChanges(before: MandateTerms, after: MandateTerms): readonly Change[] {
  return [
    ...scalars(before, after),
    ...listChanges(budgetLines(before), budgetLines(after), "budgets"),
    ...listChanges(ruleLines(before), ruleLines(after), "rules"),
  ];
}

interface Line {
  readonly id: string;
  readonly label: string;
  readonly words: string;
  /** Everything: two lines that read alike can still differ. */
  readonly whole: string;
}

const SCALARS: readonly (readonly [label: string, (terms: MandateTerms) => string | null])[] = [
  ["Name", ({ name }) => name],
  ["Description", ({ description }) => description ?? null],
  ["Agent", ({ agent_id }) => agent_id],
  ["Currency", ({ currency }) => currency],
  ["Time zone", ({ timezone }) => timezone],
  ["At most per purchase", (terms) => moneyWords(terms.per_transaction_limit, terms.currency)],
  ["Valid from", ({ valid_from }) => valid_from ?? null],
  ["Valid until", ({ valid_until }) => valid_until ?? null],
  ["Payment profiles", ({ profiles }) => profiles?.join(", ") ?? null],
  ["Warns at", ({ warning_threshold }) => `${printPercent(warning_threshold)} % of a budget`],
  ["Agent gives back leftovers", ({ agent_may_release }) => (agent_may_release ? "Yes" : "No")],
];

const scalars = (before: MandateTerms, after: MandateTerms): Change[] =>
  SCALARS.flatMap(([label, read]) => {
    const [was, is] = [read(before), read(after)];
    if (was === is) return [];
    return [{ kind: was === null ? "added" : is === null ? "removed" : "changed", label, before: was, after: is }];
  });

const budgetLines = ({ budgets, currency }: MandateTerms): Line[] =>
  budgets.map((budget) => ({
    id: budget.id,
    label: "Budget",
    words: `${BUDGET_TITLES[budget.period]} at most ${moneyWords(budget.limit, currency)}`,
    whole: JSON.stringify(budget),
  }));

function ruleLines(terms: MandateTerms): Line[] {
  const { rules } = compileMandate(terms);
  return terms.rules.map((rule, index) => ({
    id: rule.id,
    label: RULE_KINDS[rule.type].title,
    words: `${rules[index]!.words}${detailWords(rule)}`,
    whole: JSON.stringify(rule),
  }));
}

/** What an agent's sentence leaves out: long lists are cut there, an expression is told by its description. */
function detailWords(rule: MandateTerms["rules"][number]): string {
  if (rule.type === "approval") return `; no answer within ${rule.timeout_minutes} minutes counts as no`;
  if (rule.type === "custom") return rule.description ? `: ${rule.expression}` : "";
  const lists = Object.entries(rule).filter(([, value]) => Array.isArray(value) && value.length > 5);
  return lists.map(([name, value]) => `; ${name} in full: ${(value as string[]).join(", ")}`).join("");
}

function listChanges(before: readonly Line[], after: readonly Line[], what: "budgets" | "rules"): Change[] {
  const old = new Map(before.map((line) => [line.id, line]));
  const fresh = new Map(after.map((line) => [line.id, line]));
  const changes: Change[] = [];
  for (const line of before) {
    const now = fresh.get(line.id);
    if (now === undefined) changes.push({ kind: "removed", label: line.label, before: line.words, after: null });
    else if (now.whole !== line.whole || now.words !== line.words) {
      changes.push({ kind: "changed", label: now.label, before: line.words, after: now.words });
    }
  }
  for (const line of after) {
    if (!old.has(line.id)) changes.push({ kind: "added", label: line.label, before: null, after: line.words });
  }
  const order = (lines: readonly Line[], others: ReadonlyMap<string, Line>) =>
    lines.filter(({ id }) => others.has(id)).map(({ id }) => id);
  const [was, is] = [order(before, fresh), order(after, old)];
  if (was.join() !== is.join()) {
    const names = (ids: readonly string[]) => ids.map((id) => fresh.get(id)!.label).join(", ");
    changes.push({ kind: "moved", label: `Order of the ${what}`, before: names(was), after: names(is) });
  }
  return changes;
}
