import type { MandateTermsInput } from "./terms.ts";

/** What a new agent gets without further wishes: 100 a purchase, a human above 50, 200 an hour, 500 a day. */
export function standardTerms(given: {
  agent_id: string;
  name: string;
  currency: string;
  timezone: string;
}): MandateTermsInput {
  return {
    schema: 1,
    ...given,
    per_transaction_limit: 100,
    budgets: [
      { period: "hourly", limit: 200 },
      { period: "daily", limit: 500 },
    ],
    rules: [{ type: "approval", above: 50 }],
  };
}
