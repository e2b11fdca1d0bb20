import type { RouteId } from "../../../edge/api/routes/index.ts";
import type { TransactionView } from "../../../schema/transaction.ts";
import type { DashboardForm } from "../../form.ts";

/** What a person can do to a transaction. `resolve` is two forms, because both outcomes mean something else. */
export const STEPS = ["settle", "cancel", "refund", "completed", "voided"] as const;
export type Step = (typeof STEPS)[number];

export interface StepCall {
  readonly id: Extract<RouteId, "settleTransaction" | "cancelTransaction" | "refundTransaction" | "resolveTransaction">;
  readonly body: unknown;
}

/** Fields of the forms carry the step's name, because several of them stand on one page. */
export const field = (step: Step, name: string): string => `${step}_${name}`;

/** The operation that a form asks for, with what was typed: the operation itself says what is wrong with it. */
export function callOf(step: Step, form: DashboardForm): StepCall {
  const amount = form.number(field(step, "amount"));
  const note = form.optional(field(step, "note"));
  const evidence = form.text(field(step, "evidence"));
  switch (step) {
    case "settle":
      return { id: "settleTransaction", body: { amount_charged: amount, note } };
    case "cancel":
      return { id: "cancelTransaction", body: { note } };
    case "refund":
      return { id: "refundTransaction", body: { amount, note } };
    case "completed":
      return { id: "resolveTransaction", body: { outcome: "completed", amount_charged: amount, evidence } };
    case "voided":
      return { id: "resolveTransaction", body: { outcome: "voided", evidence } };
  }
}

/** The field of the form for a pointer into the operation's body. */
export function fieldOf(step: Step, pointer: string): string | undefined {
  const name = pointer.slice(1);
  if (name === "amount" || name === "amount_charged") return field(step, "amount");
  return name === "note" || name === "evidence" ? field(step, name) : undefined;
}

/**
 * Which steps are worth offering, by what the ledger's rules say of this status. Only what is shown: whether a step is
 * possible is decided in the transaction that makes it.
 */
export function stepsFor(transaction: TransactionView): readonly Step[] {
  const { status, protocol, payment, amount_held, presumed, overdraft } = transaction;
  if (status === "unknown") return ["completed", "voided"];
  const steps: Step[] = [];
  const correctable = status === "completed" && (amount_held > 0 || presumed === true || overdraft === true);
  if (protocol === "external" && (status === "authorized" || correctable)) steps.push("settle");
  if (protocol === "external" && (status === "authorized" || status === "pending_approval")) steps.push("cancel");
  const charged = payment?.outcome === "charged" || payment?.outcome === "simulated";
  if (status === "completed" && (protocol === "external" || (protocol === "stripe" && charged))) steps.push("refund");
  return steps;
}
