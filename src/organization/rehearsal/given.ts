import type { CompiledMandate } from "../../policy/types.ts";
import type { DecisionFact } from "../../rehearsal/facts.ts";
import type { GivenPurchase } from "../../schema/rehearsal.ts";
import { badInput, Problem } from "../problem.ts";
import { readPurchase } from "../purchase-input.ts";
import type { Work } from "../work.ts";

/**
 * Purchases that somebody made up, as facts to judge: with an active agent and no freeze, and with the organization's
 * budgets of today, on which nothing has been used but what the purchases themselves use.
 *
 * @throws Problem `invalid_request` with a pointer to the purchase that is wrong.
 */
export function givenFacts(work: Work, terms: CompiledMandate, given: readonly GivenPurchase[]): DecisionFact[] {
  const budgets = work.organizationBudgets();
  let before = Number.NEGATIVE_INFINITY;
  return given.map((purchase, index) => {
    const at = Date.parse(purchase.at);
    if (at < before) throw wrong(index, "/at", "The purchases must be in order of time.");
    before = at;
    return {
      kind: "decision",
      at,
      transaction_id: `given_${index}`,
      outcome: null,
      codes: [],
      asks: [],
      repeat: 1,
      request: readGiven(terms, purchase, index),
      usage: {
        organization: { frozen: false, storage_full: false, budgets },
        agent: { status: "active" },
        mandate: { status: "active" },
        used: {},
        rates: {},
        vendor_known: false,
        pending_approvals: 0,
      },
      mandate: null,
    };
  });
}

function readGiven(terms: CompiledMandate, purchase: GivenPurchase, index: number) {
  const { at: _at, country, currency, category, ...rest } = purchase;
  try {
    return readPurchase(
      {
        ...rest,
        agent_id: terms.terms.agent_id,
        currency: currency ?? terms.currency,
        ...(category === undefined ? {} : { category }),
      },
      country ?? null,
    );
  } catch (error) {
    throw error instanceof Problem ? wrong(index, "", error.message) : error;
  }
}

const wrong = (index: number, path: string, message: string): Problem =>
  badInput("A given purchase is not valid.", [{ path: `/purchases/${index}${path}`, message }]);
