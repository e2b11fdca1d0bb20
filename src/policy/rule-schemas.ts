import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { parseAmount } from "../money.ts";
import { isDeceptive } from "./text.ts";
import { PERIOD_KINDS, PROTOCOLS } from "./types.ts";

/**
 * The shapes of rules, without their ids. No transforms: the same schemas validate what people send and what is stored,
 * and become JSON Schema for the API page. What a shape cannot say (public suffixes, expressions, zones) is checked
 * when terms are put into their canonical form.
 */

export const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** An amount in major units that follows the rules of `parseAmount`. */
export const money = (options: { allowZero?: boolean } = {}) =>
  z
    .number()
    .superRefine((value, context) => {
      const amount = parseAmount(value, options);
      if (!amount.ok) context.addIssue({ code: "custom", message: amount.error });
    })
    .meta({ description: "Major units (25 = 25 USD), at most 6 decimals" });

/** Text that people and models will read: one line, showing what it is. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !isDeceptive(text), "Must not contain control or bidirectional characters.");

/** The name of a payment profile: what a model passes, and what a mandate lists. */
export const profileName = z
  .string()
  .max(LIMITS.profileNameChars)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "Use lower-case letters, digits and single hyphens, for example office-card.");

/** Like `plainText`, in paragraphs. */
export const description = z
  .string()
  .max(LIMITS.descriptionChars)
  .refine((text) => !isDeceptive(text.replace(/\r?\n/g, " ")), "Must not contain control or bidirectional characters.");

const vendors = z
  .array(z.string().min(1).max(LIMITS.urlBytes))
  .max(LIMITS.listEntriesPerRule)
  .meta({ description: "Hosts (with their subdomains) or plain names. An empty list is nobody." });
const categories = z.array(z.string().min(1)).max(LIMITS.listEntriesPerRule);
/** A list that only narrows a rule: empty it would make the rule apply to nothing, which nobody means. */
const someVendors = vendors.min(1);
const someCategories = categories.min(1);
const countries = z.array(z.string().length(2)).max(LIMITS.listEntriesPerRule);
const period = z.enum(PERIOD_KINDS);
const timezone = z.string().max(64).meta({ description: "IANA name; the mandate's own if absent" });

const START = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const END = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;
const needsList = { message: "Give allow, deny, or both." };

const shapes = {
  vendor_allowlist: { vendors },
  vendor_blocklist: { vendors },
  category: { allow: categories.optional(), deny: categories.optional() },
  max_amount: { limit: money(), vendors: someVendors.optional(), categories: someCategories.optional() },
  vendor_budget: { vendors: someVendors, period, limit: money() },
  rate_limit: {
    max_transactions: z.int().min(1).max(LIMITS.rateLimitTransactions),
    window_minutes: z.int().min(1).max(LIMITS.rateLimitWindowMinutes),
    vendors: someVendors.optional(),
  },
  time_window: {
    days: z.array(z.enum(WEEKDAYS)).min(1).max(7).meta({ description: "Days on which the window starts" }),
    start: z.string().regex(START, "Use HH:MM from 00:00 to 23:59."),
    end: z.string().regex(END, "Use HH:MM from 00:00 to 24:00.").meta({
      description: "First minute outside; before the start: on the next day",
    }),
    timezone: timezone.optional(),
  },
  geo: { allow: countries.optional(), deny: countries.optional() },
  protocol: { allow: z.array(z.enum(PROTOCOLS)).max(PROTOCOLS.length) },
  approval: {
    above: money({ allowZero: true }).optional(),
    period: period.optional(),
    first_purchase_from_vendor: z.boolean().optional(),
    categories: someCategories.optional(),
  },
  custom: {
    expression: z
      .string()
      .min(1)
      .max(LIMITS.customExpressionChars)
      .refine((text) => text.isWellFormed(), "The expression holds half a character (a lone surrogate)."),
    description: plainText(LIMITS.descriptionChars).optional(),
  },
};
const timeoutMinutes = z.int().min(1).max(LIMITS.approvalTimeoutMinutes);

const hasList = (rule: { allow?: unknown; deny?: unknown }) => rule.allow !== undefined || rule.deny !== undefined;

/** All rule types, each with the given id field. `stored`: what input may leave out is there. */
function ruleUnion<Id extends z.ZodType, Timeout extends z.ZodType>(id: Id, timeout: Timeout) {
  const rule = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
    z.strictObject({ id, type: z.literal(type), ...shape });
  return z.discriminatedUnion("type", [
    rule("vendor_allowlist", shapes.vendor_allowlist),
    rule("vendor_blocklist", shapes.vendor_blocklist),
    rule("category", shapes.category).refine(hasList, needsList),
    rule("max_amount", shapes.max_amount),
    rule("vendor_budget", shapes.vendor_budget),
    rule("rate_limit", shapes.rate_limit),
    rule("time_window", shapes.time_window).refine((it) => it.start !== it.end, {
      path: ["end"],
      message: "Start and end are the same: nothing or everything? For the whole day use 00:00 to 24:00.",
    }),
    rule("geo", shapes.geo).refine(hasList, needsList),
    rule("protocol", shapes.protocol),
    rule("approval", { ...shapes.approval, timeout_minutes: timeout })
      .refine((it) => it.above !== undefined || it.first_purchase_from_vendor === true || it.categories !== undefined, {
        message: "Say when to ask: above, first_purchase_from_vendor, or categories.",
      })
      .refine((it) => it.period === undefined || it.above !== undefined, {
        path: ["period"],
        message: "A period sums up amounts, so it needs above.",
      }),
    rule("custom", shapes.custom),
  ]);
}

const ID = /^[A-Za-z0-9_-]{1,59}$/;

/** The id of an existing budget or rule: an edit that names it keeps its counter. */
export const ownId = (prefix: "bud" | "rul") =>
  z
    .string()
    .refine((value) => value.startsWith(`${prefix}_`) && ID.test(value.slice(4)), `Ids here start with ${prefix}_.`);

export const ruleInput = ruleUnion(ownId("rul").optional(), timeoutMinutes.optional());
export const storedRule = ruleUnion(ownId("rul"), timeoutMinutes);

export type RuleInput = z.infer<typeof ruleInput>;
export type Rule = z.infer<typeof storedRule>;
export type RuleType = Rule["type"];
export type RuleOf<Type extends RuleType> = Extract<Rule, { type: Type }>;
