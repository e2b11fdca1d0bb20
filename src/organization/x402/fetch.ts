import { keylessErrorFields, log } from "../../edge/log.ts";
import type { FetchInput, FetchOutput } from "../../mcp/governance.ts";
import { GUARD_LIMITS } from "../../payments/guard.ts";
import type { HttpRequest, PaymentOutcome, Quote, RequestOutcome, X402Network } from "../../payments/rails-api.ts";
import { networkOf } from "../../payments/x402/assets.ts";
import { withDeadline } from "../deadline.ts";
import type { PaymentDesk } from "../payment-desk.ts";
import type { Principal } from "../principal.ts";
import { requireAgent } from "../service/standing.ts";
import type { Work } from "../work.ts";
import { admit, admitHost } from "./admit.ts";
import { type Beginning, beginApproved, beginNew, type Started } from "./begin.ts";
import * as present from "./present.ts";
import { recordPayment } from "./record.ts";
import { type FetchRequest, readFetch, vendorOf } from "./request.ts";

/** What quetra_fetch needs of the object it runs in. */
export interface FetchDesk extends PaymentDesk {
  readonly refreshBalance: () => Promise<boolean>;
}

/** Rails keeps to less by itself; this is for one that does not come back at all. */
const REQUEST_DEADLINE_MS = GUARD_LIMITS.requestMs + 10_000;

/**
 * One HTTP request of an agent, which pays an x402 quote where the mandate approves it. The object decides, Rails acts:
 *
 *   admit (no amount known yet) → request → quote → judge, hold, journal (one commit) → sign and send → record (one commit)
 *
 * Between the two commits anything may crash: the journal says what was signed, and the watch finds out on the chain.
 */
export async function fetchPaid(desk: FetchDesk, input: FetchInput): Promise<FetchOutput> {
  const admitted = desk.run((work, principal) => {
    // First, so that nothing about a request can tell a foreign agent from an unknown one.
    requireAgent(work, principal, input.agent_id);
    const read = readFetch(input, desk.policy);
    if (!read.ok) return { answer: present.failed(read.error.reason, read.error.message) };
    const admission = admit(work, desk, principal, read.value);
    return admission.kind === "answer" ? admission : { request: read.value };
  });
  if ("answer" in admitted) return admitted.answer;
  const { request } = admitted;
  // What the ledger answers waits for nobody; what goes out does.
  return desk.inTurn(request.agent_id, () => fetchInTurn(desk, request));
}

async function fetchInTurn(desk: FetchDesk, request: FetchRequest): Promise<FetchOutput> {
  // Asked again, because the turn may have come late.
  const { admission, mode } = desk.run((work, principal) => ({
    admission: admit(work, { ...desk, spendCall: () => {} }, principal, request),
    mode: work.organization.mode,
  }));
  if (admission.kind === "answer") return admission.answer;
  const asked = await ask(desk, request, networkOf(mode));
  if (asked.kind === "denied") return asked.answer;
  const { outcome, strayed } = asked;
  switch (outcome.kind) {
    case "refused":
      return present.failed(outcome.refusal.code, outcome.refusal.message);
    case "answer":
      return present.response(request, outcome.answer);
    case "bad_quote":
      return present.badQuote(request, outcome);
    case "quote":
      break;
  }
  const unpaid = whyNotPaid(request, strayed);
  if (unpaid !== null) {
    return desk.run((work) => present.quoteOnly(work, desk.cache, request, outcome.quote, outcome.answer, unpaid));
  }
  return pay(desk, request, outcome.quote, outcome.request);
}

/** Some quotes are shown and never paid, whatever the mandate would say. */
function whyNotPaid(request: FetchRequest, strayed: boolean): present.NotPaid | null {
  if (strayed) return "redirected";
  // Whatever it costs, an answer to HEAD has no content.
  if (request.target.method === "HEAD") return "head";
  return request.idempotency_key === null && request.transaction_id === null ? "no_key" : null;
}

type Settled = Exclude<RequestOutcome, { readonly kind: "redirect" }>;
type Asked =
  | { readonly kind: "asked"; readonly outcome: Settled; readonly strayed: boolean }
  | { readonly kind: "denied"; readonly answer: FetchOutput };

/**
 * Sends the request. A redirect to another origin is judged like a request to that host before anything goes there, and
 * whatever comes from there is not paid: `strayed`.
 */
async function ask(desk: FetchDesk, request: FetchRequest, network: X402Network): Promise<Asked> {
  let http: HttpRequest = request.http;
  const started = Date.now();
  for (let hops = 0; hops <= GUARD_LIMITS.redirectHops; ) {
    const outcome = await withDeadline(desk.rails.request({ request: http, network, hops }), REQUEST_DEADLINE_MS);
    if (outcome.kind !== "redirect") return { kind: "asked", outcome, strayed: http !== request.http };
    const vendor = vendorOf(new URL(outcome.request.url));
    if (!vendor.ok) return { kind: "denied", answer: present.failed("invalid_vendor", vendor.error) };
    const denied = desk.run((work, principal) => admitHost(work, desk, principal, request, vendor.value));
    if (denied !== null) return { kind: "denied", answer: denied };
    // A chain of slow servers must not keep the call for minutes.
    if (Date.now() - started > GUARD_LIMITS.requestMs) break;
    ({ request: http, hops } = outcome);
  }
  return {
    kind: "denied",
    answer: present.failed("redirect_too_many", "The server redirects further than a request is followed."),
  };
}

/** Judges, pays and records. At most one authorization is signed, whatever the seller does afterwards. */
async function pay(desk: FetchDesk, request: FetchRequest, quote: Quote, http: HttpRequest): Promise<FetchOutput> {
  const begin = () => desk.run((work, principal) => beginAny(work, desk, principal, request, quote));
  let begun = begin();
  // The balance that is remembered can be older than the last deposit: look once before refusing for want of money.
  const poor = begun.kind === "refused" && (begun.code === "wallet_underfunded" || begun.code === "wallet_unread");
  if (poor && (await desk.refreshBalance())) begun = begin();
  if (begun.kind !== "started") {
    const ended = begun;
    return desk.run((work) => present.notStarted(work, request, ended));
  }
  // A caller that hangs up must not take along the answer that is being paid for: a retry gets it.
  const finished = finish(desk, begun.started, quote, http);
  desk.keepAlive(finished.catch(() => {}));
  return finished;
}

async function finish(desk: FetchDesk, started: Started, quote: Quote, http: HttpRequest): Promise<FetchOutput> {
  await desk.fault("after_intent");
  const outcome = await sign(desk, started, quote, http);
  await desk.fault("before_record");
  const { id } = started.row;
  const answer = desk.record((work) => {
    if (outcome !== null) recordPayment(work, desk.cache, id, outcome);
    return present.afterPayment(work, id, outcome?.answer ?? null, false);
  });
  await desk.fault("after_record");
  return answer;
}

function beginAny(work: Work, desk: FetchDesk, principal: Principal, request: FetchRequest, quote: Quote): Beginning {
  // Everything is read again: while the request was on its way, the key, the agent and the transaction may have changed.
  const admission = admit(work, { ...desk, spendCall: () => {} }, principal, request);
  if (admission.kind === "answer") return { kind: "answered", answer: admission.answer };
  const { agent, row } = admission;
  return row === null
    ? beginNew(work, desk.cache, agent, request, quote)
    : beginApproved(work, desk.cache, row, request, quote);
}

/** Null: nobody knows what happened; the watch finds out. */
async function sign(
  desk: FetchDesk,
  started: Started,
  quote: Quote,
  http: HttpRequest,
): Promise<PaymentOutcome | null> {
  const { row, option, grant, sealed_key, organization_id } = started;
  try {
    return await withDeadline(
      desk.rails.pay({
        organization_id,
        transaction_id: row.id,
        sealed_key,
        grant,
        quote: { version: quote.version, raw: quote.raw, index: option.index },
        request: http,
      }),
      present.ANSWER_MAY_COME_MS,
    );
  } catch (error) {
    log("error", "payment_not_reported", { transaction_id: row.id, ...keylessErrorFields(error) });
    return null;
  }
}
