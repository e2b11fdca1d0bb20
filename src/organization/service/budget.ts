import type { CheckBudgetInput, CheckBudgetOutput } from "../../mcp/governance.ts";
import { formatMoney, toMajor } from "../../money.ts";
import { assetOf } from "../../payments/x402/assets.ts";
import { type MandateCache, pendingApprovals } from "../judge.ts";
import type { Principal } from "../principal.ts";
import { isoOrNull, mandateBudgets, organizationBudgets } from "../views.ts";
import { activeWallet } from "../wallets.ts";
import type { Work } from "../work.ts";
import { mandateOf, requireAgent, spendingBlock } from "./standing.ts";

export function checkBudget(
  work: Work,
  cache: MandateCache,
  principal: Principal,
  input: CheckBudgetInput,
): CheckBudgetOutput {
  const agent = requireAgent(work, principal, input.agent_id);
  const mandate = mandateOf(work, cache, agent);
  const shared = organizationBudgets(work, work.organizationBudgets());
  const pending = pendingApprovals(work, input.agent_id);
  const wallet = walletStatus(work);
  if (mandate === null) {
    return {
      agent_id: input.agent_id,
      can_spend: false,
      budgets: [],
      organization_budgets: shared,
      available_now: 0,
      pending_approvals: pending,
      ...wallet,
      message: "This agent has no mandate in force, so nothing can be spent. An administrator has to activate one.",
    };
  }
  const { compiled } = mandate;
  const budgets = mandateBudgets(work, mandate);
  const blocked = spendingBlock(work, agent, compiled.valid_from, compiled.valid_until);
  const own = shared.filter((budget) => budget.currency === compiled.currency);
  const room =
    shared.length > 0 && own.length === 0
      ? 0
      : Math.min(toMajor(compiled.per_transaction_limit), ...[...budgets, ...own].map((budget) => budget.remaining));
  const available = blocked === null ? Math.max(0, room) : 0;
  const resets = [...budgets, ...own].map((budget) => budget.resets_at).filter((at) => at !== null);
  return {
    agent_id: input.agent_id,
    can_spend: available > 0,
    currency: compiled.currency,
    per_transaction_limit: toMajor(compiled.per_transaction_limit),
    budgets,
    organization_budgets: shared,
    available_now: available,
    ...(resets.length === 0 ? {} : { next_reset_at: resets.reduce((a, b) => (a < b ? a : b)) }),
    pending_approvals: pending,
    ...wallet,
    message:
      blocked ??
      (available > 0
        ? `Up to ${formatMoney(Math.round(available * 1e6), compiled.currency)} fits one purchase now, as far as budgets go; quetra_can_spend asks the rules as well.`
        : "The budget is used up for now; next_reset_at says when the next period begins."),
  };
}

/** What x402 payments come from; nothing where the organization has no active wallet. */
function walletStatus(work: Work): Pick<CheckBudgetOutput, "wallet"> {
  const row = activeWallet(work);
  if (row === undefined) return {};
  const { address, network } = row;
  const balance = row.balance === null ? null : toMajor(row.balance);
  return { wallet: { address, network, asset: assetOf(network).symbol, balance, as_of: isoOrNull(row.balance_at) } };
}
