import * as z from "zod";
import { LIMITS } from "../../limits.ts";
import { MICROS_PER_MAJOR, parseAmount } from "../../money.ts";
import * as common from "../../schema/common.ts";
import { cleanText, hasUnsafeCharacters } from "../text.ts";

/** Arguments that several tools take. Limits come from LIMITS; every message says what to change. */

const visible = (schema: z.ZodString) =>
  schema.refine((value) => !hasUnsafeCharacters(value), "Contains control or invisible characters; leave them out.");

const identifier = () => visible(z.string().min(1).max(64));

export const agentId = identifier().meta({ description: "Agent id (agt_…), from quetra_list_agents" });
export const transactionId = identifier().meta({ description: "Transaction id (txn_…)" });

/**
 * The number is judged by `parseAmount`, whose sentences are exact; `exclusiveMinimum` and `maximum` are only shown.
 * JSON has no infinity, but `1e400` parses to one, and zod refuses it like any other value that is not a number.
 */
const money = (allowZero: boolean, description: string) =>
  z
    .number({ error: "Must be a JSON number in major units, for example 25 or 0.003 (no quotes, no hex, not null)." })
    .superRefine((value, context) => {
      const parsed = parseAmount(value, { allowZero });
      if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.error });
    })
    .meta({
      description,
      ...(allowZero ? { minimum: 0 } : { exclusiveMinimum: 0 }),
      maximum: LIMITS.amountMicros / MICROS_PER_MAJOR,
    });

export const amount = money(false, "Price in major units (25 = 25 USD), at most 6 decimals");
export const amountCharged = money(true, "What was really charged, in major units; 0 = the purchase did not happen");

export const currency = common.currency.default("USD");

export const vendor = visible(
  z.string().min(1).max(LIMITS.vendorChars, `At most ${LIMITS.vendorChars} characters; the host name alone is enough.`),
).meta({ description: "Who is paid: host (api.example.com), URL, or plain name" });

export const category = visible(z.string().min(1).max(LIMITS.categoryChars)).meta({
  description: "Kind of purchase, if the limits use categories",
});

export const protocol = common.protocol.default("external").meta({
  description: "Who pays: external = the agent, outside Quetra; otherwise that payment tool",
});

/** Free text is kept for people: what cannot be seen is dropped instead of refused. */
export const reason = z
  .string()
  .max(LIMITS.reasonChars)
  .transform((value) => cleanText(value, LIMITS.reasonChars))
  .meta({ description: "Why, for the people who review it" });

export const metadata = common.metadata
  .refine((value) => !Object.entries(value).flat().some(hasUnsafeCharacters), {
    message: "Contains control or invisible characters; leave them out.",
  })
  .meta({ description: `Own labels, at most ${LIMITS.metadataEntries}` });

export const pageSize = z
  .int()
  .min(1)
  .max(LIMITS.listMax)
  .meta({ description: `Page size (${LIMITS.listDefault})` });
export const cursor = visible(z.string().min(1).max(200)).meta({ description: "next_cursor of the page before" });

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
export const instant = (description: string) =>
  z
    .string()
    .refine((value) => RFC_3339.test(value) && !Number.isNaN(Date.parse(value)), {
      message: "Must be an RFC 3339 instant with a time zone, for example 2026-11-01T00:00:00Z.",
    })
    .meta({ description });
