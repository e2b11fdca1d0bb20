import { ACCOUNT_DONE } from "./pages/account/routes.tsx";
import { AGENT_DONE } from "./pages/agents/routes.tsx";
import { ALERT_DONE } from "./pages/alerts/routes.tsx";
import { APPROVAL_DONE } from "./pages/approvals/routes.tsx";
import { AUDIT_DONE } from "./pages/audit/routes.tsx";
import { KEY_DONE } from "./pages/keys/routes.tsx";
import { MANDATE_DONE } from "./pages/mandates/routes.tsx";
import { MEMBER_DONE } from "./pages/members/routes.tsx";
import { ORGANIZATION_DONE } from "./pages/organizations/routes.tsx";
import { OVERVIEW_DONE } from "./pages/overview/routes.tsx";
import { SETTINGS_DONE } from "./pages/settings/routes.tsx";
import { SIGN_IN_DONE } from "./pages/sign-in/routes.tsx";
import { TRANSACTION_DONE } from "./pages/transactions/routes.tsx";
import { WEBHOOK_DONE } from "./pages/webhooks/routes.tsx";

/** What a page says after something was done. Only what stands here is ever shown: the address names it by its code. */
export const doneWords = (code: string | null): string | null => (code === null ? null : (words().get(code) ?? null));

/** Built at the first use: pages import the shell, which imports this. */
function words(): ReadonlyMap<string, string> {
  memo ??= new Map(
    [
      ACCOUNT_DONE,
      AGENT_DONE,
      ALERT_DONE,
      APPROVAL_DONE,
      AUDIT_DONE,
      KEY_DONE,
      MANDATE_DONE,
      MEMBER_DONE,
      ORGANIZATION_DONE,
      OVERVIEW_DONE,
      SETTINGS_DONE,
      SIGN_IN_DONE,
      TRANSACTION_DONE,
      WEBHOOK_DONE,
    ].flatMap((one) => Object.entries(one)),
  );
  return memo;
}
let memo: ReadonlyMap<string, string> | undefined;
