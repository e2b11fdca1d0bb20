import type { StripeChargeInput, StripeChargeOutput } from "../../mcp/governance.ts";
import type { PaymentDesk } from "../payment-desk.ts";
import { requireAgent } from "../service/standing.ts";
import { sendCharge } from "./act.ts";
import { admit, wouldStart } from "./admit.ts";
import { begin } from "./begin.ts";
import * as present from "./present.ts";
import { type ChargeRequest, readCharge } from "./request.ts";

/**
 * Charges the card of a profile, where the mandate approves it. The object decides, Rails acts:
 *
 *   admit → judge, hold, journal (one commit) → send → record (one commit)
 *
 * Between the two commits anything may crash: the journal says what was sent, and the watch asks Stripe what became of it.
 */
export async function chargeCard(desk: PaymentDesk, input: StripeChargeInput): Promise<StripeChargeOutput> {
  const first = desk.run((work, principal) => {
    // First, so that nothing about a call can tell a foreign agent from an unknown one.
    requireAgent(work, principal, input.agent_id);
    const request = readCharge(input);
    const admission = admit(work, desk, principal, request);
    if (admission.kind === "answer") return admission;
    // What the ledger answers waits for nobody; what goes out does.
    if (admission.key !== null && wouldStart(work, desk.cache, admission, request)) return { request };
    const begun = begin(work, desk.cache, admission, request);
    if (begun.kind === "started") throw new Error("a charge was begun out of its turn");
    return { answer: present.notSent(work, begun) };
  });
  if ("answer" in first) return first.answer;
  return desk.inTurn(input.agent_id, () => chargeInTurn(desk, first.request));
}

async function chargeInTurn(desk: PaymentDesk, request: ChargeRequest): Promise<StripeChargeOutput> {
  // Everything is read again, because the turn may have come late.
  const begun = desk.run((work, principal) => {
    const admission = admit(work, { ...desk, spendCall: () => {} }, principal, request);
    if (admission.kind === "answer") return admission;
    const begun = begin(work, desk.cache, admission, request);
    return begun.kind === "started" ? begun : { kind: "answer" as const, answer: present.notSent(work, begun) };
  });
  if (begun.kind === "answer") return begun.answer;
  // A caller that hangs up must not take along what is known only here.
  const finished = finish(desk, begun.id);
  desk.keepAlive(finished.catch(() => {}));
  return finished;
}

async function finish(desk: PaymentDesk, id: string): Promise<StripeChargeOutput> {
  await desk.fault("after_intent");
  const { cache, rails, record } = desk;
  const sql = record((work) => work.sql);
  await sendCharge({ sql, cache, rails, transact: record }, id, () => desk.fault("before_record"));
  await desk.fault("after_record");
  return desk.record((work) => present.afterCharge(work, id));
}
