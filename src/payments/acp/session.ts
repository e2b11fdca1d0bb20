import { err, ok, type Result } from "../../result.ts";
import type { CheckoutSession, SessionStatus } from "./api.ts";
import { isMessageCode } from "./codes.ts";
import { handlerOf } from "./handler.ts";
import { countOf, type Foreign, field, idOf, instantOf, listOf, textOf } from "./json.ts";
import { ACP_LIMITS } from "./limits.ts";
import type { DeliveryOption, Place, SessionView } from "./protocol.ts";
import { refundsOf } from "./refunds.ts";
import { wordsOf } from "./words.ts";

/**
 * Reads a session of any version: tolerant about members that are not known, exact about those that decide (status,
 * currency, total, ids). The error says what is missing, in our own words; the caller treats it as no answer at all.
 *
 * @param asked The session that the answer must be about; null when it was just made.
 */
export function readSession(value: Foreign, place: Place, asked: string | null): Result<SessionView, string> {
  const id = idOf(value, "id");
  if (id === null) return err("session_without_id");
  if (asked !== null && id !== asked) return err("another_session");
  const currency = currencyOf(value);
  if (currency === null) return err("session_without_currency");
  const status = textOf(value, "status");
  if (status === null) return err("session_without_status");
  const lines = linesOf(value);
  const handler = handlerOf(value, place.version);
  const session: CheckoutSession = {
    id,
    version: place.version,
    api_base_url: place.api_base_url,
    status: Object.hasOwn(STATUS, status) ? (STATUS[status] ?? "unknown") : "unknown",
    currency,
    total: totalOf(field(value, "totals")),
    expires_at: instantOf(value, "expires_at"),
    handler: handler.handler,
    lines: lines?.map(({ id: item, quantity, total }) => ({ id: item, quantity, total })) ?? [],
    order: orderOf(field(value, "order"), id),
    refunds: refundsOf(field(value, "order"), currency),
    words: wordsOf(value),
    codes: codesOf(value),
  };
  return ok({
    session,
    items: lines === null ? null : countItems(lines),
    options: optionsOf(value),
    chosen: chosenOf(value),
    handlers: handler.handlers,
    needs_person: needsPerson(value),
  });
}

const STATUS: Readonly<Record<string, SessionStatus>> = {
  incomplete: "open",
  not_ready_for_payment: "open",
  ready_for_payment: "ready",
  in_progress: "in_progress",
  complete_in_progress: "in_progress",
  requires_escalation: "needs_human",
  pending_approval: "needs_human",
  authentication_required: "authentication_required",
  completed: "completed",
  canceled: "canceled",
  expired: "expired",
};

function currencyOf(value: Foreign): string | null {
  const currency = textOf(value, "currency");
  return currency !== null && /^(?:[a-z]{3}|[A-Z]{3})$/.test(currency) ? currency.toUpperCase() : null;
}

/** The amount of the one entry of type `total`: none, two, or an amount that is no whole number is no total. */
function totalOf(totals: unknown): number | null {
  if (!Array.isArray(totals)) return null;
  const found = totals.filter((entry) => textOf(entry, "type") === "total");
  return found.length === 1 ? countOf(found[0], "amount") : null;
}

/** An order of this session, or none: the order of another one proves nothing. */
function orderOf(order: unknown, session: string): CheckoutSession["order"] {
  const id = idOf(order, "id");
  const about = field(order, "checkout_session_id");
  return id === null || (about !== undefined && about !== session) ? null : { id };
}

interface Line {
  readonly id: string;
  readonly quantity: number;
  readonly total: number | null;
}

/** Null when there are too many lines, or one that does not say what it is and how many. */
function linesOf(value: Foreign): readonly Line[] | null {
  const entries = field(value, "line_items");
  if (!Array.isArray(entries) || entries.length > ACP_LIMITS.lines) return null;
  const lines: Line[] = [];
  for (const entry of entries) {
    const item = field(entry, "item");
    // The agent names items by the merchant's ids, so any text that comes back unchanged is one.
    const id = textOf(item, "id");
    // On the line from 2026-01-30 on, on its item before.
    const quantity = countOf(entry, "quantity") ?? countOf(item, "quantity");
    if (id === null || quantity === null || quantity === 0) return null;
    // One amount until 2026-01-16, a list of totals after.
    lines.push({ id, quantity, total: countOf(entry, "total") ?? totalOf(field(entry, "totals")) });
  }
  return lines;
}

function countItems(lines: readonly Line[]): ReadonlyMap<string, number> {
  const items = new Map<string, number>();
  for (const { id, quantity } of lines) items.set(id, (items.get(id) ?? 0) + quantity);
  return items;
}

/** Published codes of messages of type `error`, each once. */
function codesOf(value: Foreign): readonly string[] {
  const codes = listOf(value, "messages", ACP_LIMITS.lines)
    .filter((message) => textOf(message, "type") === "error")
    .map((message) => textOf(message, "code"))
    .filter(isMessageCode);
  return [...new Set(codes)];
}

/** Only what is sent to an address or downloaded: nobody walks to a shop for an agent. */
function optionsOf(value: Foreign): readonly DeliveryOption[] {
  const options: DeliveryOption[] = [];
  for (const entry of listOf(value, "fulfillment_options", ACP_LIMITS.deliveryOptions)) {
    const id = idOf(entry, "id");
    const type = textOf(entry, "type");
    if (id === null || (type !== "shipping" && type !== "digital")) continue;
    const total = countOf(entry, "total") ?? totalOf(field(entry, "totals"));
    const latest = instantOf(entry, "latest_delivery_time") ?? instantOf(entry, "earliest_delivery_time");
    options.push({ id, type, total, latest });
  }
  return options;
}

/** One id in 2025-09-29; then under the name of the type; from 2026-01-30 on in the entry itself. */
function chosenOf(value: Foreign): SessionView["chosen"] {
  const selected = listOf(value, "selected_fulfillment_options", ACP_LIMITS.deliveryOptions).map((entry) => {
    const holder = [entry, field(entry, "shipping"), field(entry, "digital")].find((one) => idOf(one, "option_id"));
    const item_ids = listOf(holder, "item_ids", ACP_LIMITS.lines).filter((id) => typeof id === "string");
    return { id: idOf(holder, "option_id"), item_ids };
  });
  return [{ id: idOf(value, "fulfillment_option_id"), item_ids: [] }, ...selected].flatMap(({ id, item_ids }) =>
    id === null ? [] : [{ id, item_ids }],
  );
}

/** rfc.capability_negotiation: an intervention that is always enforced, and we can do none. */
function needsPerson(value: Foreign): boolean {
  const interventions = field(field(value, "capabilities"), "interventions");
  const required = listOf(interventions, "required", 1).length > 0;
  return required && textOf(interventions, "enforcement") === "always";
}
