import type { AlertKind } from "../../../alerts/kinds.ts";
import type { AnswerOf } from "../../api.ts";

/** What each kind watches for, as a name. */
export const KIND_WORDS: Readonly<Record<AlertKind, string>> = {
  large_transaction: "Large purchase",
  rate_spike: "Sudden burst of purchases",
  new_vendor: "New vendor",
  budget_threshold: "Budget nearly used",
  unusual_amount: "Unusual amount",
  repeated_rejections: "Refused again and again",
  overdraft: "Overdraft",
  unknown_outcome: "Outcome unknown",
  storage: "Storage nearly full",
  webhook_disabled: "Webhook switched off",
  dispute: "Disputed charge",
};
export const KIND_CHOICES = Object.entries(KIND_WORDS).map(([value, label]) => ({ value, label }));

export type Alert = AnswerOf<"getAlert">;
