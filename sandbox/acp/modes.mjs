/**
 * How the shop can be made to behave, per session: by the control API for the next one, or by an item in the cart.
 *
 * A fault happens to the exchange (`before` or `after` what was asked is done), so many `times`; a turn happens to the
 * session when it is to be paid (or, with `on: "create"`, from the start); a lie is what no honest shop does, in the answers
 * of some `steps` or of all.
 */
const FAULTS = ["silent", "reset", "500", "cut", "slow", "garbage"].flatMap((fault) => [
  `${fault}_before`,
  `${fault}_after`,
]);
const TURNS = [
  "declined",
  "out_of_stock",
  "3ds",
  "escalate",
  "pending_approval",
  "intervention_required",
  "async",
  "drift",
  "canceled",
  "expired",
];
/** `says_paid` takes nothing and sells; `says_declined` takes the money and denies it; `takes_twice` tries to. */
const LIES = ["says_paid", "says_declined", "takes_twice", "hostile"];
const SETTINGS = ["currency"];
export const MODES = new Set([...FAULTS, "429_before", "redirect_before", ...TURNS, ...LIES, ...SETTINGS]);

const STEPS = new Set(["create", "update", "read", "complete", "cancel"]);

/** A mode as the control API takes it; a text that says what is wrong otherwise. */
export function modeOf(wanted) {
  const { mode, on = "complete", times = 1 } = wanted ?? {};
  if (!MODES.has(mode)) return `There is no such mode. Modes: ${[...MODES].join(", ")}.`;
  if (!STEPS.has(on)) return `"on" is one of ${[...STEPS].join(", ")}.`;
  if (!Number.isSafeInteger(times) || times < 1) return '"times" is a positive integer.';
  if (mode === "drift" && wanted.by !== undefined && !Number.isSafeInteger(wanted.by)) return '"by" is in minor units.';
  const steps = wanted.steps ?? [...STEPS];
  if (!Array.isArray(steps) || !steps.every((step) => STEPS.has(step)))
    return `"steps" are of ${[...STEPS].join(", ")}.`;
  return { ...wanted, mode, on, times, steps };
}

/** The fault that is to happen now, if any; each happens so many times. */
export function takeFault(modes, on, moment) {
  const fault = modes.find((each) => each.on === on && each.times > 0 && each.mode.endsWith(`_${moment}`));
  if (fault === undefined) return null;
  fault.times -= 1;
  return { kind: fault.mode.slice(0, -moment.length - 1), ms: fault.ms ?? 500, to: fault.to };
}

/** The turn of this session at this step, taken once. */
export function takeTurn(session, on) {
  const turn = session.modes.find((each) => each.on === on && each.times > 0 && TURNS.includes(each.mode));
  if (turn === undefined) return null;
  turn.times -= 1;
  return turn;
}

export const modeIn = (session, mode) => session.modes.find((each) => each.mode === mode) ?? null;
