import { compileMandate } from "../../src/policy/compile.ts";
import { parseTerms } from "../../src/policy/parse-terms.ts";
import type { ReasonCode } from "../../src/policy/reasons.ts";
import type { MandateTerms, MandateTermsInput, RuleInput } from "../../src/policy/terms.ts";
import type { CompiledMandate, Decision, PurchaseRequest, Usage } from "../../src/policy/types.ts";

/** Saturday, 21 November 2026, 14:30 UTC. */
export const NOW = Date.UTC(2026, 10, 21, 14, 30);

/** Ids in order of appearance: bud_1, bud_2, rul_1 … */
export function counter(): (prefix: "bud" | "rul") => string {
  const next = { bud: 0, rul: 0 };
  return (prefix) => {
    next[prefix] += 1;
    return `${prefix}_${next[prefix]}`;
  };
}

export const input = (over: Partial<MandateTermsInput> = {}): MandateTermsInput => ({
  agent_id: "agt_1",
  name: "Test",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 100,
  budgets: [{ period: "monthly", limit: 1000 }],
  ...over,
});

export function terms(over: Partial<MandateTermsInput> = {}): MandateTerms {
  const parsed = parseTerms(input(over), { timezone: "UTC", newId: counter() });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

export const mandate = (over: Partial<MandateTermsInput> = {}): CompiledMandate => compileMandate(terms(over));

/** A mandate with wide limits and these rules: rul_1, rul_2 … */
export const withRules = (...rules: RuleInput[]): CompiledMandate => mandate({ rules });

/** `amount` in major units. */
export function request(
  over: Partial<Omit<PurchaseRequest, "amount">> & { amount?: number | null } = {},
): PurchaseRequest {
  const { amount = 10, ...rest } = over;
  return {
    agent_id: "agt_1",
    vendor: "example.com",
    amount: (amount === null ? null : Math.round(amount * 1e6)) as PurchaseRequest["amount"],
    currency: "USD",
    category: null,
    protocol: "external",
    country: null,
    approved_rules: [],
    ...rest,
  };
}

export const usage = (over: Partial<Usage> = {}): Usage => ({
  organization: { frozen: false, storage_full: false, budgets: [] },
  agent: { status: "active" },
  mandate: { status: "active" },
  used: {},
  rates: {},
  vendor_known: true,
  pending_approvals: 0,
  ...over,
});

export const failures = (decision: Decision): ReasonCode[] =>
  decision.checks.filter((check) => !check.passed).map((check) => check.code);

export const at = (text: string): number => Date.parse(text);
