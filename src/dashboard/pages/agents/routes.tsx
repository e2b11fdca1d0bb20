import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { createAgent, newAgentPage } from "./create.tsx";
import { showAgent } from "./detail.tsx";
import { editAgentPage, saveAgent } from "./edit.tsx";
import { agentList } from "./list.tsx";
import { changeStatus } from "./status.ts";

const ONE = "/:org/agents/:agent_id";

export const agentRoutes: readonly DashboardRoute[] = [
  { id: "agents", method: "GET", path: "/:org/agents", access: EVERYONE, handle: agentList },
  { id: "agents.new", method: "GET", path: "/:org/agents/new", access: MANAGERS, handle: newAgentPage },
  { id: "agents.create", method: "POST", path: "/:org/agents/new", access: MANAGERS, handle: createAgent },
  { id: "agents.show", method: "GET", path: ONE, access: EVERYONE, handle: showAgent },
  { id: "agents.edit", method: "GET", path: `${ONE}/edit`, access: MANAGERS, handle: editAgentPage },
  { id: "agents.save", method: "POST", path: `${ONE}/edit`, access: MANAGERS, handle: saveAgent },
  { id: "agents.suspend", method: "POST", path: `${ONE}/suspend`, access: MANAGERS, handle: changeStatus("suspend") },
  { id: "agents.resume", method: "POST", path: `${ONE}/resume`, access: MANAGERS, handle: changeStatus("resume") },
  {
    id: "agents.decommission",
    method: "POST",
    path: `${ONE}/decommission`,
    access: MANAGERS,
    handle: changeStatus("decommission"),
  },
];

/** What the next page says: see `done.ts`. */
export const AGENT_DONE: Readonly<Record<string, string>> = {
  agent_created: "The agent is there. Go on with the steps below.",
  agent_saved: "Saved.",
  agent_suspended: "The agent is suspended: from now on everything new is refused.",
  agent_resumed: "The agent may spend again, within its mandate.",
  agent_decommissioned: "The agent is decommissioned for good. Its history stays.",
};
