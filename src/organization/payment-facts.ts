import { checkoutFacts } from "./acp/facts.ts";
import { chargeFacts } from "./stripe/facts.ts";
import type { TransactionRow } from "./transactions.ts";
import type { Work } from "./work.ts";
import { x402Facts } from "./x402/facts.ts";

/**
 * What a payment tool's journal says of the purchase: above all to whom it goes. Null = no such journal. Nothing in it is
 * the agent's or a server's free text, and no credential.
 */
export function paymentFacts(work: Work, row: TransactionRow): Readonly<Record<string, string>> | null {
  switch (row.protocol) {
    case "x402":
      return x402Facts(work, row.id);
    case "stripe":
      return chargeFacts(work, row.id);
    case "acp":
      return checkoutFacts(work, row.id);
    case "external":
      return null;
  }
}
