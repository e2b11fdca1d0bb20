import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { termsChanges } from "../../../../../src/dashboard/pages/mandates/versions/diff.ts";
import type { MandateTermsInput } from "../../../../../src/policy/terms.ts";
import { terms } from "../../../../policy/fixtures.ts";
import { storedTerms } from "../terms/arbitrary.ts";

const changes = (before: Partial<MandateTermsInput>, after: Partial<MandateTermsInput>) =>
  termsChanges(terms(before), terms(after)).map(({ kind, label, before: was, after: is }) => [kind, label, was, is]);

describe("what differs between two versions", () => {
  it("is nothing between terms and themselves, and something between any two that differ", () => {
    fc.assert(
      fc.property(storedTerms, storedTerms, (one, other) => {
        expect(termsChanges(one, one)).toEqual([]);
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(termsChanges(one, other).length === 0).toBe(same);
      }),
    );
  });

  it.each<[string, Partial<MandateTermsInput>, Partial<MandateTermsInput>, unknown[][]]>([
    [
      "a limit",
      {},
      { per_transaction_limit: 1250 },
      [["changed", "At most per purchase", "100.00 USD", "1,250.00 USD"]],
    ],
    [
      "an end",
      {},
      { valid_until: "2027-01-01T00:00:00Z" },
      [["added", "Valid until", null, "2027-01-01T00:00:00.000Z"]],
    ],
    ["profiles that go", { profiles: ["card"] }, {}, [["removed", "Payment profiles", "card", null]]],
    [
      "a budget",
      { budgets: [{ id: "bud_a", period: "daily", limit: 5 }] },
      { budgets: [{ id: "bud_a", period: "daily", limit: 7 }] },
      [["changed", "Budget", "Per day at most 5.00 USD", "Per day at most 7.00 USD"]],
    ],
    [
      "another budget in its place",
      { budgets: [{ id: "bud_a", period: "daily", limit: 5 }] },
      { budgets: [{ id: "bud_b", period: "daily", limit: 5 }] },
      [
        ["removed", "Budget", "Per day at most 5.00 USD", null],
        ["added", "Budget", null, "Per day at most 5.00 USD"],
      ],
    ],
    [
      "the order of rules",
      {
        rules: [
          { id: "rul_a", type: "protocol", allow: ["x402"] },
          { id: "rul_b", type: "geo", deny: ["US"] },
        ],
      },
      {
        rules: [
          { id: "rul_b", type: "geo", deny: ["US"] },
          { id: "rul_a", type: "protocol", allow: ["x402"] },
        ],
      },
      [["moved", "Order of the rules", "Ways to pay, Countries", "Countries, Ways to pay"]],
    ],
    [
      "how long one waits, which no sentence for agents says",
      { rules: [{ id: "rul_a", type: "approval", above: 5, timeout_minutes: 60 }] },
      { rules: [{ id: "rul_a", type: "approval", above: 5, timeout_minutes: 90 }] },
      [
        [
          "changed",
          "Ask a person",
          "a human must approve purchases above 5.00 USD; no answer within 60 minutes counts as no",
          "a human must approve purchases above 5.00 USD; no answer within 90 minutes counts as no",
        ],
      ],
    ],
  ])("tells %s", (_, before, after, expected) => {
    expect(changes(before, after)).toEqual(expected);
  });

  it("tells the last entry of a long list", () => {
    const list = (last: string) => ["a", "b", "c", "d", "e", last].map((name) => `${name}.com`);
    const rule = (last: string) => ({
      rules: [{ id: "rul_a", type: "vendor_allowlist" as const, vendors: list(last) }],
    });
    const [change] = termsChanges(terms(rule("f")), terms(rule("g")));
    expect(change?.before).not.toBe(change?.after);
  });
});
