import { describe, expect, it } from "vitest";
import { admit, type CooldownState, cooldownMs } from "../../src/alerts/cooldown.ts";

const HOUR = 3_600_000;
const state: CooldownState = { since: 1_000, raised: 1, level: 2 };

describe("a cooldown", () => {
  it("lets the first through, counts the others, and lets the next through exactly when it is over", () => {
    expect(admit(null, { at: 5, level: 0 }, HOUR, 1)).toEqual({ since: 5, raised: 1, level: 0 });
    expect(admit(state, { at: 1_000 + HOUR - 1, level: 0 }, HOUR, 1)).toBeNull();
    expect(admit(state, { at: 1_000 + HOUR, level: 0 }, HOUR, 1)).toEqual({ since: 1_000 + HOUR, raised: 1, level: 0 });
  });

  it("gives way to what is worse, not to what is as bad", () => {
    expect(admit(state, { at: 1_001, level: 2 }, HOUR, 1)).toBeNull();
    expect(admit(state, { at: 1_001, level: 3 }, HOUR, 1)).toEqual({ since: 1_001, raised: 1, level: 3 });
  });

  it("lets as many through as the burst allows, without starting anew", () => {
    const second = admit(state, { at: 1_001, level: 0 }, HOUR, 2);
    expect(second).toEqual({ since: 1_000, raised: 2, level: 2 });
    expect(admit(second, { at: 1_002, level: 0 }, HOUR, 2)).toBeNull();
  });

  it("of zero counts nothing", () => {
    expect(admit(state, { at: 1_000, level: 0 }, 0, 1)).not.toBeNull();
  });

  it("is an hour, five minutes for what is critical, or what the settings say", () => {
    expect(cooldownMs("info", null)).toBe(HOUR);
    expect(cooldownMs("warning", null)).toBe(HOUR);
    expect(cooldownMs("critical", null)).toBe(HOUR / 12);
    expect(cooldownMs("critical", 7)).toBe(420_000);
    expect(cooldownMs("info", 0)).toBe(0);
  });
});
