import * as z from "zod";
import { LIMITS } from "../../limits.ts";
import { cleanText } from "../text.ts";
import { defineTool } from "../tool.ts";
import { amount, currency } from "./fields.ts";
import { profiledInput, profiledOutput } from "./profiled.ts";

const input = z.strictObject({
  ...profiledInput,
  amount,
  currency,
  description: z
    .string()
    .max(LIMITS.descriptionChars)
    .transform((value) => cleanText(value, LIMITS.descriptionChars))
    .optional()
    .meta({ description: "Shown on the charge" }),
});

const output = z.object({
  outcome: z.enum(["charged", "unsettled", "declined", "rejected", "pending_approval", "already_used", "failed"]),
  ...profiledOutput,
  payment_intent: z.string().optional(),
  simulated: z.literal(true).optional(),
});

export const stripeCharge = defineTool({
  name: "quetra_stripe_charge",
  title: "Charge a card on file",
  description:
    "Charges the card of a payment profile through the organization's own Stripe account, if the mandate approves. The money goes from that card INTO that Stripe account; no outside vendor is paid by it. Outcomes: charged, unsettled (not yet proven), declined (nothing taken), rejected, pending_approval (a person decides at approval_url; the same call then charges), already_used, failed. simulated: true means that no money moved.",
  input,
  output,
  posture: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
  run: (governance, args) => governance.stripeCharge(args),
});
