import { isTimeZone } from "../../policy/zone.ts";
import { badInput } from "../problem.ts";
import { type OrganizationBudgetInput, setFrozen, setOrganizationBudgets, updateOrganization } from "../settings.ts";
import { iso, organizationBudgets } from "../views.ts";
import type { Work } from "../work.ts";
import { bodyOf, type Handler } from "./desk.ts";
import { versionFrom } from "./if-match.ts";

function view(work: Work) {
  const row = work.organization;
  return {
    id: row.id,
    name: row.name,
    mode: row.mode,
    region: row.region,
    timezone: row.timezone,
    frozen: row.frozen === 1,
    budgets: organizationBudgets(work, work.organizationBudgets()),
    version: row.version,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}

export const organizationHandlers = {
  getOrganization: ({ work }) => view(work),
  updateOrganization: ({ work }, call) => {
    const body = bodyOf<{ name?: string; timezone?: string }>(call);
    if (body.timezone !== undefined && !isTimeZone(body.timezone)) {
      throw badInput("The time zone is not known.", [
        { path: "/timezone", message: "Use an IANA name, for example Europe/Ljubljana." },
      ]);
    }
    updateOrganization(work, body);
    return view(work);
  },
  freezeOrganization: ({ work }, call) => {
    setFrozen(work, true, bodyOf<{ reason?: string }>(call)?.reason ?? null);
    return view(work);
  },
  unfreezeOrganization: ({ work }, call) => {
    setFrozen(work, false, bodyOf<{ reason?: string }>(call)?.reason ?? null);
    return view(work);
  },
  setOrganizationBudgets: ({ work }, call) => {
    setOrganizationBudgets(work, bodyOf<{ budgets: OrganizationBudgetInput[] }>(call).budgets, versionFrom(call));
    return view(work);
  },
} satisfies Record<string, Handler>;
