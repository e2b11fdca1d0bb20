import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import { name, note, organization, organizationBudgetInput, timezone } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Organization";

export const organizationRoutes = [
  {
    id: "getOrganization",
    method: "GET",
    path: "/organization",
    tag,
    summary: "The organization, its freeze switch and its budgets as they stand",
    roles: ["read", "admin", "approve"],
    status: 200,
    response: organization,
  },
  {
    id: "updateOrganization",
    method: "PATCH",
    path: "/organization",
    tag,
    summary: "Change name or time zone",
    description: "A new time zone carries what the current period has used over; it never hands out budget.",
    roles: ["admin"],
    body: z.strictObject({ name: name.optional(), timezone: timezone.optional() }),
    status: 200,
    response: organization,
  },
  {
    id: "freezeOrganization",
    method: "POST",
    path: "/organization/freeze",
    tag,
    summary: "Stop all spending at once",
    roles: ["admin"],
    body: z.strictObject({ reason: note.optional() }),
    status: 200,
    response: organization,
  },
  {
    id: "unfreezeOrganization",
    method: "POST",
    path: "/organization/unfreeze",
    tag,
    summary: "Allow spending again",
    roles: ["admin"],
    body: z.strictObject({ reason: note.optional() }),
    status: 200,
    response: organization,
  },
  {
    id: "setOrganizationBudgets",
    method: "PUT",
    path: "/organization/budgets",
    tag,
    summary: "Replace the organization-wide budgets",
    description:
      "They hold for all agents together. If any exist, spending in a currency without one is rejected. If-Match takes the organization's version.",
    roles: ["admin"],
    body: z.strictObject({ budgets: z.array(organizationBudgetInput).max(LIMITS.organizationBudgets) }),
    if_match: "required",
    status: 200,
    response: organization,
  },
] as const satisfies readonly RouteDefinition[];
