import { toMajor } from "../../../money.ts";
import type { EventBody } from "../../../organization/event-log.ts";
import type { Tone } from "../../ui/parts.tsx";
import { amountWords, labelWords } from "../../ui/words.ts";
import { bodyOf, type PastEvent } from "../audit/log.ts";

/** An event of a transaction in words. What other people or machines wrote stands apart, so that it can be marked. */
export interface EventWords {
  readonly title: string;
  readonly tone: Tone;
  /** Our own words and figures, one line each. */
  readonly lines: readonly string[];
  /** Written by a person or a program: never part of our sentences. */
  readonly said: readonly { readonly who: string; readonly text: string }[];
  /** Ids and hashes. */
  readonly ids: readonly { readonly label: string; readonly text: string }[];
}

type Data = Readonly<Record<string, unknown>>;

const TITLES: Readonly<Record<string, readonly [title: string, tone: Tone]>> = {
  "transaction.approved": ["Authorized: the budget is held", "good"],
  "transaction.pending_approval": ["A person is asked; the budget is held meanwhile", "warn"],
  "transaction.rejected": ["Refused by the policy", "bad"],
  "transaction.denied": ["Denied by a person; the hold was given back", "bad"],
  "transaction.expired": ["Nobody decided in time; the hold was given back", "quiet"],
  "transaction.claimed": ["The agent reported what it paid; the budget stays held", "info"],
  "transaction.completed": ["Completed", "good"],
  "transaction.voided": ["Did not happen; the hold was given back", "quiet"],
  "transaction.released": ["Never started; the hold was given back", "quiet"],
  "transaction.executing": ["The payment began", "info"],
  "transaction.unknown": ["The outcome became unknown; the budget stays held", "warn"],
  "transaction.refunded": ["Refunded", "info"],
  "transaction.refund_failed": ["A refund did not arrive; the money counts as spent", "bad"],
  "transaction.refund_requested": ["A refund was asked for", "info"],
  "transaction.overdraft": ["Overdraft: more was spent than was authorized or left", "bad"],
  "transaction.proof": ["Proof arrived; no amount changes", "info"],
  "transaction.waiting": ["Somebody is waited for", "warn"],
  "transaction.disputed": ["The cardholder disputes the charge", "bad"],
};

export function eventWords(event: PastEvent): EventWords {
  const body = bodyOf(event);
  const [title, tone] = TITLES[event.type] ?? [labelWords(event.type.replace(".", ": ")), "quiet"];
  if (body === null) {
    return {
      title,
      tone,
      lines: ["What it said was erased. Its place in the log is still proven."],
      said: [],
      ids: [],
    };
  }
  const data = (body.data ?? {}) as Data;
  return {
    title: titleOf(event.type, data, body, title),
    tone,
    lines: [...amountLines(data), ...factLines(data)],
    said: [...saidIn(data, body)],
    ids: idsIn(data),
  };
}

function titleOf(type: string, data: Data, { actor }: EventBody, title: string): string {
  if (type === "transaction.approved" && data.from === "pending_approval") return "Approved by a person";
  if (type === "transaction.waiting" && data.waiting_for === null) return "Nobody is waited for any more";
  if (type === "transaction.rejected" && number(data.repeat_count) !== null) {
    return `Refused by the policy for the ${number(data.repeat_count)}th time`;
  }
  if (type !== "transaction.completed") return title;
  if (data.presumed === true) return "Nobody said what it cost: taken to have happened in full";
  if (data.late === true) return "Proof came late that money moved";
  if (data.from === "unknown" && typeof data.evidence === "string")
    return "Ended by a person with evidence: it went through";
  return actor.type === "person" ? "A person stated what it cost" : title;
}

/** Held, settled and refunded after the step. The log counts in millionths; here they are whole units. */
function amountLines(data: Data): readonly string[] {
  const currency = typeof data.currency === "string" ? ` ${data.currency}` : "";
  const words = (name: string) => {
    const amount = number(data[name]);
    return amount === null ? null : `${amountWords(toMajor(amount))}${currency}`;
  };
  const after = (["held", "settled", "refunded"] as const).flatMap((name) => {
    const text = words(name);
    return text === null || (number(data[name]) === 0 && name === "refunded") ? [] : [`${text} ${name}`];
  });
  const lines = [...askedLine(data), ...(after.length === 0 ? [] : [`Now ${after.join(", ")}.`])];
  for (const [name, label] of AMOUNTS) {
    const text = words(name);
    if (text !== null) lines.push(`${label}: ${text}`);
  }
  return lines;
}

/** Of a decision: its request says how much was asked for. */
function askedLine({ request, from }: Data): readonly string[] {
  if (from !== undefined || !isData(request)) return [];
  const amount = number(request.amount);
  return amount === null ? [] : [`Asked for ${amountWords(toMajor(amount))} ${String(request.currency)}.`];
}

const AMOUNTS = [
  ["claimed", "Reported by the agent"],
  ["refund", "This refund"],
  ["authorized", "Authorized before"],
  ["disputed", "Disputed"],
  ["unbooked", "Beyond what was settled, so not booked"],
] as const;

function factLines(data: Data): readonly string[] {
  const lines: string[] = [];
  if (data.simulated === true) lines.push("Simulated: no money moved.");
  if (data.why === "terms_changed") lines.push("The terms had changed since the approval.");
  if (data.by === "merchant") lines.push("Reported by the merchant.");
  const waits = text(data.waiting_for);
  if (waits !== null) lines.push(`Waits for: ${labelWords(waits)}`);
  const outcome = text(data.outcome);
  if (outcome !== null && !OUTCOMES_OF_DECISIONS.has(outcome)) lines.push(`What is known: ${labelWords(outcome)}`);
  return lines;
}

/** These are the event's title already. */
const OUTCOMES_OF_DECISIONS: ReadonlySet<string> = new Set(["approved", "approval_required", "rejected"]);

function* saidIn(data: Data, { actor }: EventBody) {
  const who = actor.type === "person" ? "Note of the person" : "Note";
  const note = text(data.note);
  if (note !== null) yield { who, text: note };
  const evidence = text(data.evidence);
  if (evidence !== null) yield { who: "Evidence that was given", text: evidence };
}

const IDS: readonly (readonly [name: string, label: string])[] = [
  ["transaction_hash", "Transaction on the chain"],
  ["payment_intent", "PaymentIntent"],
  ["charge", "Charge at Stripe"],
  ["stripe_refund", "Refund at Stripe"],
  ["refund_id", "Refund"],
  ["dispute_id", "Dispute"],
  ["session_id", "Session at the merchant"],
  ["nonce", "Nonce"],
];

/** Looked for in the event itself, in its proof, and in what its rail has written. */
function idsIn(data: Data): EventWords["ids"] {
  const places = [data, ...["proof", "x402", "stripe", "acp"].map((name) => data[name])].filter(isData);
  return IDS.flatMap(([name, label]) => {
    const found = places.map((place) => text(place[name])).find((one) => one !== null);
    return found === undefined || found === null ? [] : [{ label, text: found }];
  });
}

const isData = (value: unknown): value is Data => typeof value === "object" && value !== null;
const number = (value: unknown): number | null => (typeof value === "number" ? value : null);
const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
