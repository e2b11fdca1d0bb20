import type { CheckoutQuoteOrder } from "./api.ts";
import { judgeDelivery } from "./delivery.ts";
import type { Change, SessionView } from "./protocol.ts";
import { endingOf, type RefusalCode } from "./refusals.ts";

/** What a quote does next. `name`: of the change, so that none is sent twice. */
export type Next =
  | { readonly kind: "done" }
  | { readonly kind: "update"; readonly name: string; readonly change: Change }
  | { readonly kind: "refuse"; readonly code: RefusalCode };

/** What ends the quote at once; null when it can go on. Pure. */
export function judge(view: SessionView, order: CheckoutQuoteOrder): Next | null {
  const { session } = view;
  const byStatus = statusEnds(session.status);
  // A message says more than a status, but for the one that keeps the session for a person.
  const ended = byStatus === "needs_human" ? byStatus : (endingOf(session.codes) ?? byStatus);
  if (ended !== null) return refuse(ended);
  if (view.needs_person) return refuse("needs_human");
  if (session.currency !== order.currency) return refuse("currency_mismatch");
  if (!isWhatWasAsked(view, order)) return refuse("items_changed");
  return view.handlers === "other" ? refuse("unsupported_handler") : null;
}

function statusEnds(status: SessionView["session"]["status"]): RefusalCode | null {
  switch (status) {
    case "open":
    case "ready":
      return null;
    case "needs_human":
    case "authentication_required":
      return "needs_human";
    case "canceled":
    case "expired":
      return "session_ended";
    case "completed":
    case "in_progress":
      return "already_paid";
    case "unknown":
      return "no_answer";
  }
}

/** Every item that was asked for, in its number, and nothing else: a line that the merchant adds is a refusal. */
function isWhatWasAsked({ items }: SessionView, order: CheckoutQuoteOrder): boolean {
  if (items === null) return false;
  const asked = new Map<string, number>();
  for (const { id, quantity } of order.items) asked.set(id, (asked.get(id) ?? 0) + quantity);
  return asked.size === items.size && [...asked].every(([id, quantity]) => items.get(id) === quantity);
}

/**
 * The next step of a session that nothing speaks against: the wished delivery first, even where the merchant chose another
 * one by itself; then, once, everything about the buyer again, because some merchants ignore it while creating.
 *
 * @param tried Names of the changes that were sent.
 */
export function nextStep(view: SessionView, order: CheckoutQuoteOrder, tried: ReadonlySet<string>): Next {
  const delivery = judgeDelivery(view, order);
  if (delivery.kind === "impossible") return refuse("no_delivery");
  if (delivery.kind === "choose") {
    const { selections } = delivery;
    const name = `delivery ${selections.map(({ option }) => option.id).join(" ")}`;
    if (!tried.has(name)) return { kind: "update", name, change: { kind: "delivery", selections } };
  }
  if (view.session.status === "ready") {
    // It was told what to choose. To repeat the choice is optional; to have made another one is not.
    if (delivery.kind === "choose" && view.chosen.length > 0) return refuse("no_delivery");
    return view.session.total === null || view.session.total === 0 ? refuse("total_unclear") : { kind: "done" };
  }
  if (!tried.has("buyer")) return { kind: "update", name: "buyer", change: { kind: "buyer", buyer: order.buyer } };
  return refuse(order.buyer.address === null ? "no_delivery" : "not_ready");
}

const refuse = (code: RefusalCode): Next => ({ kind: "refuse", code });
