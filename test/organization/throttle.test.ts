import { describe, expect, it } from "vitest";
import { Throttle } from "../../src/organization/throttle.ts";

describe("the throttle", () => {
  it("allows N at once and not N + 1, then refills with time", () => {
    const throttle = new Throttle(1);
    for (let index = 0; index < 60; index++) expect(throttle.take("a", 60, 0)).toBe(0);
    expect(throttle.take("a", 60, 0)).toBe(1_000);
    expect(throttle.take("a", 60, 999)).toBeGreaterThan(0);
    expect(throttle.take("a", 60, 1_001)).toBe(0);
    expect(throttle.take("b", 60, 0)).toBe(0);
  });

  it("grants nothing for a clock that steps back, and survives any number of names", () => {
    const throttle = new Throttle(1);
    expect(throttle.take("a", 1, 10_000)).toBe(0);
    expect(throttle.take("a", 1, 0)).toBeGreaterThan(0);
    for (let index = 0; index < 10_000; index++) throttle.take(`name${index}`, 1, 0);
  });

  it("takes nonsense factors for 1", () => {
    for (const factor of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY]) {
      const throttle = new Throttle(factor);
      expect(throttle.take("a", 1, 0)).toBe(0);
      expect(throttle.take("a", 1, 0)).toBe(60_000);
    }
  });
});
