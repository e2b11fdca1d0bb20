import type { PurchaseRequest, Usage } from "../../src/policy/types.ts";
import type { DecisionFact, StepFact } from "../../src/rehearsal/facts.ts";

export const NOON = Date.UTC(2026, 10, 20, 12);
export const MINUTE = 60_000;

export const quiet: Usage = {
  organization: { frozen: false, storage_full: false, budgets: [] },
  agent: { status: "active" },
  mandate: { status: "active" },
  used: {},
  rates: {},
  vendor_known: false,
  pending_approvals: 0,
};

export const asked = (amount: number, more: Partial<PurchaseRequest> = {}): PurchaseRequest => ({
  agent_id: "agt_1",
  vendor: "shop.example",
  amount: (amount * 1_000_000) as NonNullable<PurchaseRequest["amount"]>,
  currency: "USD",
  category: null,
  protocol: "x402",
  country: null,
  approved_rules: [],
  ...more,
});

export const decided = (id: string, amount: number, more: Partial<DecisionFact> = {}): DecisionFact => ({
  kind: "decision",
  at: NOON,
  transaction_id: id,
  outcome: "approved",
  codes: [],
  asks: [],
  repeat: 1,
  request: asked(amount),
  usage: quiet,
  mandate: { id: "mdt_1", version: 1, hash: "h1" },
  ...more,
});

export const stepped = (
  id: string,
  from: string,
  to: string,
  counts: number,
  more: Partial<StepFact> = {},
): StepFact => ({
  kind: "step",
  at: NOON + MINUTE,
  transaction_id: id,
  from,
  to,
  vendor: "shop.example",
  currency: "USD",
  amount: counts * 1_000_000,
  counts: counts * 1_000_000,
  presumed: false,
  claimed: false,
  confirms: false,
  again: null,
  ...more,
});
