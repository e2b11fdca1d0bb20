import { newId } from "../keys/ids.ts";
import { currencyExponent, type Micros, parseAmount } from "../money.ts";
import { organizationCounterRefs } from "../policy/decide.ts";
import type { OrganizationBudget, PeriodKind } from "../policy/types.ts";
import { stopCheckouts } from "./acp/stop.ts";
import { ORGANIZATION_WARNING_THRESHOLD } from "./advance.ts";
import { backfillOrganizationBudget } from "./backfill.ts";
import { badInput, Problem } from "./problem.ts";
import { changeOne } from "./sql.ts";
import type { OrganizationRow, StoredOrganizationBudget, Work } from "./work.ts";

export interface OrganizationBudgetInput {
  readonly id?: string | undefined;
  readonly currency: string;
  readonly period: PeriodKind;
  /** Major units. */
  readonly limit: number;
}

/** Name and time zone. A new zone carries the current period of every organization budget over. */
export function updateOrganization(
  work: Work,
  change: { readonly name?: string | undefined; readonly timezone?: string | undefined },
): OrganizationRow {
  const before = work.organization;
  const budgets = work.organizationBudgets();
  changeOne(
    work.sql,
    "UPDATE organization SET name = ?, timezone = ?, version = version + 1, updated_at = ? WHERE one = 1",
    change.name ?? before.name,
    change.timezone ?? before.timezone,
    work.now,
  );
  work.organizationChanged();
  if (change.timezone !== undefined && change.timezone !== before.timezone) {
    for (const budget of budgets) carryOver(work, budget, budgets);
  }
  work.log("organization.updated", before.id, { ...change });
  return work.organization;
}

/** The switch that stops all spending of the organization, from this transaction on. */
export function setFrozen(work: Work, frozen: boolean, reason: string | null): OrganizationRow {
  const before = work.organization;
  if ((before.frozen === 1) === frozen) return before;
  changeOne(
    work.sql,
    "UPDATE organization SET frozen = ?, version = version + 1, updated_at = ? WHERE one = 1",
    frozen ? 1 : 0,
    work.now,
  );
  work.organizationChanged();
  if (frozen) stopCheckouts(work, null);
  work.log(frozen ? "organization.frozen" : "organization.unfrozen", before.id, { reason });
  return work.organization;
}

/** Replaces the organization's budgets. A budget that is new or counts differently starts with what was already spent. */
export function setOrganizationBudgets(
  work: Work,
  inputs: readonly OrganizationBudgetInput[],
  basedOn: number,
): OrganizationRow {
  const organization = work.organization;
  if (organization.version !== basedOn) {
    throw new Problem(412, "version_mismatch", "The organization was changed meanwhile. Read it again and repeat.", {
      version_now: organization.version,
    });
  }
  const before = work.organizationBudgets();
  const next: StoredOrganizationBudget[] = inputs.map((input, index) => {
    const limit = parseAmount(input.limit);
    if (!limit.ok) {
      throw badInput("A budget is not valid.", [{ path: `/budgets/${index}/limit`, message: limit.error }]);
    }
    if (currencyExponent(input.currency) === undefined) {
      throw badInput("A budget is not valid.", [
        { path: `/budgets/${index}/currency`, message: "Use an ISO 4217 code in use." },
      ]);
    }
    if (before.some((budget) => budget.id === input.id && budget.currency !== input.currency)) {
      throw badInput("A budget keeps its currency: what it has counted is in it.", [
        { path: `/budgets/${index}/id`, message: "Leave the id out to create a budget in another currency." },
      ]);
    }
    if (input.id !== undefined && !before.some((budget) => budget.id === input.id)) {
      throw badInput("A budget names an id that does not exist; leave the id out to create one.", [
        { path: `/budgets/${index}/id`, message: "No such budget." },
      ]);
    }
    return {
      id: input.id ?? newId("bud"),
      currency: input.currency,
      period: input.period,
      limit: limit.value as Micros,
    };
  });
  if (new Set(next.map((budget) => budget.id)).size !== next.length) {
    throw badInput("Two budgets have the same id.", [{ path: "/budgets", message: "Ids must differ." }]);
  }
  changeOne(
    work.sql,
    "UPDATE organization SET budgets = ?, version = version + 1, updated_at = ? WHERE one = 1",
    JSON.stringify(next),
    work.now,
  );
  work.organizationChanged();
  for (const budget of next) {
    const old = before.find((other) => other.id === budget.id);
    if (old?.period !== budget.period) carryOver(work, budget, before);
  }
  work.log("organization.budgets_changed", organization.id, { budgets: next });
  return work.organization;
}

function carryOver(work: Work, budget: StoredOrganizationBudget, before: readonly OrganizationBudget[]): void {
  const [ref] = organizationCounterRefs([{ ...budget, timezone: work.organization.timezone }]);
  if (ref === undefined) throw new Error("a budget has no counter");
  const same = before.filter((other) => other.currency === budget.currency);
  backfillOrganizationBudget(work, ref, budget.currency, ORGANIZATION_WARNING_THRESHOLD, organizationCounterRefs(same));
}
