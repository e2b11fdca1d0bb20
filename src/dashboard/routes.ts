import { accountRoutes } from "./pages/account/routes.tsx";
import { agentRoutes } from "./pages/agents/routes.tsx";
import { alertRoutes } from "./pages/alerts/routes.tsx";
import { approvalRoutes } from "./pages/approvals/routes.tsx";
import { auditRoutes } from "./pages/audit/routes.tsx";
import { keyRoutes } from "./pages/keys/routes.tsx";
import { mandateRoutes } from "./pages/mandates/routes.tsx";
import { memberRoutes } from "./pages/members/routes.tsx";
import { organizationRoutes } from "./pages/organizations/routes.tsx";
import { overviewRoutes } from "./pages/overview/routes.tsx";
import { settingsRoutes } from "./pages/settings/routes.tsx";
import { signInRoutes } from "./pages/sign-in/routes.tsx";
import { transactionRoutes } from "./pages/transactions/routes.tsx";
import { webhookRoutes } from "./pages/webhooks/routes.tsx";
import type { DashboardRoute } from "./route.ts";

/** Every address of the dashboard. */
export const DASHBOARD_ROUTES: readonly DashboardRoute[] = [
  ...signInRoutes,
  ...accountRoutes,
  ...organizationRoutes,
  ...overviewRoutes,
  ...approvalRoutes,
  ...transactionRoutes,
  ...agentRoutes,
  ...mandateRoutes,
  ...alertRoutes,
  ...keyRoutes,
  ...webhookRoutes,
  ...auditRoutes,
  ...settingsRoutes,
  ...memberRoutes,
];
