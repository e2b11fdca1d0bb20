import * as z from "zod";
import { profileName } from "../../policy/rule-schemas.ts";
import { check, idempotencyKey } from "../../schema/common.ts";
import { agentId, category, metadata, reason, transactionId } from "./fields.ts";

/** Arguments of the tools that pay by a profile of an administrator. */
export const profiledInput = {
  agent_id: agentId,
  profile: profileName.optional().meta({ description: "Payment profile of the mandate; its default if left out" }),
  category: category.optional(),
  reason: reason.optional(),
  metadata: metadata.optional(),
  idempotency_key: idempotencyKey.optional().meta({ description: "New purchase; a retry repeats it" }),
  transaction_id: transactionId.optional().meta({ description: "Instead of the key: continues an approved purchase" }),
};

/** What their answers have in common. */
export const profiledOutput = {
  code: z.string().optional(),
  transaction_id: z.string().optional(),
  replayed: z.boolean().optional(),
  amount: z.number().optional(),
  currency: z.string().optional(),
  vendor: z.string().optional(),
  profile: z.string().optional(),
  checks: z.array(check).optional(),
  max_amount_now: z.number().nullish(),
  max_amount_with_approval: z.number().nullish(),
  retry_at: z.string().nullish(),
  approval_id: z.string().optional(),
  approval_url: z.string().optional(),
  approval_expires_at: z.string().optional(),
  message: z.string(),
};
