import { WEEKDAYS } from "../../../../policy/rule-schemas.ts";
import { PROTOCOLS } from "../../../../policy/types.ts";
import { isTimeZone } from "../../../../policy/zone.ts";
import type { Fields, MandateForm } from "./mandate-form.ts";
import {
  asTyped,
  localTime,
  printInstant,
  readCategories,
  readCodes,
  readInstant,
  readNumber,
  readPercent,
  readVendors,
} from "./text.ts";

/** Terms as they were typed, for the operation to judge: nothing is checked here, and nothing is made up. */
export type TypedTerms = Record<string, unknown> & {
  readonly budgets: readonly Record<string, unknown>[];
  readonly rules: readonly Record<string, unknown>[];
};

/**
 * What a form says, as the operation takes it. What was left empty is left out.
 *
 * @param timezone The organization's: the clock of the form where it names no zone.
 */
export function formToTerms({ top, budgets, rules }: MandateForm, timezone: string): TypedTerms {
  const typed = top.text("timezone");
  const zone = isTimeZone(typed) ? typed : timezone;
  return {
    schema: 1,
    ...given({
      agent_id: top.text("agent_id"),
      name: top.text("name"),
      description: text(top, "description"),
      currency: top.text("currency").toUpperCase() || undefined,
      timezone: typed || undefined,
      per_transaction_limit: readNumber(top.text("per_transaction_limit")),
      valid_from: instant(top, "valid_from", zone),
      valid_until: instant(top, "valid_until", zone),
      warning_threshold: readPercent(top.text("warning_threshold")),
      profiles: list(top, "profiles", readCodes),
    }),
    agent_may_release: top.checked("agent_may_release"),
    budgets: budgets.map((fields) =>
      given({ ...idOf(fields), period: fields.text("period") || undefined, limit: readNumber(fields.text("limit")) }),
    ),
    rules: rules.map((fields) => given({ ...idOf(fields), type: fields.text("type"), ...parameters(fields) })),
  };
}

const idOf = (fields: Fields) => ({ id: fields.text("id") || undefined });

function parameters(fields: Fields): Record<string, unknown> {
  const number = (name: string) => readNumber(fields.text(name));
  const period = fields.text("period") || undefined;
  switch (fields.text("type")) {
    case "vendor_allowlist":
    case "vendor_blocklist":
      return { vendors: list(fields, "vendors", readVendors) ?? [] };
    case "category":
      return { allow: allowList(fields, readCategories), deny: list(fields, "deny", readCategories) };
    case "max_amount":
      return {
        limit: number("limit"),
        vendors: list(fields, "vendors", readVendors),
        categories: list(fields, "categories", readCategories),
      };
    case "vendor_budget":
      return { vendors: list(fields, "vendors", readVendors) ?? [], period, limit: number("limit") };
    case "rate_limit":
      return {
        max_transactions: number("max_transactions"),
        window_minutes: number("window_minutes"),
        vendors: list(fields, "vendors", readVendors),
      };
    case "time_window":
      return {
        days: inOrder(WEEKDAYS, fields.all("days")),
        start: fields.text("start"),
        end: fields.text("end"),
        timezone: fields.text("timezone") || undefined,
      };
    case "geo":
      return { allow: allowList(fields, readCodes), deny: list(fields, "deny", readCodes) };
    case "protocol":
      return { allow: inOrder(PROTOCOLS, fields.all("allow")) };
    case "approval":
      return {
        above: number("above"),
        period,
        first_purchase_from_vendor: fields.checked("first_purchase_from_vendor") || undefined,
        categories: list(fields, "categories", readCategories),
        timeout_minutes: number("timeout_minutes"),
      };
    case "custom":
      return { expression: text(fields, "expression") ?? "", description: text(fields, "description") };
    default:
      return {};
  }
}

export const readTextField = (typed: string): string | undefined => (typed === "" ? undefined : typed);

const text = (fields: Fields, name: string): unknown =>
  untouched(fields, name, (kept) => (typeof kept === "string" ? asTyped(kept) : null)) ??
  readTextField(asTyped(fields.text(name)));

const list = (fields: Fields, name: string, read: (text: string) => string[]): unknown =>
  untouched(fields, name, (kept) => (isTexts(kept) ? asTyped(kept.join("\n")) : null)) ??
  (fields.text(name) === "" ? undefined : read(asTyped(fields.text(name))));

/** What was typed goes first; the box says what an empty list means. */
const allowList = (fields: Fields, read: (text: string) => string[]): unknown =>
  list(fields, "allow", read) ?? (fields.checked("allow.none") ? [] : undefined);

/** Browsers write the same time in several ways (`12:00`, `12:00:00.5`), so times are compared, not texts. */
function instant(fields: Fields, name: string, zone: string): unknown {
  const typed = fields.text(name);
  const kept = parsed(fields, name);
  if (typeof kept === "string" && !Number.isNaN(Date.parse(kept))) {
    if (localTime(printInstant(kept, zone)) === localTime(typed) && typed !== "") return kept;
  }
  return readInstant(typed, zone);
}

/** The value that was kept beside a text, as long as the text is still the one that was printed of it. */
function untouched(fields: Fields, name: string, print: (kept: unknown) => string | null): unknown {
  const kept = parsed(fields, name);
  return kept !== undefined && print(kept) === asTyped(fields.text(name)) ? kept : undefined;
}

function parsed(fields: Fields, name: string): unknown {
  const json = fields.text(`${name}.kept`);
  if (json === "") return undefined;
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string");

/** In the order of the terms. What is none of them stays, for the schema to refuse. */
const inOrder = (known: readonly string[], chosen: readonly string[]): string[] => [
  ...known.filter((one) => chosen.includes(one)),
  ...chosen.filter((one) => !known.includes(one)),
];

const given = (members: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
