import { answerOf } from "./answer.ts";
import { deadline, GUARD_LIMITS, judgeRedirect } from "./guard.ts";
import type { HttpRequest, RequestOrder, RequestOutcome } from "./rails-api.ts";
import { type Outbound, type Prepared, prepare, type Received, send } from "./send.ts";
import { X402_LIMITS } from "./x402/limits.ts";
import { readQuote } from "./x402/quote.ts";

/**
 * Sends a request that pays nothing, under one deadline with its redirects. A redirect within the origin is followed; one
 * that leaves it is handed back; one that the guard refuses is an answer, so that the agent sees where it would have led.
 */
export async function request(order: RequestOrder, outbound: Outbound): Promise<RequestOutcome> {
  const prepared = prepare(order.request, outbound.policy);
  if (!prepared.ok) return { kind: "refused", refusal: prepared.error };
  const signal = deadline();
  let current = prepared.value;
  let hops = order.hops;
  for (;;) {
    const sent = await send(outbound, current, signal);
    if (!sent.ok) return { kind: "refused", refusal: sent.error };
    const received = sent.value;
    const next = judgeRedirect(current.url, received.headers.get("location"), outbound.policy, {
      number: hops + 1,
      status: received.status,
      method: current.method,
      hasBody: current.body !== null,
      headers: current.headers,
    });
    if (!next.ok) return finish(order, current, received);
    const { url, method, headers, keepBody, crossOrigin } = next.value;
    const following: Prepared = { url, method, headers, body: keepBody ? current.body : null };
    hops += 1;
    if (crossOrigin) {
      const answer = answerOf(current.url, received, await received.read(GUARD_LIMITS.responseBytes));
      return { kind: "redirect", answer, request: plain(following), hops };
    }
    received.drop();
    current = following;
  }
}

async function finish(order: RequestOrder, asked: Prepared, received: Received): Promise<RequestOutcome> {
  const needsPayment = received.status === 402;
  const body = await received.read(needsPayment ? X402_LIMITS.quoteBodyBytes : GUARD_LIMITS.responseBytes);
  const answer = answerOf(asked.url, received, body);
  if (!needsPayment) return { kind: "answer", answer };
  const { headers } = received;
  const quote = readQuote(headers.get("payment-required"), body, order.network, headers.get("content-type"));
  return quote.ok
    ? { kind: "quote", answer, request: plain(asked), quote: quote.value }
    : { kind: "bad_quote", answer, ...quote.error };
}

const plain = ({ url, method, headers, body }: Prepared): HttpRequest => ({ url: url.href, method, headers, body });
