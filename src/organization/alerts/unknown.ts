import { unknownOutcome } from "../../alerts/detect/state.ts";
import { findTransaction } from "../transactions.ts";
import type { Work } from "../work.ts";
import { raise } from "./raise.ts";
import { settingsInForce } from "./settings.ts";

/** The time is over after which an unknown outcome is worth an alert. The transaction's own status decides. */
export function alertUnknown(work: Work, transactionId: string): void {
  const row = findTransaction(work, transactionId);
  if (row?.status !== "unknown") return;
  const { settings } = settingsInForce(work);
  const { agent_id, mandate_id, vendor, amount, currency } = row;
  const purchase = { agent_id, mandate_id, transaction_id: row.id, vendor, amount, currency };
  raise(work, settings, unknownOutcome(purchase, settings.unknown_outcome), { at: work.now, seq: null });
}
