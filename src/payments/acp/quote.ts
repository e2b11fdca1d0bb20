import { deadline } from "../guard.ts";
import type { RailContext } from "../stripe/rails.ts";
import type { CheckoutQuoted, CheckoutQuoteOrder, CheckoutSession, MerchantWords } from "./api.ts";
import { linesOf } from "./bodies.ts";
import { ACP_LIMITS } from "./limits.ts";
import { openBearer, placeOf } from "./merchant.ts";
import { judge, type Next, nextStep } from "./negotiate.ts";
import { type Call, type CheckoutProtocol, type Heard, PROTOCOLS, type SessionView } from "./protocol.ts";
import { type RefusalCode, refusalOf, refusedRequest } from "./refusals.ts";

/**
 * Opens a session, chooses the delivery, and goes on until the merchant says that it can be paid. Moves no money. A session
 * that is given up is canceled where nobody can use it any more.
 */
export async function quote(order: CheckoutQuoteOrder, desk: RailContext): Promise<CheckoutQuoted> {
  const protocol = PROTOCOLS[order.merchant.protocol];
  const bearer = await openBearer(order.merchant, desk.env);
  if (bearer === null) return refused("bearer_unreadable");
  const signal = deadline(ACP_LIMITS.quoteMs);
  const place = await placeOf(order.merchant, protocol, desk, signal);
  if (!place.ok) return { kind: "refused", refusal: place.error, words: null };
  if (linesOf(place.value.version, order.items) > ACP_LIMITS.lines) return refused("too_many_items");
  return negotiate(order, protocol, { desk, place: place.value, bearer, key: null, signal });
}

async function negotiate(order: CheckoutQuoteOrder, protocol: CheckoutProtocol, call: Call): Promise<CheckoutQuoted> {
  const key = (step: string): string => `quetra-${order.attempt}-${step}`;
  let heard = await protocol.create({ ...call, key: key("create") }, order);
  let session: string | null = null;
  let handler: CheckoutSession["handler"] = null;
  const tried = new Set<string>();
  for (let updates = 0; ; updates += 1) {
    if (heard.kind !== "session") {
      await cancel(protocol, call, session);
      return heard.kind === "refused" ? refused(refusedRequest(heard.status, heard.code)) : refused("no_answer");
    }
    const view: SessionView = heard.view;
    session = view.session.id;
    handler = handlerSoFar(handler, view);
    const next: Next = judge(view, order) ?? nextStep(view, order, tried);
    if (next.kind === "done" && handler !== null) {
      return { kind: "session", session: { ...view.session, handler } };
    }
    if (next.kind !== "update" || updates === ACP_LIMITS.updates) {
      const code = next.kind === "refuse" ? next.code : next.kind === "done" ? "unsupported_handler" : "not_ready";
      // The page that a person is sent to lives as long as its session; it ends by itself.
      if (code !== "needs_human") await cancel(protocol, call, session);
      return refused(code, view.session.words);
    }
    tried.add(next.name);
    heard = await protocol.update({ ...call, key: key(`update-${updates + 1}`) }, session, next.change);
  }
}

/** Merchants leave the handlers out of later answers; what they said first then stands. */
const handlerSoFar = (known: CheckoutSession["handler"], view: SessionView): CheckoutSession["handler"] =>
  view.handlers === "none" ? (known ?? view.session.handler) : view.session.handler;

/** Best effort, and its answer changes nothing: an abandoned session expires, and nothing was paid. */
async function cancel(protocol: CheckoutProtocol, call: Call, session: string | null): Promise<Heard | null> {
  if (session === null) return null;
  const signal = deadline(ACP_LIMITS.cancelMs);
  return protocol.cancel({ ...call, signal, key: `quetra-cancel-${session}` }, session);
}

const refused = (code: RefusalCode, words: MerchantWords | null = null): CheckoutQuoted => ({
  kind: "refused",
  refusal: refusalOf(code),
  words,
});
