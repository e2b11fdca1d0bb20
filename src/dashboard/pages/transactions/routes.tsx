import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { takeStep } from "./act.tsx";
import { transactionDetail } from "./detail.tsx";
import { transactionsCsv } from "./export.ts";
import { transactionList } from "./list.tsx";
import { receiptFile, receiptPage } from "./receipt.tsx";
import { STEPS } from "./steps.ts";

const ONE = "/:org/transactions/:transaction_id";

export const transactionRoutes: readonly DashboardRoute[] = [
  { id: "transactions", method: "GET", path: "/:org/transactions", access: EVERYONE, handle: transactionList },
  { id: "transactions.csv", method: "GET", path: "/:org/transactions.csv", access: EVERYONE, handle: transactionsCsv },
  { id: "transactions.one", method: "GET", path: ONE, access: EVERYONE, handle: transactionDetail },
  { id: "transactions.receipt", method: "GET", path: `${ONE}/receipt`, access: EVERYONE, handle: receiptPage },
  {
    id: "transactions.receipt_file",
    method: "GET",
    path: `${ONE}/receipt.json`,
    access: EVERYONE,
    handle: receiptFile,
  },
  ...STEPS.map(
    (step): DashboardRoute => ({
      id: `transactions.${step}`,
      method: "POST",
      path: `${ONE}/${step}`,
      access: MANAGERS,
      handle: takeStep(step),
    }),
  ),
];

/** What the next page says: see `done.ts`. */
export const TRANSACTION_DONE: Readonly<Record<string, string>> = {
  txn_settled: "The cost is booked, and nothing of this purchase is held any more.",
  txn_cancelled: "The purchase is called off. Its budget is free again.",
  txn_refunded: "The refund is booked. Its budget is free again.",
  txn_refund_asked: "Stripe was asked for the refund. The budget returns once Stripe says that the money has.",
  txn_completed: "The purchase is ended as paid, with your evidence in the log.",
  txn_voided: "The purchase is ended as not paid. Its budget is free again.",
};
