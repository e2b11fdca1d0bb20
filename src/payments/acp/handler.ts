import type { AcpVersion, CheckoutSession } from "./api.ts";
import { paysByHandler } from "./bodies.ts";
import { countOf, type Foreign, field, idOf, listOf, textOf } from "./json.ts";
import { ACP_LIMITS } from "./limits.ts";
import type { SessionView } from "./protocol.ts";

interface Handlers {
  readonly handler: CheckoutSession["handler"];
  readonly handlers: SessionView["handlers"];
}

/** What a token of Stripe is given to: a tokenized card of a seller whose provider is Stripe (rfc.payment_handlers). */
const CARD = "dev.acp.tokenized.card";
const NONE: Handlers = { handler: null, handlers: "none" };

/**
 * The payment handler that takes tokens of Stripe. Merchants repeat their handlers or leave them out of later answers, so
 * an empty list says nothing.
 */
export function handlerOf(session: Foreign, version: AcpVersion): Handlers {
  return paysByHandler(version) ? byHandler(session) : byProvider(session);
}

/** Until 2026-01-16 the session may name one provider, which can only be Stripe; whom it pays stands there since then. */
function byProvider(session: Foreign): Handlers {
  const provider = field(session, "payment_provider");
  if (provider === undefined) return { handler: { id: "stripe", merchant_id: null }, handlers: "none" };
  const isOurs =
    textOf(provider, "provider") === "stripe" &&
    listOf(provider, "supported_payment_methods", ACP_LIMITS.handlers).some(takesCards);
  return isOurs
    ? { handler: { id: "stripe", merchant_id: idOf(provider, "merchant_id") }, handlers: "usable" }
    : { handler: null, handlers: "other" };
}

/** A bare word, and since 2025-12-12 an object that lists networks as well. */
const takesCards = (method: unknown): boolean => method === "card" || textOf(method, "type") === "card";

function byHandler(session: Foreign): Handlers {
  const listed = listOf(field(field(session, "capabilities"), "payment"), "handlers", ACP_LIMITS.handlers);
  if (listed.length === 0) return NONE;
  const usable = listed.flatMap((entry) => {
    const id = idOf(entry, "id");
    const config = field(entry, "config");
    const psp = (textOf(entry, "psp") ?? textOf(config, "psp") ?? "").toLowerCase();
    const isOurs =
      textOf(entry, "name") === CARD && psp === "stripe" && field(entry, "requires_pci_compliance") !== true;
    if (id === null || !isOurs) return [];
    return [{ id, merchant_id: idOf(config, "merchant_id"), order: countOf(entry, "display_order") ?? LAST }];
  });
  const [first] = usable.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
  return first === undefined
    ? { handler: null, handlers: "other" }
    : { handler: { id: first.id, merchant_id: first.merchant_id }, handlers: "usable" };
}

const LAST = Number.MAX_SAFE_INTEGER;
