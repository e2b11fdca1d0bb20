import type { BudgetStatus, CheckView } from "../schema/common.ts";
import type { TransactionStatus, TransactionView } from "../schema/transaction.ts";

/**
 * What the tools need from the service. The Organization object implements it; a stdio server can implement it over REST.
 * A refusal of a purchase is an answer. `GovernanceError` is thrown for what the caller must change (unknown agent,
 * key conflict, malformed amount, throttled); its message is safe to show to an agent.
 */
export interface Governance {
  listAgents(input: ListAgentsInput): Answer<ListAgentsOutput>;
  checkBudget(input: CheckBudgetInput): Answer<CheckBudgetOutput>;
  canSpend(input: CanSpendInput): Answer<CanSpendOutput>;
  evaluate(input: EvaluateInput): Answer<EvaluateOutput>;
  settle(input: SettleInput): Answer<SettleOutput>;
  transactions(input: TransactionsInput): Answer<TransactionsOutput>;
}

type Answer<T> = T | Promise<T>;

/** `code` is stable and machine-readable; the text is `code: message` and says what to do next. */
export class GovernanceError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface ListAgentsInput {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}
export interface AgentSummary {
  id: string;
  name: string;
  description: string;
  status: string;
  /** Null: this agent cannot spend; `message` of the answer says why. */
  mandate: {
    id: string;
    name: string;
    status: string;
    currency: string;
    per_transaction_limit: number;
    budgets: BudgetStatus[];
    /** Every rule in words. */
    rules: string[];
    valid_until?: string;
  } | null;
}
export interface ListAgentsOutput {
  agents: AgentSummary[];
  next_cursor?: string;
  message: string;
}

export interface CheckBudgetInput {
  readonly agent_id: string;
}
export interface CheckBudgetOutput {
  agent_id: string;
  can_spend: boolean;
  currency?: string;
  per_transaction_limit?: number;
  budgets: BudgetStatus[];
  organization_budgets: (BudgetStatus & { currency: string })[];
  /** The most that one purchase could take now under all budgets and the per-transaction limit, before rules. */
  available_now: number;
  next_reset_at?: string;
  pending_approvals: number;
  message: string;
}

export interface CanSpendInput {
  readonly agent_id: string;
  readonly amount: number;
  readonly vendor: string;
  readonly currency: string;
  readonly category?: string | undefined;
  readonly protocol: "external" | "x402" | "acp" | "stripe";
}
export interface CanSpendOutput {
  outcome: "approved" | "rejected" | "approval_required";
  /** Failed checks in the documented order; for `approval_required` the rules that ask. */
  checks: CheckView[];
  max_amount_now: number | null;
  max_amount_with_approval: number | null;
  retry_at: string | null;
  message: string;
}

/** Either a new purchase (`idempotency_key` with amount and vendor) or the continuation of an approved one (`transaction_id`). */
export interface EvaluateInput extends CanSpendInput {
  readonly idempotency_key?: string | undefined;
  readonly transaction_id?: string | undefined;
  readonly reason?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}
export interface EvaluateOutput {
  /** `already_used`: an earlier call with this key or id has used the hold; do not buy again on it. */
  outcome: "approved" | "rejected" | "pending_approval" | "already_used";
  transaction_id: string;
  status: TransactionStatus;
  /** True: this answer is about an earlier call with the same key; nothing new was held. */
  replayed: boolean;
  amount: number;
  currency: string;
  vendor: string;
  checks: CheckView[];
  max_amount_now: number | null;
  max_amount_with_approval: number | null;
  retry_at: string | null;
  /** After a decision: what is left of each of the mandate's budgets. */
  budgets: BudgetStatus[];
  approval_id?: string;
  approval_expires_at?: string;
  settle_by?: string;
  message: string;
}

export interface SettleInput {
  readonly agent_id: string;
  readonly transaction_id: string;
  /** Major units; 0 = the purchase did not happen. */
  readonly amount_charged: number;
}
export interface SettleOutput {
  transaction: TransactionView;
  replayed: boolean;
  message: string;
}

export interface TransactionsInput {
  readonly agent_id: string;
  readonly transaction_id?: string | undefined;
  readonly status?: TransactionStatus | undefined;
  readonly vendor?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}
export interface TransactionsOutput {
  transactions: TransactionView[];
  next_cursor?: string;
  message: string;
}
