import { mayDecide, type OrganizationVisit } from "../../route.ts";
import { Card } from "../../ui/parts.tsx";
import { Queue } from "../approvals/queue.tsx";
import type { OverviewData } from "./data.ts";

/** Purchases that wait for a person come before everything else: an agent stands still meanwhile. */
export function Waiting({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  const { data: approvals, next_cursor } = data.waiting;
  if (approvals.length === 0) return <div id="waiting" data-live />;
  return (
    <Card
      id="waiting"
      live
      flush
      tone="warn"
      title={
        approvals.length === 1
          ? "One purchase waits for a decision"
          : `${next_cursor === null ? "" : "More than "}${approvals.length} purchases wait for a decision`
      }
      hint={mayDecide(visit.organization) ? undefined : "Owners, admins and approvers can decide."}
      actions={<a href={`${visit.base}/approvals`}>{next_cursor === null ? "All approvals" : "See all that wait"}</a>}
    >
      <Queue visit={visit} approvals={approvals} />
    </Card>
  );
}
