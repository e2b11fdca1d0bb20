import type { RouteId } from "../../edge/api/routes/index.ts";
import { agentHandlers } from "./agents.ts";
import { alertHandlers } from "./alerts.ts";
import { approvalHandlers } from "./approvals.ts";
import { auditHandlers } from "./audit.ts";
import type { Handler } from "./desk.ts";
import { integrationHandlers } from "./integrations.ts";
import { keyHandlers } from "./keys.ts";
import { mandateHandlers } from "./mandates.ts";
import { merchantHandlers } from "./merchants.ts";
import { organizationHandlers } from "./organization.ts";
import { profileHandlers } from "./profiles.ts";
import { rehearsalHandlers } from "./rehearsal.ts";
import { spendingHandlers } from "./spending.ts";
import { stripeHandlers } from "./stripe.ts";
import { transactionHandlers } from "./transactions.ts";
import { webhookHandlers } from "./webhooks.ts";

/** One handler per route; a route without one does not compile. */
export const HANDLERS: Readonly<Record<RouteId, Handler>> = {
  ...organizationHandlers,
  ...agentHandlers,
  ...mandateHandlers,
  ...rehearsalHandlers,
  ...keyHandlers,
  ...transactionHandlers,
  ...approvalHandlers,
  ...spendingHandlers,
  ...auditHandlers,
  ...integrationHandlers,
  ...stripeHandlers,
  ...merchantHandlers,
  ...profileHandlers,
  ...webhookHandlers,
  ...alertHandlers,
};
