import type { Severity } from "./kinds.ts";

/** What is remembered of one kind and subject. */
export interface CooldownState {
  /** When the cooldown began, ms. */
  readonly since: number;
  /** How many were raised in it. */
  readonly raised: number;
  readonly level: number;
}

/** Default cooldowns in ms; what is critical comes back sooner. */
const DEFAULT_MS: Readonly<Record<Severity, number>> = { info: 3_600_000, warning: 3_600_000, critical: 300_000 };

/** @param minutes What the settings say; null = the default of the severity. */
export const cooldownMs = (severity: Severity, minutes: number | null): number =>
  minutes === null ? DEFAULT_MS[severity] : minutes * 60_000;

/**
 * Is a finding at this instant raised, or only counted? Half-open: exactly one cooldown after the first, the next is
 * raised again.
 *
 * @returns The state to remember when it is raised; null = only counted.
 */
export function admit(
  state: CooldownState | null,
  finding: { readonly at: number; readonly level: number },
  cooldown: number,
  burst: number,
): CooldownState | null {
  const { at, level } = finding;
  if (state === null || at >= state.since + cooldown || level > state.level) return { since: at, raised: 1, level };
  return state.raised < burst ? { ...state, raised: state.raised + 1 } : null;
}
