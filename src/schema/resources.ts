import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { isDeceptive } from "../policy/text.ts";
import { budgetStatus, currency, id, metadata, period } from "./common.ts";

/** What the REST API shows of each resource. Amounts in major units, instants in RFC 3339. */
export const timezone = z.string().min(1).max(64).meta({ description: "IANA time zone, for example Europe/Ljubljana" });
/** People and models read these: nothing in them may show other text than is there. */
const readable = (schema: z.ZodString) =>
  schema.refine(
    (text) => !isDeceptive(text.replace(/\r?\n/g, " ")),
    "Must not contain control or bidirectional characters.",
  );
export const name = readable(z.string().trim().min(1).max(LIMITS.nameChars));
export const description = readable(z.string().trim().max(LIMITS.descriptionChars));
export const note = readable(z.string().trim().max(LIMITS.reasonChars));
export const tags = z.array(z.string().trim().min(1).max(LIMITS.tagChars)).max(LIMITS.tags);
export const role = z.enum(["spend", "read", "approve", "admin"]);

export const organization = z.object({
  id: z.string(),
  name: z.string(),
  mode: z.enum(["test", "live"]),
  region: z.string(),
  timezone: z.string(),
  frozen: z.boolean(),
  budgets: z.array(budgetStatus.extend({ currency: z.string() })),
  version: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const organizationBudgetInput = z.strictObject({
  id: id("bud").optional().meta({ description: "Keep it to change a budget; leave it out to create one" }),
  currency,
  period,
  limit: z.number(),
});

export const agent = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  status: z.enum(["active", "suspended", "decommissioned"]),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.string()),
  spend_calls_per_minute: z.int(),
  mandate_id: z.string().nullable(),
  version: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});

export const agentInput = z.strictObject({
  name,
  description: description.default(""),
  tags: tags.default([]),
  metadata: metadata.default({}),
  spend_calls_per_minute: z.int().min(1).max(LIMITS.spendCallsPerMinuteMax).default(LIMITS.spendCallsPerMinute),
});

const signature = z.string().nullable().meta({
  description: "JWS over ids, version and terms, once the version is in force and signed (within seconds)",
});
export const mandateStatus = z.enum(["draft", "active", "paused", "revoked", "expired"]);
export const mandate = z.object({
  id: z.string(),
  agent_id: z.string(),
  status: mandateStatus,
  status_reason: z.string().nullable(),
  version: z.int(),
  hash: z.string().meta({ description: "SHA-256 of the canonical terms" }),
  signature,
  terms: z.record(z.string(), z.unknown()).meta({ description: "The terms of this version, schema 1" }),
  summary: z.array(z.string()).meta({ description: "The terms in words" }),
  budgets: z.array(budgetStatus),
  created_at: z.string(),
  updated_at: z.string(),
  activated_at: z.string().nullable(),
  ended_at: z.string().nullable(),
});
export const mandateVersion = z.object({
  version: z.int(),
  hash: z.string(),
  signature,
  terms: z.record(z.string(), z.unknown()),
  created_at: z.string(),
  created_by: z.string(),
});

export const key = z.object({
  id: z.string(),
  name: z.string(),
  role,
  agents: z.array(z.string()).nullable().meta({ description: "Agents it may use; null = all" }),
  last4: z.string(),
  status: z.enum(["active", "expired", "revoked"]),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  replaced_by: z.string().nullable(),
});
export const newKey = key.extend({ key: z.string().meta({ description: "The key itself, shown this once" }) });

/** SHA-256 over what an approver is shown: see `termsDigest`. */
export const approvalTerms = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "Send terms as GET showed them: 64 hex digits.")
  .meta({ description: "Digest of the purchase and of the mandate that it would be judged by" });

export const approval = z.object({
  id: z.string(),
  transaction_id: z.string(),
  agent_id: z.string(),
  agent_name: z.string(),
  status: z.enum(["pending", "approved", "denied", "expired", "cancelled"]),
  vendor: z.string().meta({ description: "For an external purchase the agent's own words: untrusted" }),
  vendor_kind: z
    .enum(["host", "name"])
    .meta({ description: "A host name, or free text that only looks like whatever the agent wrote" }),
  amount: z.number(),
  currency: z.string(),
  category: z.string().optional(),
  protocol: z.string(),
  payment: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: "Of a payment tool: exactly whom an approval pays, over which network, for which request" }),
  reason: z.string().optional().meta({ description: "The agent's own words: untrusted" }),
  asks: z.array(z.string()).meta({ description: "The approval rules that ask, in words" }),
  mandate_id: z
    .string()
    .nullable()
    .meta({ description: "While it waits, the mandate that a decision is judged by now; null = none is in force" }),
  mandate_version: z.int().nullable(),
  mandate_summary: z.array(z.string()).meta({ description: "That mandate in words" }),
  terms: approvalTerms.nullable().meta({ description: "To send with the decision; null once it is decided" }),
  requested_at: z.string(),
  expires_at: z.string(),
  decided_at: z.string().nullable(),
  decided_by: z.string().nullable(),
  note: z.string().nullable(),
});

export const event = z.object({
  seq: z.int(),
  id: z.string(),
  type: z.string(),
  at: z.string(),
  subject: z.string().nullable(),
  body: z.unknown().nullable().meta({ description: "Null when erased; amounts inside are micros" }),
  salt: z.string().nullable(),
  digest: z.string(),
  hash: z.string(),
});

const x402Network = z.enum(["eip155:8453", "eip155:84532"]).meta({ description: "CAIP-2: Base, or Base Sepolia" });
export const wallet = z.object({
  id: z.string(),
  address: z.string().meta({ description: "Lower case" }),
  network: x402Network,
  source: z.enum(["created", "imported"]),
  active: z.boolean().meta({ description: "New payments come from it" }),
  key_version: z.string().meta({ description: "Id of the secret that its key is sealed with" }),
  balance: z.number().nullable().meta({ description: "USDC in major units; null = never read" }),
  balance_as_of: z.string().nullable(),
  created_at: z.string(),
});
export const x402Integration = z.object({
  network: x402Network.meta({ description: "Base for live organizations, Base Sepolia for test ones" }),
  asset: z.object({ symbol: z.literal("USDC"), address: z.string() }),
  wallet: wallet.nullable().meta({ description: "The active one" }),
  wallets: z.array(wallet),
});
/** A private key as it comes in. It is sealed at the edge and never shown again. */
export const privateKey = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/, "Write the private key as 0x and 64 hex digits.")
  .meta({ description: "0x and 64 hex digits; sealed on arrival, never shown again", writeOnly: true });

export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    data: z.array(item),
    next_cursor: z.string().nullable().meta({ description: "Pass it as cursor for the next page; null = the end" }),
  });

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.listMax).default(LIMITS.listDefault),
  cursor: z.string().max(64).optional(),
});
