import * as z from "zod";
import { agent, agentInput, mandate, note, page, pageQuery } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Agents";
const reasonBody = z.strictObject({ reason: note.optional() });

export const agentRoutes = [
  {
    id: "createAgent",
    method: "POST",
    path: "/agents",
    tag,
    summary: "Create an agent",
    description:
      "`preset: standard` also activates a mandate for it: 100 per transaction, approval above 50, 200 hourly, 500 daily. Without a preset the agent can spend nothing until a mandate is activated.",
    roles: ["admin"],
    body: agentInput.extend({
      preset: z.enum(["standard", "none"]).default("standard"),
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/)
        .default("USD"),
    }),
    status: 201,
    response: agent.extend({ mandate: mandate.nullable() }),
  },
  {
    id: "listAgents",
    method: "GET",
    path: "/agents",
    tag,
    summary: "All agents, oldest first",
    roles: ["read", "admin"],
    query: pageQuery,
    status: 200,
    response: page(agent),
  },
  {
    id: "getAgent",
    method: "GET",
    path: "/agents/{agent_id}",
    tag,
    summary: "One agent",
    roles: ["read", "admin"],
    status: 200,
    response: agent,
  },
  {
    id: "updateAgent",
    method: "PATCH",
    path: "/agents/{agent_id}",
    tag,
    summary: "Change name, description, tags, metadata or call rate",
    roles: ["admin"],
    body: z.strictObject({
      name: agentInput.shape.name.optional(),
      description: agentInput.shape.description.unwrap().optional(),
      tags: agentInput.shape.tags.unwrap().optional(),
      metadata: agentInput.shape.metadata.unwrap().optional(),
      spend_calls_per_minute: agentInput.shape.spend_calls_per_minute.unwrap().optional(),
    }),
    if_match: "optional",
    status: 200,
    response: agent,
  },
  {
    id: "suspendAgent",
    method: "POST",
    path: "/agents/{agent_id}/suspend",
    tag,
    summary: "Stop one agent's spending",
    roles: ["admin"],
    body: reasonBody,
    status: 200,
    response: agent,
  },
  {
    id: "resumeAgent",
    method: "POST",
    path: "/agents/{agent_id}/resume",
    tag,
    summary: "Let a suspended agent spend again",
    roles: ["admin"],
    body: reasonBody,
    status: 200,
    response: agent,
  },
  {
    id: "decommissionAgent",
    method: "POST",
    path: "/agents/{agent_id}/decommission",
    tag,
    summary: "Retire an agent for good",
    description: "Its history stays; open transactions can still be settled by a person.",
    roles: ["admin"],
    body: reasonBody,
    status: 200,
    response: agent,
  },
] as const satisfies readonly RouteDefinition[];
