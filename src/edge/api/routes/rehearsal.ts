import { shadow, shadowInput, simulation, simulationInput } from "../../../schema/rehearsal.ts";
import { mandate } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Rehearsal";

export const rehearsalRoutes = [
  {
    id: "simulateMandate",
    method: "POST",
    path: "/mandates/{mandate_id}/simulate",
    tag,
    summary: "What a mandate, or other terms for it, would have decided",
    description:
      "Changes nothing. Over the agent's recorded purchases, or over purchases that are given. A mandate that was in force, without other terms, is judged again over its own history, which must come out the same.",
    roles: ["read", "admin"],
    body: simulationInput,
    status: 200,
    response: simulation,
  },
  {
    id: "setShadow",
    method: "POST",
    path: "/mandates/{mandate_id}/shadow",
    tag,
    summary: "Let a draft follow its agent's purchases without effect, or stop that",
    roles: ["admin"],
    body: shadowInput,
    status: 200,
    response: shadow,
  },
  {
    id: "getShadow",
    method: "GET",
    path: "/mandates/{mandate_id}/shadow",
    tag,
    summary: "Where a draft that follows would have decided otherwise",
    roles: ["read", "admin"],
    status: 200,
    response: shadow,
  },
  {
    id: "promoteMandate",
    method: "POST",
    path: "/mandates/{mandate_id}/promote",
    tag,
    summary: "Put a draft in force in place of the agent's mandate, in one step",
    description:
      "The mandate in force, active or paused, is revoked, and what the current period has used is carried over. If-Match takes the draft's version. If the draft cannot be put in force, nothing changes.",
    roles: ["admin"],
    if_match: "required",
    status: 200,
    response: mandate,
  },
] as const satisfies readonly RouteDefinition[];
