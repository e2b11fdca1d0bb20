import * as z from "zod";
import { ALERT_KINDS, SEVERITIES } from "../alerts/kinds.ts";
import { SETTING_BOUNDS } from "../alerts/settings.ts";
import { amount, currency } from "./common.ts";

export const alertKind = z.enum(ALERT_KINDS);
export const alertSeverity = z.enum(SEVERITIES);

export const alert = z.object({
  id: z.string(),
  kind: alertKind,
  severity: alertSeverity,
  message: z.string().meta({ description: "What was seen and what it was measured against, in one sentence" }),
  figures: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .meta({ description: "The figures behind the sentence; amounts in major units. `vendor` is untrusted text" }),
  agent_id: z.string().nullable(),
  mandate_id: z.string().nullable(),
  transaction_id: z.string().nullable(),
  at: z.string().meta({ description: "When it was so" }),
  raised_at: z.string().meta({ description: "When the watch came to it" }),
  suppressed: z.int().meta({ description: "How often it was seen again within the cooldown" }),
  last_suppressed_at: z.string().nullable(),
  paused_mandate_id: z.string().nullable().meta({ description: "The mandate that it paused" }),
  acknowledged_at: z.string().nullable(),
  acknowledged_by: z.string().nullable(),
  note: z.string().nullable(),
});

const whole = (name: keyof typeof SETTING_BOUNDS) => z.int().min(SETTING_BOUNDS[name][0]).max(SETTING_BOUNDS[name][1]);

const common = {
  enabled: z.boolean(),
  cooldown_minutes: whole("cooldown_minutes").nullable().meta({ description: "Null = 60, critical alerts 5" }),
};
const pausing = {
  ...common,
  pause_mandate: z.boolean().meta({ description: "A critical alert pauses the agent's active mandate" }),
};

const shapes = {
  large_transaction: z.strictObject({
    ...common,
    threshold: amount.meta({ description: "For every currency without one of its own, in major units" }),
    thresholds: z.record(currency, amount).meta({ description: "By currency, in major units" }),
  }),
  rate_spike: z.strictObject({ ...pausing, max_per_minute: whole("max_per_minute") }),
  new_vendor: z.strictObject(common),
  budget_threshold: z.strictObject(common),
  unusual_amount: z.strictObject({
    ...common,
    score: z.number().min(SETTING_BOUNDS.score[0]).max(SETTING_BOUNDS.score[1]).meta({
      description: "Modified z-score above which an amount is unusual; two decimals count",
    }),
    minimum_sample: whole("minimum_sample"),
  }),
  repeated_rejections: z.strictObject({
    ...pausing,
    count: whole("count"),
    critical_count: whole("count"),
    window_minutes: whole("window_minutes"),
  }),
  overdraft: z.strictObject(pausing),
  unknown_outcome: z.strictObject({ ...pausing, after_minutes: whole("after_minutes") }),
  storage: z.strictObject(common),
  webhook_disabled: z.strictObject(common),
  dispute: z.strictObject(pausing),
};

export const alertSettings = z.object({
  settings: z.strictObject(shapes),
  version: z.int(),
  updated_at: z.string().nullable().meta({ description: "Null = never changed" }),
});

/** As a person writes them: whatever is left out has its default. Kinds and fields that do not exist are refused. */
export const alertSettingsInput = z.strictObject({
  settings: z.strictObject({
    large_transaction: shapes.large_transaction.partial().optional(),
    rate_spike: shapes.rate_spike.partial().optional(),
    new_vendor: shapes.new_vendor.partial().optional(),
    budget_threshold: shapes.budget_threshold.partial().optional(),
    unusual_amount: shapes.unusual_amount.partial().optional(),
    repeated_rejections: shapes.repeated_rejections.partial().optional(),
    overdraft: shapes.overdraft.partial().optional(),
    unknown_outcome: shapes.unknown_outcome.partial().optional(),
    storage: shapes.storage.partial().optional(),
    webhook_disabled: shapes.webhook_disabled.partial().optional(),
    dispute: shapes.dispute.partial().optional(),
  }),
});
