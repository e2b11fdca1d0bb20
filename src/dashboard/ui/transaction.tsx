import { protocol } from "../../schema/common.ts";
import { TRANSACTION_STATUSES, type TransactionStatus, type TransactionView } from "../../schema/transaction.ts";
import { Badge, type Tone } from "./parts.tsx";
import { countWords } from "./words.ts";

/** How a status is called, and what it means for the money. */
interface StatusWords {
  readonly label: string;
  readonly tone: Tone;
  readonly means: string;
}

export const STATUS_WORDS: Readonly<Record<TransactionStatus, StatusWords>> = {
  rejected: { label: "Rejected", tone: "bad", means: "The policy refused it. No budget was touched." },
  pending_approval: {
    label: "Waits for approval",
    tone: "warn",
    means: "A person has to decide. The budget is held until then.",
  },
  denied: { label: "Denied", tone: "bad", means: "A person said no. The hold was given back." },
  expired: { label: "Not decided", tone: "quiet", means: "Nobody decided in time. The hold was given back." },
  authorized: { label: "Authorized", tone: "info", means: "The agent may spend it. The budget is held." },
  executing: { label: "Paying", tone: "info", means: "The payment has begun. The budget is held until it is proven." },
  unknown: {
    label: "Outcome unknown",
    tone: "warn",
    means: "Nobody can say yet whether money moved. The budget stays held until there is proof.",
  },
  completed: { label: "Completed", tone: "good", means: "The money is spent, and is booked on the budgets." },
  voided: { label: "Did not happen", tone: "quiet", means: "No money moved. The hold was given back." },
  released: { label: "Not used", tone: "quiet", means: "The payment was never started. The hold was given back." },
  refunded: { label: "Refunded", tone: "info", means: "Everything came back, and its budget with it." },
};

export const STATUS_CHOICES = TRANSACTION_STATUSES.map((value) => ({ value, label: STATUS_WORDS[value].label }));

export const TransactionStatusBadge = ({ status }: { readonly status: TransactionStatus }) => (
  <Badge tone={STATUS_WORDS[status].tone}>{STATUS_WORDS[status].label}</Badge>
);

/** What is unusual about a transaction: a word for the list, a sentence for its own page. */
export interface Flag {
  readonly label: string;
  readonly tone: Tone;
  readonly means: string;
}

type Flagged = Pick<
  TransactionView,
  "overdraft" | "presumed" | "late" | "simulated" | "repeat_count" | "waiting_for" | "amount_claimed"
>;

export function flagsOf(transaction: Flagged): readonly Flag[] {
  const flags: Flag[] = [];
  if (transaction.overdraft) {
    flags.push({
      label: "Overdraft",
      tone: "bad",
      means: "More was spent than was authorized or left. It is booked in full and blocks further spending.",
    });
  }
  if (transaction.presumed) {
    flags.push({
      label: "Presumed",
      tone: "warn",
      means: "Nobody said in time what it cost, so it counts in full. You can still correct it.",
    });
  }
  if (transaction.late) {
    flags.push({
      label: "Late proof",
      tone: "warn",
      means: "The proof that money moved came after the hold had been given back.",
    });
  }
  if (transaction.amount_claimed !== undefined) {
    flags.push({
      label: "Other claim",
      tone: "warn",
      means: "The agent reported another amount than what is booked. A person has to confirm it.",
    });
  }
  if (transaction.simulated) {
    flags.push({ label: "Simulated", tone: "quiet", means: "No money moved: this was only played through." });
  }
  if (transaction.repeat_count !== undefined) {
    flags.push({
      label: `Asked ${countWords(transaction.repeat_count, "time")}`,
      tone: "warn",
      means: "The agent asked for the same again and again within a minute. All of it is one row.",
    });
  }
  return flags;
}

export const Flags = ({ transaction }: { readonly transaction: Flagged }) => (
  <>
    {flagsOf(transaction).map(({ label, tone }) => (
      <>
        {" "}
        <Badge tone={tone}>{label}</Badge>
      </>
    ))}
  </>
);

/** By what a purchase is paid. */
export const PROTOCOL_WORDS: Readonly<Record<TransactionView["protocol"], string>> = {
  external: "Paid by the agent itself",
  x402: "x402 (USDC on chain)",
  stripe: "Card, through Stripe",
  acp: "Checkout at a merchant (ACP)",
};
export const PROTOCOL_SHORT: Readonly<Record<TransactionView["protocol"], string>> = {
  external: "External",
  x402: "x402",
  stripe: "Card",
  acp: "Checkout",
};
export const PROTOCOL_CHOICES = protocol.options.map((value) => ({ value, label: PROTOCOL_SHORT[value] }));
