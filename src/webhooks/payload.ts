import { toMajor } from "../money.ts";
import type { CheckView } from "../schema/common.ts";
import { API_VERSION, isPublicType, type PublicType } from "./catalogue.ts";

/** One row of the event log, its body read. */
export interface LoggedEvent {
  readonly id: string;
  readonly type: string;
  /** ms. */
  readonly at: number;
  readonly seq: number;
  readonly subject: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What of the transaction its events do not hold, or hold only some of the time. Amounts in micros. */
export interface TransactionFacts {
  readonly vendor: string;
  readonly amount: number;
  readonly currency: string;
  readonly category: string | null;
  readonly protocol: string;
  readonly mandate_id: string | null;
  readonly mandate_version: number | null;
}

export interface PayloadContext {
  readonly transaction: TransactionFacts | null;
  /** Of a rejection: the failed checks. */
  readonly reasons: readonly CheckView[];
  /** Of a purchase that waits: the rules that ask, in words. */
  readonly asks: readonly string[];
  /** Scheme and host of links. */
  readonly publicUrl: string;
}

export interface PublicBody {
  readonly id: string;
  readonly type: PublicType;
  readonly timestamp: string;
  readonly seq: number;
  readonly api_version: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The public body of an event, or null when its type is none that leaves. Each member is named here; nothing is passed through. */
export function publicBody(event: LoggedEvent, context: PayloadContext): PublicBody | null {
  const { type } = event;
  if (!isPublicType(type)) return null;
  const { id, seq } = event;
  return { id, type, timestamp: iso(event.at), seq, api_version: API_VERSION, data: dataOf(type, event, context) };
}

const iso = (ms: unknown): string => new Date(ms as number).toISOString();
type Data = Readonly<Record<string, unknown>>;

function dataOf(type: PublicType, event: LoggedEvent, context: PayloadContext): Data {
  const { data } = event;
  switch (type) {
    case "transaction.approved":
      return { ...bought(event, context), status: "authorized", ...present(data, ["approval_id"]) };
    case "transaction.rejected":
      return {
        ...bought(event, context),
        status: "rejected",
        reasons: context.reasons,
        ...present(data, ["repeat_count"]),
      };
    case "transaction.pending_approval":
      return {
        ...bought(event, context),
        status: "pending_approval",
        asks: context.asks,
        approval_id: data.approval_id,
        approval_expires_at: iso(data.approval_expires_at),
        approval_url: `${context.publicUrl}/approvals/${String(data.approval_id)}`,
      };
    case "transaction.denied":
    case "transaction.expired":
      return { ...bought(event, context), status: data.to, ...present(data, ["approval_id"]) };
    case "transaction.completed":
    case "transaction.voided":
    case "transaction.released":
    case "transaction.unknown":
    case "transaction.refunded":
    case "transaction.refund_failed":
      return { ...bought(event, context), ...progress(data) };
    case "transaction.overdraft":
      return {
        ...bought(event, context),
        amount_settled: toMajor(data.settled as number),
        ...present(data, ["severity", "budgets"]),
      };
    case "transaction.disputed":
      return {
        ...bought(event, context),
        amount_disputed: toMajor(data.disputed as number),
        ...present(data, ["dispute_id", "dispute_status", "dispute_reason"]),
      };
    case "mandate.budget.warning":
    case "mandate.budget.exhausted":
    case "organization.budget.warning":
    case "organization.budget.exhausted":
      return budgetOf(data);
    case "mandate.activated":
    case "mandate.updated":
    case "mandate.paused":
    case "mandate.resumed":
    case "mandate.revoked":
    case "mandate.expired":
      return { ...present(data, ["mandate_id", "agent_id", "version", "hash"]), ...MANDATE_STATUS[type] };
    case "alert.raised":
      return present(data, ["alert_id", "kind", "severity", "message", "agent_id", "mandate_id", "transaction_id"]);
    case "organization.frozen":
    case "organization.unfrozen":
      return { organization_id: event.subject };
    case "key.created":
    case "key.revoked":
      return present(data, ["key_id", "role"]);
    case "key.rotated":
      return { ...present(data, ["key_id", "replaced_by"]), old_expires_at: iso(data.old_expires_at) };
    case "webhook.endpoint.disabled":
      return present(data, ["endpoint_id", "host", "reason"]);
    case "webhook.test":
      return present(data, ["endpoint_id", "message"]);
  }
}

const MANDATE_STATUS = {
  "mandate.activated": { status: "active" },
  "mandate.updated": {},
  "mandate.paused": { status: "paused" },
  "mandate.resumed": { status: "active" },
  "mandate.revoked": { status: "revoked" },
  "mandate.expired": { status: "expired" },
} as const;

/** The members that are there and not null. */
const present = (data: Data, names: readonly string[]): Data =>
  Object.fromEntries(names.flatMap((name) => (data[name] == null ? [] : [[name, data[name]]])));

interface Purchase {
  readonly agent_id?: string;
  readonly vendor?: string;
  readonly amount?: number | null;
  readonly currency?: string;
  readonly category?: string | null;
  readonly protocol?: string;
}

/** The purchase as the event itself tells it, and what it leaves out from its transaction: a shared row of refusals tells others. */
function bought({ data }: LoggedEvent, { transaction }: PayloadContext): Data {
  const request = (data.request ?? {}) as Purchase;
  const judged = data.mandate as { readonly id: string; readonly version: number } | null | undefined;
  const mandateId = judged === undefined ? (transaction?.mandate_id ?? null) : (judged?.id ?? null);
  const version = judged === undefined ? (transaction?.mandate_version ?? null) : (judged?.version ?? null);
  const category = data.request === undefined ? transaction?.category : request.category;
  return {
    transaction_id: data.transaction_id,
    agent_id: data.agent_id ?? request.agent_id,
    vendor: request.vendor ?? data.vendor ?? transaction?.vendor,
    amount: toMajor(request.amount ?? (data.amount as number | undefined) ?? transaction?.amount ?? 0),
    currency: request.currency ?? data.currency ?? transaction?.currency,
    ...(category == null ? {} : { category }),
    protocol: request.protocol ?? transaction?.protocol,
    ...(mandateId === null ? {} : { mandate_id: mandateId }),
    ...(version === null ? {} : { mandate_version: version }),
  };
}

function progress(data: Data): Data {
  const refunded = data.refunded as number;
  const claimed = data.claimed as number | undefined;
  return {
    status: data.to,
    amount_held: toMajor(data.held as number),
    amount_settled: toMajor(data.settled as number),
    ...(refunded === 0 ? {} : { amount_refunded: toMajor(refunded) }),
    ...(claimed === undefined ? {} : { amount_claimed: toMajor(claimed) }),
    ...present(data, ["presumed", "late", "simulated"]),
  };
}

function budgetOf(data: Data): Data {
  const limit = data.limit as number;
  const used = data.used as number;
  return {
    ...present(data, ["budget_id", "mandate_id", "agent_id", "currency", "period", "label"]),
    limit: toMajor(limit),
    used: toMajor(used),
    remaining: toMajor(limit - used),
    threshold: data.threshold,
  };
}
