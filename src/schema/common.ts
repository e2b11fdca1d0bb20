import * as z from "zod";
import { LIMITS } from "../limits.ts";

/** Ids are prefixed and unguessable; the pattern is deliberately loose so that a foreign id reads as "not found", not as malformed. */
export const id = (prefix: string) =>
  z
    .string()
    .max(64)
    .meta({ description: `Id that starts with ${prefix}_` });

/** An amount at an edge: JSON number in major units. The exact rules (six decimals, range) are `parseAmount`'s. */
export const amount = z.number().meta({ description: "Major units (25 = 25 USD, 0.003 allowed), at most 6 decimals" });

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, "Use an ISO 4217 code in upper case, for example USD.")
  .meta({ description: "ISO 4217" });

export const instant = z.string().meta({ description: "RFC 3339, UTC" });
export const protocol = z.enum(["external", "x402", "acp", "stripe"]);
export const period = z.enum(["hourly", "daily", "weekly", "monthly", "total"]);

export const idempotencyKey = z
  .string()
  .min(1)
  .max(LIMITS.idempotencyKeyChars)
  .regex(/^[\x21-\x7e]+$/, "Use printable ASCII without spaces.");

export const metadata = z
  .record(z.string().min(1).max(LIMITS.metadataKeyChars), z.string().max(LIMITS.metadataValueChars))
  .refine((value) => Object.keys(value).length <= LIMITS.metadataEntries, {
    message: `At most ${LIMITS.metadataEntries} entries.`,
  });

/** One failed (or passed) check of a decision, in the documented order. */
export const check = z.object({
  rule: z.string(),
  id: z.string().optional(),
  passed: z.boolean(),
  code: z.string(),
  detail: z.string(),
  limit: z.number().optional(),
  used: z.number().optional(),
  remaining: z.number().optional(),
  resets_at: z.string().optional(),
});
export type CheckView = z.infer<typeof check>;

/** One budget as it stands now. */
export const budgetStatus = z.object({
  id: z.string(),
  period,
  limit: z.number(),
  settled: z.number(),
  held: z.number(),
  remaining: z.number(),
  resets_at: z.string().nullable(),
});
export type BudgetStatus = z.infer<typeof budgetStatus>;
