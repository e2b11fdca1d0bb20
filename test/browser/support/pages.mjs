/**
 * The pages of the dashboard, by the paths of `src/dashboard/routes.ts`. Plain data, because these checks run without a
 * compiler; `test/dashboard/pages.test.ts` fails when the two differ.
 */

/** Without a session. */
export const OPEN_PAGES = ["/sign-in", "/sign-up", "/check-mail", "/verify", "/second-step", "/forgot", "/reset"];

/** Signed in, outside of any organization. */
export const PERSON_PAGES = [
  "/account",
  "/account/password",
  "/account/two-factor",
  "/organizations",
  "/organizations/new",
  "/invitations/:invitation_id",
];

/** Of an organization. */
export const ORGANIZATION_PAGES = [
  "/:org",
  "/:org/approvals",
  "/:org/approvals/:approval_id",
  "/:org/transactions",
  "/:org/transactions/:transaction_id",
  "/:org/transactions/:transaction_id/receipt",
  "/:org/agents",
  "/:org/agents/new",
  "/:org/agents/:agent_id",
  "/:org/agents/:agent_id/edit",
  "/:org/mandates",
  "/:org/mandates/new",
  "/:org/mandates/:mandate_id",
  "/:org/mandates/:mandate_id/edit",
  "/:org/mandates/:mandate_id/versions",
  "/:org/mandates/:mandate_id/rehearse",
  "/:org/alerts",
  "/:org/alerts/:alert_id",
  "/:org/keys",
  "/:org/keys/new",
  "/:org/keys/:key_id",
  "/:org/webhooks",
  "/:org/webhooks/new",
  "/:org/webhooks/:webhook_id",
  "/:org/webhooks/:webhook_id/edit",
  "/:org/webhooks/:webhook_id/deliveries/:delivery_id",
  "/:org/audit",
  "/:org/audit/verify",
  "/:org/audit/events",
  "/:org/audit/event",
  "/:org/audit/checkpoints",
  "/:org/audit/erase",
  "/:org/settings",
  "/:org/settings/alerts",
  "/:org/settings/budgets",
  "/:org/settings/merchants",
  "/:org/settings/merchants/new",
  "/:org/settings/merchants/:merchant_id",
  "/:org/settings/profiles",
  "/:org/settings/profiles/new/acp",
  "/:org/settings/profiles/new/stripe",
  "/:org/settings/profiles/:profile_name",
  "/:org/settings/stripe",
  "/:org/settings/x402",
  "/:org/members",
  "/:org/members/invite",
  "/:org/members/:person_id",
];

/** GET routes that answer no page, or lead on to one. */
export const NO_PAGES = [
  "/",
  "/social/:provider",
  "/callback/:provider",
  "/approvals/:approval_id",
  "/:org/pulse",
  "/:org/transactions.csv",
  "/:org/transactions/:transaction_id/receipt.json",
  "/:org/audit/export.jsonl",
];

/** What a page needs to be more than an error. */
const QUERIES = { "/verify": "?token=sample", "/reset": "?token=sample", "/:org/audit/event": "?seq=3" };

/** An address from a path; what `ids` does not name stays, and leads nowhere. */
export const addressOf = (path, ids) =>
  `/dashboard${path.replace(/:(\w+)/g, (whole, name) => ids[name] ?? whole)}${QUERIES[path] ?? ""}`;
