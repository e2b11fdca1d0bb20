import { redirect } from "../../answer.tsx";
import type { OrganizationVisit } from "../../route.ts";
import { reasonField, type StatusChange } from "./actions.tsx";
import { agentPage } from "./detail.tsx";

/** What a person can do to the status of an agent, and the sentence that says it was done. */
const CHANGES = {
  suspend: { operation: "suspendAgent", done: "agent_suspended" },
  resume: { operation: "resumeAgent", done: "agent_resumed" },
  decommission: { operation: "decommissionAgent", done: "agent_decommissioned" },
} as const satisfies Record<StatusChange, unknown>;

export const changeStatus =
  (change: StatusChange) =>
  async (visit: OrganizationVisit): Promise<Response> => {
    const { api, base, form, params } = visit;
    const agent_id = params.agent_id ?? "";
    const { operation, done } = CHANGES[change];
    const body = { reason: form.optional(reasonField(change)) };
    const changed = await api.call(operation, { params: { agent_id }, body });
    if (changed.ok) return redirect(`${base}/agents/${agent_id}`, { done });
    return agentPage(visit, changed);
  };
