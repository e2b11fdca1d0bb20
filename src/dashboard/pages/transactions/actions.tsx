import type { Child } from "hono/jsx";
import { LIMITS } from "../../../limits.ts";
import type { TransactionView } from "../../../schema/transaction.ts";
import type { ApiRefusal } from "../../api.ts";
import type { OrganizationVisit } from "../../route.ts";
import { type FieldErrors, Form, FormErrors, fieldErrors, Input, NO_ERRORS, Submit, TextArea } from "../../ui/form.tsx";
import { Card } from "../../ui/parts.tsx";
import { moneyWords } from "../../ui/words.ts";
import { field, fieldOf, type Step, stepsFor } from "./steps.ts";

/** A form that was not taken: it is shown again with what was typed and what is wrong. */
export interface Attempt {
  readonly step: Step;
  readonly refusal: ApiRefusal;
}

interface Words {
  readonly label: string;
  readonly confirm: string;
  readonly kind: "main" | "plain" | "danger";
  /** What it does, and what it can not undo. */
  readonly means: (transaction: TransactionView) => Child;
}

const WORDS: Readonly<Record<Step, Words>> = {
  settle: {
    label: "State what it cost",
    confirm: "Book this cost",
    kind: "main",
    means: () =>
      "Books what was really paid and gives back whatever is still held. 0 means that it did not happen. More than was authorized is booked as an overdraft. It cannot be booked a second time; what comes back later is a refund.",
  },
  cancel: {
    label: "Call it off",
    confirm: "Call it off",
    kind: "danger",
    means: () =>
      "Gives the held budget back and ends the purchase for good. Quetra cannot stop an agent that has already paid elsewhere: do this only when you know that it has not.",
  },
  refund: {
    label: "Refund",
    confirm: "Refund this amount",
    kind: "plain",
    means: ({ protocol }) =>
      protocol === "stripe"
        ? "Asks Stripe to send the money back to the card. The budget returns once Stripe says that the money has. A refund that Stripe has taken on cannot be recalled."
        : "Records money that came back to you. Quetra moves none itself: the agent paid elsewhere. The amount returns to the budget of the day on which it was held, and cannot be taken again.",
  },
  completed: {
    label: "It went through",
    confirm: "End it as paid",
    kind: "plain",
    means: () =>
      "Use this when you have seen that the money left. It is booked on the budgets as spent. If proof of a higher amount arrives later, that is booked as well.",
  },
  voided: {
    label: "It did not go through",
    confirm: "End it as not paid",
    kind: "danger",
    means: () =>
      "Use this when you have seen that no money left and none can leave any more. The held budget is given back and can be spent again. If proof of a payment arrives later, it is booked in full and flagged.",
  },
};

/** What the person may do about this transaction; nothing where there is nothing to do. */
export function Actions({
  visit,
  transaction,
  attempt,
}: {
  readonly visit: OrganizationVisit;
  readonly transaction: TransactionView;
  readonly attempt: Attempt | null;
}) {
  const steps = stepsFor(transaction);
  const all = attempt === null || steps.includes(attempt.step) ? steps : [attempt.step, ...steps];
  const why = all.length === 0 ? nothingToDo(transaction) : null;
  if (all.length === 0 && why === null) return null;
  return (
    <Card title="What you can do" id="actions">
      {why === null ? null : <p class="soft">{why}</p>}
      {transaction.status === "unknown" ? (
        <p>
          Quetra keeps looking for proof by itself. If you know better, for example from your card statement, end it
          here and write down how you know.
        </p>
      ) : null}
      <div class="stack">
        {all.map((step) => (
          <StepForm
            visit={visit}
            transaction={transaction}
            step={step}
            attempt={attempt?.step === step ? attempt : null}
          />
        ))}
      </div>
    </Card>
  );
}

/** Why a payment tool's purchase offers nothing here. */
function nothingToDo({ status, protocol }: TransactionView): string | null {
  if (status === "completed" && protocol === "acp") {
    return "A checkout is refunded by its merchant. Ask the merchant; what it reports is booked where its settings allow it.";
  }
  if (status === "completed" && protocol === "x402") {
    return "A payment on the chain is final. What the seller sends back is a new payment to your wallet.";
  }
  if (status === "executing") return "The payment is under way. It ends by itself, with proof.";
  if (status === "authorized")
    return "The agent's payment tool has not begun yet. An unused hold is given back by itself.";
  return null;
}

function StepForm({
  visit,
  transaction,
  step,
  attempt,
}: {
  readonly visit: OrganizationVisit;
  readonly transaction: TransactionView;
  readonly step: Step;
  readonly attempt: Attempt | null;
}) {
  const { label, confirm, kind, means } = WORDS[step];
  const { fields, above } = attempt === null ? NOTHING : errorsOf(attempt);
  const summary = kind === "danger" ? "danger-quiet" : kind;
  return (
    <details class="confirm step" open={attempt !== null}>
      <summary class={`button ${summary}`}>{label}</summary>
      <Form visit={visit} action={`${visit.base}/transactions/${transaction.id}/${step}`} class="confirm-box">
        <FormErrors above={above} fields={fields} />
        <p>{means(transaction)}</p>
        <input type="hidden" name="key" value={keyOf(visit, attempt)} />
        <StepFields visit={visit} transaction={transaction} step={step} errors={fields} typed={attempt !== null} />
        <Submit kind={kind}>{confirm}</Submit>
      </Form>
    </details>
  );
}

const NOTHING = { fields: NO_ERRORS, above: [] } as const;

function StepFields({
  visit,
  transaction,
  step,
  errors,
  typed,
}: {
  readonly visit: OrganizationVisit;
  readonly transaction: TransactionView;
  readonly step: Step;
  readonly errors: FieldErrors;
  readonly typed: boolean;
}) {
  const { currency } = transaction;
  const amount = field(step, "amount");
  const note = field(step, "note");
  const evidence = field(step, "evidence");
  const was = (name: string, otherwise: string) => (typed ? visit.form.text(name) : otherwise);
  return (
    <>
      {step === "cancel" || step === "voided" ? null : (
        <Input
          name={amount}
          label={step === "refund" ? "Amount to refund" : "Amount that was paid"}
          value={was(amount, firstAmount(step, transaction))}
          hint={amountHint(step, transaction)}
          inputmode="decimal"
          suffix={currency}
          errors={errors}
          required
        />
      )}
      {step === "completed" || step === "voided" ? (
        <TextArea
          name={evidence}
          label="How do you know?"
          hint="For example the line of a card statement, or a hash on the chain. It stays in the log."
          value={was(evidence, "")}
          maxlength={LIMITS.reasonChars}
          errors={errors}
        />
      ) : (
        <TextArea
          name={note}
          label="Note"
          hint="Stays in the log."
          value={was(note, "")}
          rows={2}
          maxlength={LIMITS.reasonChars}
          errors={errors}
          optional
        />
      )}
    </>
  );
}

/** What the form begins with: a figure of the ledger, where one is likely. Nothing is calculated. */
function firstAmount(step: Step, transaction: TransactionView): string {
  const { status, amount, amount_claimed, amount_settled, amount_refunded } = transaction;
  if (step === "refund") return amount_refunded === undefined ? String(amount_settled) : "";
  return String(amount_claimed ?? (status === "completed" ? amount_settled : amount));
}

function amountHint(step: Step, transaction: TransactionView): string {
  const { currency, amount, amount_settled, amount_refunded } = transaction;
  if (step !== "refund") return `${moneyWords(amount, currency)} were authorized.`;
  const settled = `${moneyWords(amount_settled, currency)} were settled`;
  return amount_refunded === undefined
    ? `${settled}. Less is a refund in part.`
    : `${settled}, ${moneyWords(amount_refunded, currency)} of it already refunded.`;
}

/** The same key as long as the same form is tried; a new one where the old one stands for something that was booked. */
function keyOf({ form }: OrganizationVisit, attempt: Attempt | null): string {
  const used = attempt === null || USES_UP_THE_KEY.has(attempt.refusal.code);
  return (used ? "" : form.text("key")) || crypto.randomUUID();
}

const USES_UP_THE_KEY: ReadonlySet<string> = new Set(["idempotency_conflict", "not_refunded"]);

/** What the operation refused, next to its fields. */
function errorsOf({ step, refusal }: Attempt): { readonly fields: FieldErrors; readonly above: readonly string[] } {
  if (refusal.code === "idempotency_conflict") {
    return {
      fields: NO_ERRORS,
      above: ["This form was sent before with other values. Look at what is booked now, then send it again."],
    };
  }
  const { fields, above } = fieldErrors(refusal, (pointer) => fieldOf(step, pointer));
  const amount = fields.get(field(step, "amount"));
  if (amount?.startsWith("Invalid input") !== true) return { fields, above };
  return {
    fields: new Map([...fields, [field(step, "amount"), "Write the amount in digits, for example 12.50."]]),
    above,
  };
}
