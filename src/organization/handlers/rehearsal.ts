import type { SimulationInput } from "../../schema/rehearsal.ts";
import { requireMandate } from "../mandates.ts";
import { planSimulation } from "../rehearsal/plan.ts";
import { promoteMandate, setShadow, shadowView } from "../rehearsal/shadow.ts";
import { bodyOf, type Handler, param } from "./desk.ts";
import { versionFrom } from "./if-match.ts";
import { mandateView } from "./mandates.ts";

export const rehearsalHandlers = {
  /** Answers the plan; the errand of the same name carries it out. */
  simulateMandate: ({ work, cache }, call) =>
    planSimulation(work, cache, param(call, "mandate_id"), bodyOf<SimulationInput>(call)),
  setShadow: ({ work, cache }, call) => {
    const { on } = bodyOf<{ on: boolean }>(call);
    return shadowView(work, setShadow(work, cache, param(call, "mandate_id"), on));
  },
  getShadow: ({ work }, call) => shadowView(work, requireMandate(work, param(call, "mandate_id"))),
  promoteMandate: ({ work, cache }, call) =>
    mandateView(work, cache, promoteMandate(work, cache, param(call, "mandate_id"), versionFrom(call))),
} satisfies Record<string, Handler>;
