import * as z from "zod";
import { approval, approvalTerms, note, page, pageQuery } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Approvals";

export const approvalRoutes = [
  {
    id: "listApprovals",
    method: "GET",
    path: "/approvals",
    tag,
    summary: "Approvals, newest first; pending ones unless asked otherwise",
    roles: ["approve", "read", "admin"],
    query: pageQuery.extend({
      status: z.enum(["pending", "approved", "denied", "expired", "cancelled", "all"]).default("pending"),
    }),
    status: 200,
    response: page(approval),
  },
  {
    id: "getApproval",
    method: "GET",
    path: "/approvals/{approval_id}",
    tag,
    summary: "One approval",
    roles: ["approve", "read", "admin"],
    status: 200,
    response: approval,
  },
  {
    id: "decideApproval",
    method: "POST",
    path: "/approvals/{approval_id}/decision",
    tag,
    summary: "Approve or deny a purchase",
    description:
      "An approval is judged again on the mandate as it stands now; if that refuses, the answer is 409 with the failed checks and the approval stays open. With `terms`, as `GET` showed them, it is decided only while they are still the same; otherwise the answer is 409 `terms_changed` and nothing is decided.",
    roles: ["approve"],
    body: z.strictObject({
      decision: z.enum(["approve", "deny"]),
      note: note.optional(),
      terms: approvalTerms.optional(),
    }),
    status: 200,
    response: approval,
  },
] as const satisfies readonly RouteDefinition[];
