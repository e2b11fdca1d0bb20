import { LIMITS } from "../limits.ts";

/** A purchase as an event tells of it. Amounts in micros. */
export interface PurchaseFact {
  readonly agent_id: string;
  readonly mandate_id: string | null;
  readonly transaction_id: string;
  readonly vendor: string;
  readonly amount: number;
  readonly currency: string;
}

/** What the watch understands of the event log. Everything else, its own alerts included, is nothing to it. */
export type Fact =
  /** Judged for the first time: held, and approved or waiting for a person. */
  | { readonly is: "decided"; readonly purchase: PurchaseFact; readonly approved: boolean }
  /** A person said yes to what waited. */
  | { readonly is: "approved_later"; readonly purchase: PurchaseFact }
  | { readonly is: "completed"; readonly transaction_id: string; readonly settled: number }
  /** No purchase after all. */
  | { readonly is: "undone"; readonly transaction_id: string }
  | { readonly is: "refused"; readonly agent_id: string; readonly weight: number }
  | {
      readonly is: "overdraft";
      readonly agent_id: string;
      readonly transaction_id: string;
      readonly currency: string;
      readonly authorized: number;
      readonly settled: number;
    }
  | { readonly is: "unknown"; readonly transaction_id: string }
  | {
      readonly is: "budget";
      readonly exhausted: boolean;
      readonly agent_id: string | null;
      /** Null = a budget of the organization. */
      readonly mandate_id: string | null;
      readonly budget_id: string;
      readonly period: string;
      readonly label: string;
      readonly currency: string;
      readonly limit: number;
      readonly used: number;
      /** Share of the limit at which the warning is due. */
      readonly share: number;
    }
  | { readonly is: "webhook_disabled"; readonly endpoint_id: string }
  | { readonly is: "disputed"; readonly purchase: PurchaseFact; readonly disputed: number; readonly reason: string };

// biome-ignore lint/suspicious/noExplicitAny: what an event holds depends on its type, and `factOf` is where that is known
type Data = any;

/**
 * Reads one event of the log. The fields are those that this service wrote itself; an event whose body was erased says
 * nothing any more.
 *
 * @param body The event's body as it is stored; null = erased.
 */
export function factOf(type: string, subject: string | null, body: string | null): Fact | null {
  const reader = READERS.get(type);
  if (reader === undefined || body === null) return null;
  return reader((JSON.parse(body) as { data: Data }).data, subject);
}

type Reader = (data: Data, subject: string | null) => Fact | null;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>(
  Object.entries<Reader>({
    "transaction.approved": (data) =>
      data.outcome === "approved"
        ? { is: "decided", purchase: asked(data), approved: true }
        : { is: "approved_later", purchase: asked(data) },
    "transaction.pending_approval": (data) => ({ is: "decided", purchase: asked(data), approved: false }),
    "transaction.completed": ({ transaction_id, settled }) => ({ is: "completed", transaction_id, settled }),
    "transaction.voided": ({ transaction_id }) => ({ is: "undone", transaction_id }),
    "transaction.released": ({ transaction_id }) => ({ is: "undone", transaction_id }),
    "transaction.rejected": ({ request, repeat_count }) => ({
      is: "refused",
      agent_id: request.agent_id,
      weight: refusalsSince(repeat_count ?? 1),
    }),
    "request.refused": ({ agent_id }) => ({ is: "refused", agent_id, weight: 1 }),
    "transaction.overdraft": ({ agent_id, transaction_id, currency, authorized, settled }) => ({
      is: "overdraft",
      agent_id,
      transaction_id,
      currency,
      authorized,
      settled,
    }),
    "transaction.unknown": ({ transaction_id }) => ({ is: "unknown", transaction_id }),
    "mandate.budget.warning": (data) => budget(data, false),
    "mandate.budget.exhausted": (data) => budget(data, true),
    "organization.budget.warning": (data) => budget(data, false),
    "organization.budget.exhausted": (data) => budget(data, true),
    "transaction.disputed": (data) => ({
      is: "disputed",
      purchase: asked(data),
      disputed: data.disputed,
      reason: data.dispute_reason,
    }),
    "webhook.endpoint.disabled": (_data, subject) =>
      subject === null ? null : { is: "webhook_disabled", endpoint_id: subject },
  }),
);

/** A decision names the purchase in its request; a later step names it itself. */
function asked(data: Data): PurchaseFact {
  const { agent_id, vendor, amount, currency } = data.request ?? data;
  const mandate_id = data.mandate?.id ?? data.mandate_id ?? null;
  return { agent_id, mandate_id, transaction_id: data.transaction_id, vendor, amount, currency };
}

function budget(data: Data, exhausted: boolean): Fact {
  const { agent_id, mandate_id, budget_id, period, label, currency, limit, used, threshold } = data;
  return {
    is: "budget",
    exhausted,
    agent_id: agent_id ?? null,
    mandate_id: mandate_id ?? null,
    budget_id,
    period,
    label,
    currency,
    limit,
    used,
    share: threshold,
  };
}

/** A refusal that is repeated is logged at certain counts: how many came since the last one that was. */
function refusalsSince(repeatCount: number): number {
  const before = LIMITS.rejectionEventCounts.filter((count) => count < repeatCount);
  return repeatCount - Math.max(0, ...before);
}
