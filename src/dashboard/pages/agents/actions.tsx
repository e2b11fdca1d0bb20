import { LIMITS } from "../../../limits.ts";
import type { OrganizationVisit } from "../../route.ts";
import { Confirm, Input } from "../../ui/form.tsx";
import { Card } from "../../ui/parts.tsx";
import type { AgentView } from "./data.ts";

export type StatusChange = "suspend" | "resume" | "decommission";

/** Field of the reason: each change has one of its own, because one page shows several. */
export const reasonField = (change: StatusChange): string => `${change}_reason`;

const Reason = ({ change }: { readonly change: StatusChange }) => (
  <Input
    name={reasonField(change)}
    label="Reason"
    optional
    maxlength={LIMITS.reasonChars}
    hint="For the record: it stands in the audit log."
  />
);

/** Stopping an agent, for now or for good. */
export function AgentActions({ visit, agent }: { readonly visit: OrganizationVisit; readonly agent: AgentView }) {
  const path = (change: StatusChange) => `${visit.base}/agents/${agent.id}/${change}`;
  if (agent.status === "decommissioned") return null;
  return (
    <Card title="Stop this agent" hint="Others go on. To stop all of them at once, freeze spending on the overview.">
      <div class="action-list">
        {agent.status === "active" ? (
          <Confirm
            visit={visit}
            action={path("suspend")}
            label="Suspend"
            question="From this moment it is refused everything new. What is already authorized can still be settled. You can let it go on at any time."
            confirm="Suspend this agent"
          >
            <Reason change="suspend" />
          </Confirm>
        ) : (
          <Confirm
            visit={visit}
            action={path("resume")}
            kind="plain"
            label="Let it spend again"
            question="It may spend again at once, within its mandate as it stands now."
            confirm="Resume this agent"
          >
            <Reason change="resume" />
          </Confirm>
        )}
        <Confirm
          visit={visit}
          action={path("decommission")}
          label="Decommission"
          question="This is for good: it never spends again, and cannot be brought back. Its history stays, and what is open can still be settled."
          confirm="Decommission for good"
        >
          <Reason change="decommission" />
        </Confirm>
      </div>
    </Card>
  );
}
