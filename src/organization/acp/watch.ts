import { errorFields, log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import type { CheckoutSeen, CheckoutSessionOrder, TokenHandle, TokenOrder, TokenSeen } from "../../payments/acp/api.ts";
import type { AlarmDesk } from "../alarm.ts";
import type { TimerRow } from "../timers.ts";
import type { Work } from "../work.ts";
import { type Asking, askingWithin } from "./ask.ts";
import { checkoutOf, requireCheckout, setWatch } from "./journal.ts";
import { repeatedCompletion, sessionOrder, tokenHandle, tokenOrder } from "./orders.ts";
import { applySight, find, recordToken, standingOf } from "./record.ts";
import { CALL_MS, type Sight, type Verdict } from "./table.ts";

/** The alarm has other things to do: an answer that takes longer is asked for again later. */
const DEADLINE_MS = 5_000;
/** After so long no further look is begun, and none goes on to act: what is left is still due, and the ledger's own timers come first. */
const TURN_MS = 10_000;
/** What a turn had no time for comes back so much later. */
const SOON_MS = 1_000;
/** A look that was begun and has left no record is begun again so much later. */
const LEASE_MS = 60_000;

/**
 * Looks at every checkout whose timer is due, and takes it as far as what is seen allows: how open outcomes end without
 * traffic. Never throws. A look moves the timer ahead first, so that a crash in the middle repeats it.
 */
export async function watchCheckouts(due: readonly TimerRow[], desk: AlarmDesk): Promise<void> {
  const ask = askingWithin(desk.env.RAILS, DEADLINE_MS);
  const waiting = [...due];
  const began = Date.now();
  const isOver = () => Date.now() - began > TURN_MS;
  const worker = async (): Promise<void> => {
    for (let timer = waiting.shift(); timer !== undefined; timer = waiting.shift()) {
      if (isOver()) return;
      await watchOne(desk, ask, timer, isOver);
    }
  };
  await Promise.all(Array.from({ length: Math.min(LIMITS.providerCallsAtOnce, due.length) }, worker));
}

async function watchOne(desk: AlarmDesk, ask: Asking, timer: TimerRow, isOver: () => boolean): Promise<void> {
  try {
    const look = plan(desk, timer);
    if (look === null) return;
    const id = timer.ref;
    const apply = (sight: Sight) => inOne(desk, (work) => applySight(work, desk.cache, id, sight));
    let verdict = apply(await see(desk, ask, id, look));
    if (isActing(verdict) && isOver()) return soon(desk, id);
    if (verdict.do === "repeat") verdict = apply(await repeat(desk, ask, id));
    if (isActing(verdict) && isOver()) return soon(desk, id);
    if (verdict.do === "revoke") verdict = apply(await revoke(desk, ask, id));
    const { session } = look;
    if (session === null) return;
    // The merchant of what is over is told all the same: nothing looks at that again in order to.
    if (verdict.do === "cancel" && isOver()) return soon(desk, id);
    if (verdict.do === "void") await ask.cancel(session);
    if (verdict.do === "cancel") {
      const { why } = verdict;
      apply({ token: { kind: "dead", why }, session: await ask.cancel(session), answered: false });
    }
  } catch (error) {
    // The timer stands at the end of the lease.
    log("error", "checkout_watch_failed", errorFields(error));
  }
}

const isActing = (verdict: Verdict): boolean => verdict.do === "repeat" || verdict.do === "revoke";

/** What there was no time for is the next turn's, which looks anew. */
const soon = (desk: AlarmDesk, id: string): void =>
  inOne(desk, (work) => setWatch(work, requireCheckout(work, id), work.now + SOON_MS));

/** A look that cannot be planned has taken no lease: left due, its timer would bring the alarm back at once, for ever. */
function plan(desk: AlarmDesk, timer: TimerRow): Look | null {
  try {
    return inOne(desk, (work) => planLook(work, desk, timer));
  } catch (error) {
    log("error", "checkout_watch_failed", errorFields(error));
    inOne(desk, (work) => {
      work.clearTimer(timer.due_at, timer.kind, timer.ref);
      setWatch(work, requireCheckout(work, timer.ref), work.now + LEASE_MS);
    });
    return null;
  }
}

/** What one look asks. */
interface Look {
  /** Null where the merchant is no longer configured. */
  readonly session: CheckoutSessionOrder | null;
  readonly completed: boolean;
  /** Null where no token is known. */
  readonly token: TokenHandle | null;
  /** Set where the token has to be learnt first. */
  readonly issue: TokenOrder | null;
}

/** Takes the lease. Null: there is nothing to look at. */
function planLook(work: Work, desk: AlarmDesk, timer: TimerRow): Look | null {
  work.clearTimer(timer.due_at, timer.kind, timer.ref);
  const checkout = checkoutOf(work, timer.ref);
  // Left due, a timer without its checkout would bring the alarm back at once, for ever.
  if (checkout?.watch_at == null) return null;
  const { row } = find(work, timer.ref);
  setWatch(work, checkout, work.now + LEASE_MS);
  const at = standingOf(work, desk.cache, row, checkout);
  // Until then the call itself may be asking for it.
  const mayIssue = checkout.sealed_token === null && at.now >= at.began_at + CALL_MS;
  return {
    session: sessionOrder(work, checkout),
    completed: checkout.completed_at !== null,
    token: tokenHandle(work, checkout),
    issue: mayIssue ? tokenOrder(work, timer.ref) : null,
  };
}

async function see(desk: AlarmDesk, ask: Asking, id: string, look: Look): Promise<Sight> {
  if (look.issue !== null)
    return { token: await learnToken(desk, ask, id, look.issue), session: null, answered: false };
  // The session first: a token that is read later is never older than what the merchant says of it.
  const session = look.completed && look.session !== null ? await ask.read(look.session) : null;
  const token = look.token === null ? null : await ask.token(look.token);
  return { token, session, answered: false };
}

/** Nobody knows whether there is a token: the same order again brings it, or makes it, and then it can be revoked. */
async function learnToken(desk: AlarmDesk, ask: Asking, id: string, order: TokenOrder): Promise<TokenSeen | null> {
  const issued = await ask.issue(order);
  inOne(desk, (work) => recordToken(work, desk.cache, id, issued));
  return issued.kind === "token" ? issued.seen : null;
}

async function repeat(desk: AlarmDesk, ask: Asking, id: string): Promise<Sight> {
  const order = inOne(desk, (work) => repeatedCompletion(work, desk.cache, id));
  // What cannot be repeated word for word is not repeated: the unused token is taken back instead.
  if (order === null) return revoke(desk, ask, id);
  const session: CheckoutSeen = await ask.complete(order);
  return { token: await tokenNow(desk, id, ask.token), session, answered: session.kind !== "unclear" };
}

const revoke = async (desk: AlarmDesk, ask: Asking, id: string): Promise<Sight> => ({
  token: await tokenNow(desk, id, ask.revoke),
  session: null,
  answered: false,
});

async function tokenNow(
  desk: AlarmDesk,
  id: string,
  ask: (handle: TokenHandle) => Promise<TokenSeen>,
): Promise<TokenSeen | null> {
  const handle = inOne(desk, (work) => tokenHandle(work, requireCheckout(work, id)));
  return handle === null ? null : ask(handle);
}

/** One storage transaction, with what it answers. */
function inOne<T>(desk: AlarmDesk, action: (work: Work) => T): T {
  const box: { value?: T } = {};
  desk.transact((work) => {
    box.value = action(work);
  });
  return box.value as T;
}
