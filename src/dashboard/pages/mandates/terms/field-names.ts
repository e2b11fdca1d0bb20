import { labelWords } from "../../../ui/words.ts";

/** What a field is called in the list above the form: "Rule 2: vendors". */
export function fieldWords(name: string): string {
  const [part = "", index, field] = name.split(".");
  if (index === undefined) return NAMES[part] ?? labelWords(part);
  const whole = `${part === "rules" ? "Rule" : "Budget"} ${Number(index) + 1}`;
  return field === undefined ? whole : `${whole}: ${(NAMES[field] ?? labelWords(field)).toLowerCase()}`;
}

/** The element that a link leads to: the field itself, or the card around what has no single field. */
export function anchorOf(name: string): string {
  const [part = "", index, field] = name.split(".");
  if (index === undefined) return part;
  // Boxes that are ticked have no field of their own.
  return field === undefined || field === "days" ? `${part === "rules" ? "rule" : "budget"}-${index}` : name;
}

const NAMES: Readonly<Record<string, string>> = {
  agent_id: "Agent",
  per_transaction_limit: "At most per purchase",
  limit: "At most",
  max_transactions: "How many purchases",
  window_minutes: "In how many minutes",
  timeout_minutes: "How long to wait",
  above: "Ask above",
  allow: "What is allowed",
  deny: "What is refused",
  profiles: "Payment profiles",
  warning_threshold: "When to warn",
  valid_from: "Valid from",
  valid_until: "Valid until",
  timezone: "Time zone",
  expression: "The expression",
  description: "Words",
};
