import { describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as all of npm start is
import { beginningOf, demoHistory } from "../../scripts/start/history.mjs";
import { LIMITS } from "../../src/limits.ts";

/** The demo's month as it is told, on many days; what the ledger makes of it stands in the test beside this one. */

interface Step {
  readonly at: string;
  readonly operation: string;
  readonly body?: { readonly amount?: number };
}
const PEOPLE = { owner: "person-ana", approver: "person-marko" };
const tell = (now: number): { steps: Step[] } => demoHistory({ now, people: PEOPLE });
const NOW = Date.UTC(2026, 10, 21, 16, 25);
const MINUTE = 60_000;
/** At another time of day each time. */
const INSTANTS = Array.from({ length: 60 }, (_, n) => NOW + n * (6 * 24 * 60 + 101) * MINUTE);

describe("the demo's month", () => {
  it("is the same each time", () => {
    expect(tell(NOW)).toEqual(tell(NOW));
  });

  it.each(INSTANTS)(
    "as told at %d stands in order, between its beginning and now, and names earlier steps only",
    (now) => {
      const { steps } = tell(now);
      let before = beginningOf(now);
      for (const [place, step] of steps.entries()) {
        const at = Date.parse(step.at);
        expect(at).toBeGreaterThanOrEqual(before);
        before = at;
        for (const [, named] of JSON.stringify(step).matchAll(/"\$(\d+)\./g)) expect(Number(named)).toBeLessThan(place);
      }
      expect(before).toBeLessThan(now);
      expect(steps.length).toBeGreaterThan(300);
      expect(steps.length).toBeLessThan(LIMITS.demoHistorySteps / 2);
      expect(JSON.stringify({ steps }).length).toBeLessThan(LIMITS.demoHistoryBytes / 4);
    },
  );

  it("is priced in cents, and not in round figures alone", () => {
    const amounts = tell(NOW).steps.flatMap(({ body }) => body?.amount ?? []);
    const inCents = amounts.map((amount) => Math.round(amount * 100));
    expect(amounts).toEqual(inCents.map((cents) => cents / 100));
    expect(inCents.filter((cents) => cents % 100 !== 0).length).toBeGreaterThan(amounts.length / 2);
  });
});
