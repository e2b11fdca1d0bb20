import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { mandateTermsInput } from "../policy/terms.ts";
import { currency, period, protocol } from "./common.ts";

/** What the REST API takes and shows of simulations and shadows. Amounts in major units, instants in RFC 3339. */
const instant = z.iso.datetime({ offset: true, error: "Use RFC 3339, for example 2026-11-21T08:00:00Z." });

const givenPurchase = z.strictObject({
  at: instant,
  amount: z.number(),
  vendor: z.string().min(1).max(LIMITS.urlBytes),
  currency: currency.optional().meta({ description: "The terms' own if left out" }),
  category: z.string().min(1).optional(),
  protocol: protocol.default("external"),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, "Use ISO 3166 alpha-2 in upper case, for example DE.")
    .optional(),
});
export type GivenPurchase = z.infer<typeof givenPurchase>;

export const simulationInput = z.strictObject({
  terms: mandateTermsInput.optional().meta({ description: "Other terms for this mandate's agent" }),
  version: z.int().min(1).optional().meta({ description: "A version of this mandate, in place of its newest" }),
  since: instant.optional().meta({ description: "31 days ago if left out" }),
  until: instant.optional().meta({ description: "First instant that does not belong to it; now if left out" }),
  after_seq: z.int().min(1).optional().meta({
    description: "Judges nothing up to this event: next_after_seq of an answer, together with its next_since",
  }),
  purchases: z
    .array(givenPurchase)
    .min(1)
    .max(LIMITS.rehearsalPurchases)
    .optional()
    .meta({ description: "Purchases that never were, in order of time, in place of the history" }),
  assume_approvals: z
    .enum(["approved", "denied"])
    .default("approved")
    .meta({ description: "What a person is taken to say where nobody was asked in reality" }),
});
export type SimulationInput = z.infer<typeof simulationInput>;

export const shadowInput = z.strictObject({ on: z.boolean() });

const outcome = z.enum(["approved", "rejected", "asked"]);
const perCurrency = z.object({
  currency: z.string(),
  approved: z.number(),
  rejected: z.number(),
  asked: z.number(),
});
const outcomes = z.object({
  total: z.int(),
  approved: z.int(),
  rejected: z.int(),
  asked: z.int(),
  amounts: z.array(perCurrency),
});
const daySum = z.object({ count: z.int(), amount: z.number().meta({ description: "In the terms' currency alone" }) });
const dayOutcomes = z.object({ approved: daySum, rejected: daySum, asked: daySum });
const perRule = z.object({
  code: z.string(),
  rule_id: z.string().nullable().meta({ description: "Of a budget or rule; null for checks that have none" }),
  currency: z.string().meta({ description: "The terms' own, or other" }),
  rejected: z.int(),
  asked: z.int(),
  amount: z.number(),
});
export const difference = z.object({
  at: z.string(),
  transaction_id: z.string(),
  stage: z.enum(["first", "approval", "execution"]).meta({ description: "Which judgement of the purchase" }),
  vendor: z.string().meta({ description: "For an external purchase the agent's own words: untrusted" }),
  amount: z.number(),
  currency: z.string(),
  actual: outcome,
  rehearsed: outcome,
  actual_codes: z.array(z.string()),
  codes: z.array(z.string()).meta({ description: "Why the rehearsed terms refuse" }),
});
const counts = {
  actual: outcomes,
  rehearsed: outcomes,
  per_rule: z.array(perRule),
  judged_again: z.int().meta({ description: "Second and third judgements" }),
  other_reasons: z.int().meta({ description: "Same outcome for other reasons" }),
  repeats: z.int().meta({ description: "Rejections that were repeats and have no event of their own: not judged" }),
  skipped: z.object({
    erased: z.int().meta({ description: "Events whose body was erased" }),
    repeats: z.int().meta({ description: "Repeats of a rejection that the rehearsed terms did not make" }),
  }),
};

export const simulation = z.object({
  kind: z.enum(["as_recorded", "counterfactual", "purchases"]),
  mandate_id: z.string(),
  agent_id: z.string(),
  since: z.string().nullable(),
  until: z.string().nullable(),
  ...counts,
  differences: z.object({ count: z.int(), first: z.array(difference) }),
  first_difference: difference.nullable(),
  days: z
    .array(z.object({ day: z.string(), actual: dayOutcomes, rehearsed: dayOutcomes }))
    .meta({ description: "Days in the terms' time zone on which something was judged, the first 400 of them" }),
  peaks: z.array(
    z.object({
      id: z.string(),
      period,
      limit: z.number(),
      used: z.number(),
      share: z.number().nullable().meta({ description: "used / limit; null where the limit is 0" }),
      at: z.string(),
    }),
  ),
  purchases: z
    .array(z.object({ at: z.string(), vendor: z.string(), amount: z.number(), outcome, codes: z.array(z.string()) }))
    .optional(),
  events_read: z.int(),
  warm_up: z
    .object({ since: z.string(), complete: z.boolean() })
    .nullable()
    .meta({ description: "From when on the books were followed; incomplete where that was too far back" }),
  truncated: z.boolean(),
  next_since: z.string().nullable(),
  next_after_seq: z
    .int()
    .nullable()
    .meta({ description: "Where one instant has more events than one call reads: the last that was judged" }),
});

export const shadow = z.object({
  mandate_id: z.string(),
  agent_id: z.string(),
  on: z.boolean(),
  version: z.int().nullable(),
  started_at: z.string().nullable(),
  since: z.string().nullable().meta({ description: "The counts are those of this version since then" }),
  events_behind: z.int().nullable().meta({ description: "Events of the log that were not looked at yet" }),
  ...counts,
  differences: z.object({ count: z.int(), newest: z.array(difference) }),
  first_difference: difference.nullable(),
});
