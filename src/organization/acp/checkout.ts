import { keylessErrorFields, log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import type { CheckoutInput, CheckoutOutput } from "../../mcp/governance.ts";
import type { CheckoutQuoted, CheckoutSession, CheckoutSessionOrder, TokenIssued } from "../../payments/acp/api.ts";
import { withDeadline } from "../deadline.ts";
import { type MerchantRow, merchantHandle } from "../merchants.ts";
import type { PaymentDesk } from "../payment-desk.ts";
import { requireAgent } from "../service/standing.ts";
import type { TransactionRow } from "../transactions.ts";
import type { Work } from "../work.ts";
import { type Admitted, admit } from "./admit.ts";
import { type Asking, askingWithin } from "./ask.ts";
import { type Beginning, begin } from "./begin.ts";
import { checkoutOf, requireCheckout } from "./journal.ts";
import { firstCompletion, sessionOrder, tokenHandle, tokenOrder } from "./orders.ts";
import * as present from "./present.ts";
import { type Priced, priceOf } from "./quote.ts";
import { applySight, heedSession, recordToken } from "./record.ts";
import { type CheckoutRequest, readCheckout } from "./request.ts";
import { isPassing, type Sight, type Verdict } from "./table.ts";

/** A quote is several requests: discovery, the session, and how it is delivered. */
const QUOTE_DEADLINE_MS = 3 * LIMITS.providerCallMs + 10_000;
const CALL_DEADLINE_MS = LIMITS.providerCallMs + 5_000;

/**
 * Buys from a merchant. The object decides, Rails acts:
 *
 *   admit (no amount known yet) → quote → judge, hold, journal (one commit) → token → record it (one commit) →
 *   complete → read token → record (one commit)
 *
 * Between the commits anything may crash: the journal says what was asked of whom, and the watch finds out from Stripe.
 */
export async function checkOut(desk: PaymentDesk, input: CheckoutInput): Promise<CheckoutOutput> {
  const admitted = desk.run((work, principal) => {
    // First, so that nothing about a request can tell a foreign agent from an unknown one.
    requireAgent(work, principal, input.agent_id);
    const read = readCheckout(input, desk.policy);
    if (!read.ok) return present.answerOf(present.failed(read.error.reason, read.error.message));
    const admission = admit(work, desk, principal, read.value);
    return admission.kind === "answer" ? admission : { kind: "admitted" as const, request: read.value };
  });
  if (admitted.kind === "answer") {
    const { about, answer } = admitted;
    return about === null ? answer : showOrder(desk, about, answer);
  }
  const { request } = admitted;
  // What the ledger answers waits for nobody; what goes out does.
  return desk.inTurn(request.agent_id, () => buy(desk, request));
}

async function buy(desk: PaymentDesk, request: CheckoutRequest): Promise<CheckoutOutput> {
  const attempt = crypto.randomUUID();
  // Asked again, because the turn may have come late.
  const { admission, order } = desk.run((work, principal) => {
    const again = admit(work, { ...desk, spendCall: () => {} }, principal, request);
    return again.kind === "answer"
      ? { admission: again, order: null }
      : { admission: again, order: quoteOrder(work, request, again, attempt) };
  });
  if (admission.kind === "answer" || order === null) {
    return admission.kind === "answer" ? admission.answer : present.failed("no_answer", "The merchant was not asked.");
  }
  const quoted = await quote(desk, order);
  if (quoted.kind === "refused") return present.quoteRefused(request, quoted, order.buyer);
  const { session } = quoted;
  const cancel = () => {
    desk.keepAlive(asking(desk).cancel(cancelOrder(order.merchant, session, attempt)));
  };
  const priced = desk.run((work) => priceOf(session, admission.currency, admission.merchant.seller_profile, work.now));
  if (!priced.ok) {
    // The page that a person is sent to lives as long as its session; that ends by itself.
    if (priced.error !== "needs_human") cancel();
    return present.notPayable(request, priced.error, session, order.buyer);
  }
  const begun = desk.run((work, principal) => {
    const beginning = begin(work, desk, principal, request, admission, priced.value);
    return beginning.kind === "started"
      ? beginning
      : notStarted(work, request, admission.merchant, priced.value, beginning);
  });
  if (begun.kind === "ended") {
    if (begun.cancel) cancel();
    return begun.answer;
  }
  // A caller that hangs up must not take along the order that is being paid for.
  const finished = finish(desk, begun.row.id);
  desk.keepAlive(finished.catch(() => {}));
  return finished;
}

const quoteOrder = (work: Work, request: CheckoutRequest, admitted: Admitted, attempt: string) => ({
  merchant: merchantHandle(work, admitted.merchant),
  attempt,
  items: request.items,
  buyer: admitted.profile.config.buyer,
  currency: admitted.currency,
  delivery: admitted.profile.config.delivery,
});

async function quote(desk: PaymentDesk, order: ReturnType<typeof quoteOrder>): Promise<CheckoutQuoted> {
  try {
    return await withDeadline(desk.rails.checkoutQuote(order), QUOTE_DEADLINE_MS);
  } catch (error) {
    log("error", "checkout_not_quoted", keylessErrorFields(error));
    return {
      kind: "refused",
      refusal: { code: "no_answer", message: "The merchant gave no usable answer." },
      words: null,
    };
  }
}

const cancelOrder = (
  merchant: CheckoutSessionOrder["merchant"],
  session: CheckoutSession,
  attempt: string,
): CheckoutSessionOrder => ({
  merchant,
  version: session.version,
  api_base_url: session.api_base_url,
  session_id: session.id,
  transaction_id: attempt,
});

/** Why nothing was begun. The session goes, unless it is the one that another call is paying. */
function notStarted(
  work: Work,
  request: CheckoutRequest,
  merchant: MerchantRow,
  { session, total }: Priced,
  beginning: Exclude<Beginning, { readonly kind: "started" }>,
) {
  const answer = present.notStarted(work, request, beginning, total, session);
  const about = answer.transaction_id === undefined ? undefined : checkoutOf(work, answer.transaction_id);
  const taken =
    (beginning.kind === "refused" && beginning.code === "session_reused") ||
    (about?.merchant_id === merchant.id && about.session_id === session.id && about.began_at !== null);
  return { kind: "ended" as const, answer, cancel: !taken };
}

const asking = (desk: PaymentDesk): Asking => askingWithin(desk.rails, CALL_DEADLINE_MS);

/** What was begun goes on to its end here, or is left to the watch. */
async function finish(desk: PaymentDesk, id: string): Promise<CheckoutOutput> {
  const ask = asking(desk);
  await desk.fault("after_intent");
  const issued = await ask.issue(desk.record((work) => tokenOrder(work, id)));
  desk.record((work) => recordToken(work, desk.cache, id, issued));
  await desk.fault("after_token");
  const sight = await complete(desk, ask, id, issued);
  await desk.fault("before_record");
  if (sight !== null) await follow(desk, ask, id, sight);
  await desk.fault("after_record");
  const session = sight?.session?.kind === "session" ? sight.session.session : null;
  const refusal = issued.kind === "refused" ? issued.code : null;
  return desk.record((work) => present.afterCheckout(work, id, { session, refusal, replayed: false }));
}

/** Sends the token to the merchant, once, and looks what came of it. Null: there is no token to look at. */
async function complete(desk: PaymentDesk, ask: Asking, id: string, issued: TokenIssued): Promise<Sight | null> {
  if (issued.kind !== "token") return null;
  const usable = issued.seen.kind === "active" && !issued.seen.needs_action;
  const order = usable ? desk.record((work) => firstCompletion(work, desk.cache, id)) : null;
  if (order === null) return { token: issued.seen, session: null, answered: false };
  const answer = await ask.complete(order);
  // Silence says nothing: the session does, and Stripe.
  const session = answer.kind === "session" ? answer : await ask.read(order);
  const handle = desk.record((work) => tokenHandle(work, requireCheckout(work, id)));
  const token = handle === null ? null : await ask.token(handle);
  if (answer.kind === "refused" && session.kind !== "session") return { token, session: answer, answered: true };
  const final = answer.kind === "refused" && !isPassing(answer.status);
  return { token, session, answered: answer.kind === "session" || final };
}

/** Books a sight; takes back a token that will not be used, and books what that came to. */
async function follow(desk: PaymentDesk, ask: Asking, id: string, sight: Sight): Promise<Verdict> {
  const verdict = desk.record((work) => applySight(work, desk.cache, id, sight));
  if (verdict.do !== "revoke") return verdict;
  const { handle, session } = desk.record((work) => {
    const checkout = requireCheckout(work, id);
    return { handle: tokenHandle(work, checkout), session: sessionOrder(work, checkout) };
  });
  if (handle === null) return verdict;
  const token = await ask.revoke(handle);
  const after = desk.record((work) => applySight(work, desk.cache, id, { token, session: null, answered: false }));
  if (after.do === "void" && session !== null) desk.keepAlive(ask.cancel(session));
  return after;
}

/** An earlier checkout's answer with what the merchant says of it now, as far as it answers. Decides nothing about money. */
async function showOrder(desk: PaymentDesk, about: TransactionRow, answer: CheckoutOutput): Promise<CheckoutOutput> {
  const { id, agent_id } = about;
  const order = desk.record((work) => {
    const checkout = checkoutOf(work, id);
    return checkout?.completed_at == null || checkout.outcome === "unpaid" ? null : sessionOrder(work, checkout);
  });
  if (order === null) return answer;
  const seen = await desk.inTurn(agent_id, () => asking(desk).read(order));
  if (seen.kind !== "session") return answer;
  return desk.record((work) => {
    heedSession(work, desk.cache, id, seen.session);
    return present.afterCheckout(work, id, { session: seen.session, refusal: null, replayed: true });
  });
}
