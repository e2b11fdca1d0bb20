import { errorFields, log } from "../../edge/log.ts";
import { LIMITS } from "../../limits.ts";
import type { StripeSeen } from "../../payments/stripe/api.ts";
import type { AlarmDesk } from "../alarm.ts";
import type { TimerRow } from "../timers.ts";
import type { Work } from "../work.ts";
import { ask, cancelCharge, lookOrder, type Opened, openCharge, type StripeDesk, sendCharge, UNCLEAR } from "./act.ts";
import { chargeOf, keepingWake, setWatch } from "./journal.ts";
import { activeStripeKey, type StripeKeyRow } from "./keys.ts";
import { recordCharge } from "./record.ts";
import { lookAtRefunds } from "./refund-watch.ts";

/** The alarm has more to do: what was not begun by then stays due, and comes with the next one. */
const TURN_MS = 15_000;
const POSTPONE_MS = 60_000;
/** The ends of holds, webhooks and D1 wait for this turn to end: an answer that takes longer is asked for again later. */
const WAIT_MS = 10_000;
/** A look that was begun and has left no record is begun again so much later. It is over by then, whatever it waits for. */
const LEASE_MS = 60_000;

/**
 * Asks Stripe about every charge whose timer is due, and books what it says: how open outcomes end without traffic. A look
 * moves the timer ahead first, so that a crash in between repeats it, and a wake-up that comes meanwhile is not lost. Never
 * throws.
 */
export async function watchCharges(due: readonly TimerRow[], alarm: AlarmDesk): Promise<void> {
  const desk = deskOf(alarm);
  const waiting = [...due];
  const begun = Date.now();
  const worker = async (): Promise<void> => {
    for (let timer = waiting.shift(); timer !== undefined; timer = waiting.shift()) {
      await watchOne(desk, timer);
      if (Date.now() - begun > TURN_MS) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(due.length, LIMITS.providerCallsAtOnce) }, worker));
}

function deskOf({ sql, cache, env, transact }: AlarmDesk): StripeDesk {
  return {
    sql,
    cache,
    rails: env.RAILS,
    waitMs: WAIT_MS,
    transact: <T>(action: (work: Work) => T): T => {
      let result: { readonly value: T } | undefined;
      transact((work) => {
        result = { value: action(work) };
      });
      if (result === undefined) throw new Error("a transaction that did not run");
      return result.value;
    },
  };
}

async function watchOne(desk: StripeDesk, timer: TimerRow): Promise<void> {
  try {
    const opened = desk.transact((work) => begin(work, timer));
    if (opened === null) return;
    if (opened.charge.outcome === "charged") await lookAtRefunds(desk, opened);
    else await lookAtCharge(desk, opened);
  } catch (error) {
    log("error", "stripe_watch_failed", errorFields(error));
    postpone(desk, timer);
  }
}

/** Takes the lease. Null: there is nothing to look at; left due, the timer would bring the alarm back at once, for ever. */
function begin(work: Work, timer: TimerRow): Opened | null {
  work.clearTimer(timer.due_at, timer.kind, timer.ref);
  if (openCharge(work.sql, timer.ref) === null) return null;
  setWatch(work, timer.ref, work.now + LEASE_MS);
  return openCharge(work.sql, timer.ref);
}

function postpone(desk: StripeDesk, timer: TimerRow): void {
  desk.transact((work) => {
    work.clearTimer(timer.due_at, timer.kind, timer.ref);
    if (chargeOf(work, timer.ref) !== undefined) setWatch(work, timer.ref, work.now + POSTPONE_MS);
  });
}

async function lookAtCharge(desk: StripeDesk, opened: Opened): Promise<void> {
  const id = opened.charge.transaction_id;
  const { seen, key } = await look(desk, opened);
  const ownKey = key !== undefined && key.id === opened.own?.id;
  const next = desk.transact((work) =>
    keepingWake(work, opened.charge, () => recordCharge(work, desk.cache, id, seen, "look", ownKey)),
  );
  if (next === "cancel" && key !== undefined) await cancelCharge(desk, id, key);
  if (next === "repeat") await sendCharge(desk, id, async () => {});
}

/**
 * Through the key of the beginning; where that is gone or brings nothing, through the active one as well, which can find a
 * charge, so that it can also be canceled through it, and cannot prove that there is none.
 *
 * @returns The answer, and the key that it came through.
 */
async function look(
  desk: StripeDesk,
  opened: Opened,
): Promise<{ readonly seen: StripeSeen; readonly key: StripeKeyRow | undefined }> {
  const { charge, own } = opened;
  const active = activeStripeKey({ sql: desk.sql });
  const through = async (key: StripeKeyRow | undefined): Promise<StripeSeen> =>
    key === undefined
      ? UNCLEAR
      : ((await ask(desk, "look", charge.transaction_id, desk.rails.stripeLook(lookOrder(opened, key)))) ?? UNCLEAR);
  const seen = await through(own);
  const nothing = own === undefined || seen.kind === "refused" || seen.kind === "unclear";
  if (!nothing || active === undefined || active.id === own?.id) return { seen, key: own };
  return { seen: await through(active), key: active };
}
