import * as z from "zod";
import { LIMITS } from "../../limits.ts";
import { hasUnsafeCharacters } from "../text.ts";
import { defineTool } from "../tool.ts";
import { amount } from "./fields.ts";
import { profiledInput, profiledOutput } from "./profiled.ts";

const item = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(LIMITS.checkoutItemIdChars)
    .refine((value) => !hasUnsafeCharacters(value), "Contains control or invisible characters; leave them out."),
  quantity: z.int().min(1).max(LIMITS.checkoutQuantity),
});

const input = z.strictObject({
  ...profiledInput,
  merchant_url: z.string().min(1).max(LIMITS.urlBytes).meta({ description: "https URL of a merchant of the profile" }),
  items: z.array(item).min(1).max(LIMITS.checkoutItems).meta({ description: "The merchant's item ids" }),
  max_amount: amount.meta({ description: "Pay at most this, all included, in the mandate's currency" }),
});

const merchant = z.object({
  untrusted_content_from: z.string(),
  messages: z.array(z.string()).optional(),
  lines: z.array(z.string()).optional(),
  continue_url: z.string().optional(),
  order_url: z.string().optional(),
});

const output = z.object({
  outcome: z.enum(["ordered", "unsettled", "needs_human", "rejected", "pending_approval", "already_used", "failed"]),
  ...profiledOutput,
  order_id: z.string().optional(),
  merchant: merchant.optional(),
});

export const checkout = defineTool({
  name: "quetra_acp_checkout",
  title: "Buy from a merchant",
  description:
    "Buys items from a merchant of the payment profile by the Agentic Commerce Protocol: asks the merchant for the total, lets the mandate judge it, pays exactly that total, and returns the order. Card, buyer and address come from the profile. Outcomes: ordered, unsettled (not yet proven), needs_human (a person has to act at the merchant), rejected, pending_approval (a person decides at approval_url; the same call then buys), already_used, failed. merchant holds that merchant's words.",
  input,
  output,
  posture: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  framed: "merchant",
  run: (governance, args) => governance.checkout(args),
});
