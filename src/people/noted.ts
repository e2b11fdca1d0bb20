import type { MemberNote } from "./api.ts";
import type { Desk } from "./desk.ts";

/**
 * What became of a call that can change who belongs to an organization, and the note that the change leaves (null: nothing
 * has changed). It is no `Outcome`, so a function that answers it can be reached through `noting` only, which writes the
 * note: none can be forgotten.
 */
export interface Noted<T> {
  readonly outcome: T;
  readonly note: MemberNote | null;
}

export const unchanged = <T>(outcome: T): Noted<T> => ({ outcome, note: null });

/** The change first, then its note, and only then the answer: whoever is told of the change finds it in the log. */
export const noting =
  <A extends unknown[], T>(desk: Desk, work: (desk: Desk, ...rest: A) => Promise<Noted<T>>) =>
  async (...rest: A): Promise<T> => {
    const { outcome, note } = await work(desk, ...rest);
    if (note !== null) await desk.note(note);
    return outcome;
  };
