import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { currency as currencyCode } from "../schema/common.ts";
import { description, money, ownId, plainText, profileName, ruleInput, storedRule } from "./rule-schemas.ts";
import { PERIOD_KINDS } from "./types.ts";

export type { Rule, RuleInput, RuleOf, RuleType, Weekday } from "./rule-schemas.ts";

const name = plainText(LIMITS.nameChars).refine((text) => text.trim() !== "", "Must not be empty.");
const instant = z.iso.datetime({ offset: true, error: "Use RFC 3339, for example 2026-12-31T23:59:59Z." });
const budget = { period: z.enum(PERIOD_KINDS), limit: money() };
const timezone = z.string().max(64).meta({ description: "IANA name, for example Europe/Berlin" });
const warningThreshold = z.number().gt(0).lte(1).meta({ description: "Share of a budget at which a warning is sent" });

const common = {
  agent_id: z.string().min(1).max(64),
  name,
  description: description.optional(),
  per_transaction_limit: money(),
  valid_from: instant.optional(),
  valid_until: instant.optional(),
  profiles: z.array(profileName).min(1).max(LIMITS.profilesPerMandate).optional().meta({
    description: "Payment profiles that this agent may use; the first one of each kind is its default. Left out: none",
  }),
};

/** What a person sends: amounts in major units; ids, defaults and normal forms are filled in by `parseTerms`. */
export const mandateTermsInput = z.strictObject({
  ...common,
  schema: z.literal(1).optional(),
  currency: currencyCode.optional(),
  timezone: timezone.optional(),
  budgets: z
    .array(z.strictObject({ id: ownId("bud").optional(), ...budget }))
    .min(1)
    .max(LIMITS.budgetsPerMandate),
  rules: z.array(ruleInput).max(LIMITS.rulesPerMandate).optional(),
  warning_threshold: warningThreshold.optional(),
  agent_may_release: z.boolean().optional(),
});
export type MandateTermsInput = z.infer<typeof mandateTermsInput>;

/** The stored form: complete, normalized, instants in UTC. This is what a version's hash covers. */
export const mandateTerms = z.strictObject({
  ...common,
  schema: z.literal(1),
  currency: currencyCode,
  timezone,
  budgets: z
    .array(z.strictObject({ id: ownId("bud"), ...budget }))
    .min(1)
    .max(LIMITS.budgetsPerMandate),
  rules: z.array(storedRule).max(LIMITS.rulesPerMandate),
  warning_threshold: warningThreshold,
  agent_may_release: z.boolean(),
});
export type MandateTerms = z.infer<typeof mandateTerms>;
