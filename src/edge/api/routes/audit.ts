import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import { event } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Audit";

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
    summary: "The newest link of the hash chain",
    roles: ["read", "admin"],
    status: 200,
    response: z.object({ organization_id: z.string(), seq: z.int(), hash: z.string(), at: z.string() }),
  },
  {
    id: "verifyAudit",
    method: "GET",
    path: "/audit/verify",
    tag,
    summary: "Verify a run of the hash chain, and the ledger's own invariants",
    roles: ["read", "admin"],
    query: z.strictObject({
      after_seq: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(LIMITS.exportRows).default(LIMITS.exportRows),
    }),
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
      ledger: z.object({ valid: z.boolean(), problems: z.array(z.string()) }),
      next_after_seq: z.int().nullable(),
    }),
  },
] as const satisfies readonly RouteDefinition[];
