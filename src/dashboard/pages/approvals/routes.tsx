import { type DashboardRoute, DECIDERS, EVERYONE } from "../../route.ts";
import { approvalPage, decide } from "./decision.tsx";
import { approvalList } from "./list.tsx";
import { locateApproval } from "./locate.ts";

const one = "/:org/approvals/:approval_id";

export const approvalRoutes: readonly DashboardRoute[] = [
  { id: "approvals.locate", method: "GET", path: "/approvals/:approval_id", access: "person", handle: locateApproval },
  { id: "approvals", method: "GET", path: "/:org/approvals", access: EVERYONE, handle: approvalList },
  { id: "approvals.one", method: "GET", path: one, access: EVERYONE, handle: approvalPage },
  { id: "approvals.decide", method: "POST", path: one, access: DECIDERS, handle: decide },
];

/** What the next page says: see `done.ts`. */
export const APPROVAL_DONE: Readonly<Record<string, string>> = {
  approved: "You approved this purchase. The agent may go on.",
  denied: "You denied this purchase. Nothing is held for it, and the agent is told.",
};
