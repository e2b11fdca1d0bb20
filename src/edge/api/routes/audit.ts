import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import { ok } from "../../../result.ts";
import { checkpoint, erasure, receipt, signingKey } from "../../../schema/audit.ts";
import { event, page, pageQuery } from "../../../schema/resources.ts";
import type { Prepare, RouteDefinition } from "../route.ts";

const tag = "Audit";
const run = z.strictObject({
  after_seq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(LIMITS.exportRows).default(LIMITS.exportRows),
});
const head = z.object({
  organization_id: z.string(),
  seq: z.int(),
  hash: z.string(),
  at: z.string(),
  checkpoint: checkpoint.nullable().meta({ description: "The newest link that is signed; null = none yet" }),
});

/** The private half never reaches the object in clear. What is thrown becomes a 503. */
const makeKey: Prepare = async (rails, { organization_id }) => {
  const made = await rails.createSigningKey(organization_id);
  if (!made.ok) throw new Error(made.error.message);
  return ok({ body: made.value });
};

export const auditRoutes = [
  {
    id: "listEvents",
    method: "GET",
    path: "/audit/events",
    tag,
    summary: "The event log, oldest first",
    roles: ["read", "admin"],
    query: z.strictObject({
      after_seq: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(LIMITS.listMax).default(LIMITS.listDefault),
    }),
    status: 200,
    response: z.object({ data: z.array(event), next_after_seq: z.int().nullable() }),
  },
  {
    id: "getChainHead",
    method: "GET",
    path: "/audit/head",
    tag,
    summary: "The newest link of the hash chain, and the newest one that is signed",
    roles: ["read", "admin"],
    status: 200,
    response: head,
  },
  {
    id: "signChainHead",
    method: "POST",
    path: "/audit/head/sign",
    tag,
    summary: "Sign the newest link of the hash chain now",
    description:
      "Keep the checkpoint outside of Quetra: `npx quetra verify --head` shows later whether the log still leads through it.",
    roles: ["read", "admin"],
    status: 200,
    response: head,
  },
  {
    id: "listCheckpoints",
    method: "GET",
    path: "/audit/checkpoints",
    tag,
    summary: "Signed links of the hash chain, newest first",
    roles: ["read", "admin"],
    query: pageQuery,
    status: 200,
    response: page(checkpoint),
  },
  {
    id: "verifyAudit",
    method: "GET",
    path: "/audit/verify",
    tag,
    summary: "Verify a run of the hash chain, and the ledger's own invariants",
    roles: ["read", "admin"],
    query: run,
    status: 200,
    response: z.object({
      chain: z.object({
        valid: z.boolean(),
        checked: z.int(),
        first_seq: z.int().nullable(),
        last_seq: z.int().nullable(),
        head_hash: z.string().nullable(),
        erased: z.int(),
        broken_at: z.int().optional(),
        problem: z.string().optional(),
      }),
      erasures: z.array(
        z.object({
          seq: z.int(),
          id: z.string(),
          type: z.string(),
          erased_by: z
            .object({ seq: z.int(), id: z.string() })
            .nullable()
            .meta({ description: "The event that says so; null = none does, which is a finding" }),
        }),
      ),
      ledger: z.object({ valid: z.boolean(), problems: z.array(z.string()) }),
      next_after_seq: z.int().nullable(),
    }),
  },
  {
    id: "exportAudit",
    method: "GET",
    path: "/audit/export",
    tag,
    summary: "The event log as JSON lines, signed, for `npx quetra verify`",
    description:
      "A header, one line per event, and a last line with signatures and public keys. When x-next-after-seq is there, the " +
      "log goes on; pages one after another in one file verify as one.",
    roles: ["read", "admin"],
    query: run,
    status: 200,
    content_type: "application/jsonl",
    response: z.string(),
  },
  {
    id: "getReceipt",
    method: "GET",
    path: "/transactions/{transaction_id}/receipt",
    tag,
    summary: "A signed receipt of a transaction as it stands",
    description:
      "Verifies with the organization's published key alone: /api/v1/organizations/{organization_id}/jwks.json.",
    roles: ["read", "admin"],
    status: 200,
    response: receipt,
  },
  {
    id: "rotateSigningKey",
    method: "POST",
    path: "/audit/keys/rotate",
    tag,
    summary: "Sign with a new key from now on",
    description: "The old ones stay published, so what they have signed still verifies.",
    roles: ["admin"],
    prepare: makeKey,
    status: 201,
    response: signingKey,
  },
  {
    id: "eraseEvents",
    method: "POST",
    path: "/audit/erasures",
    tag,
    summary: "Erase the bodies of events for good",
    description:
      "Also clears the free text of the transactions that they are about. The chain stays valid, and an audit.erased event " +
      "says what was erased. All of the events are erased, or none. Not possible: events of transactions that have not " +
      "ended, of mandates in force, of signing keys, earlier erasures, and events that not every webhook has got yet.",
    roles: ["admin"],
    body: z.strictObject({
      events: z
        .array(z.strictObject({ seq: z.int().min(1), id: z.string().max(64) }))
        .min(1)
        .max(LIMITS.erasedPerCall),
      reason: z.enum(["personal_data", "secret", "legal_obligation", "other"]),
    }),
    status: 200,
    response: erasure,
  },
] as const satisfies readonly RouteDefinition[];
