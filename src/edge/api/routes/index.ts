import type { RouteDefinition } from "../route.ts";
import { acpRoutes } from "./acp.ts";
import { agentRoutes } from "./agents.ts";
import { alertRoutes } from "./alerts.ts";
import { approvalRoutes } from "./approvals.ts";
import { auditRoutes } from "./audit.ts";
import { integrationRoutes } from "./integrations.ts";
import { keyRoutes } from "./keys.ts";
import { mandateRoutes } from "./mandates.ts";
import { organizationRoutes } from "./organization.ts";
import { profileRoutes } from "./profiles.ts";
import { rehearsalRoutes } from "./rehearsal.ts";
import { spendingRoutes } from "./spending.ts";
import { stripeRoutes } from "./stripe.ts";
import { transactionRoutes } from "./transactions.ts";
import { webhookRoutes } from "./webhooks.ts";

const TABLE = [
  ...organizationRoutes,
  ...agentRoutes,
  ...mandateRoutes,
  ...rehearsalRoutes,
  ...keyRoutes,
  ...transactionRoutes,
  ...approvalRoutes,
  ...spendingRoutes,
  ...auditRoutes,
  ...integrationRoutes,
  ...stripeRoutes,
  ...acpRoutes,
  ...profileRoutes,
  ...webhookRoutes,
  ...alertRoutes,
] as const;

/** Every operation of REST v1. */
export const ROUTES: readonly RouteDefinition[] = TABLE;

/** The id of every operation: the object must have a handler for each. */
export type RouteId = (typeof TABLE)[number]["id"];

/** One operation with its own schemas, by its id. */
export type RouteOf<Id extends RouteId> = Extract<(typeof TABLE)[number], { readonly id: Id }>;
