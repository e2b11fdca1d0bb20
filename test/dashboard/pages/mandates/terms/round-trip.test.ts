import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { DashboardForm } from "../../../../../src/dashboard/form.ts";
import { formToTerms } from "../../../../../src/dashboard/pages/mandates/terms/form-to-terms.ts";
import { formEntries, readMandateForm } from "../../../../../src/dashboard/pages/mandates/terms/mandate-form.ts";
import { termsToForm } from "../../../../../src/dashboard/pages/mandates/terms/terms-to-form.ts";
import { parseTerms } from "../../../../../src/policy/parse-terms.ts";
import type { MandateTerms } from "../../../../../src/policy/terms.ts";
import { counter, terms } from "../../../../policy/fixtures.ts";
import { storedTerms } from "./arbitrary.ts";

/** What a browser makes of a field: NUL is not for HTML, and line breaks travel as two characters. */
const travelled = (value: string): string => value.replaceAll("\0", "\ufffd").replaceAll(/\r\n?|\n/g, "\r\n");

/** The form as it comes back from a browser that changed nothing. */
function throughBrowser(stored: MandateTerms): unknown {
  const sent = new URLSearchParams();
  for (const [name, value] of formEntries(termsToForm(stored, "UTC"))) sent.append(name, travelled(value));
  const received = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(sent.toString()))
    received.append(name, value.replaceAll("\r\n", "\n"));
  return formToTerms(readMandateForm(new DashboardForm(received)), "Asia/Tokyo");
}

// Many runs; the default of five seconds is for an idle machine.
vi.setConfig({ testTimeout: 300_000 });

const RUNS = Number(process.env.FC_RUNS ?? 300);

describe("terms through the form", () => {
  it("are the same terms, whatever they are", () => {
    let rules = 0;
    fc.assert(
      fc.property(storedTerms, (stored) => {
        rules += stored.rules.length;
        expect(throughBrowser(stored)).toEqual(stored);
      }),
      { numRuns: RUNS },
    );
    expect(rules).toBeGreaterThan(0);
  });

  it("keep their order of budgets and rules, and their ids", () => {
    const stored = terms({
      budgets: [
        { id: "bud_z", period: "total", limit: 3 },
        { id: "bud_a", period: "hourly", limit: 0.000001 },
      ],
      rules: [
        { id: "rul_z", type: "protocol", allow: [] },
        { id: "rul_a", type: "category", allow: [], deny: [] },
      ],
    });
    expect(throughBrowser(stored)).toEqual(stored);
  });

  const documented = [...readFileSync("docs/mandates.md", "utf8").matchAll(/```json\n([\s\S]*?)```/g)].map(
    ([, json]) => JSON.parse(json!) as Record<string, unknown>,
  );
  it("finds the documented examples", () => {
    expect(documented.length).toBeGreaterThanOrEqual(11);
  });
  it.each(documented.map((example) => [String(example.type ?? "terms"), example] as const))(
    "are the same for the documented %s",
    (_, example) => {
      const input = example.type === undefined ? example : { ...terms(), rules: [example] };
      const parsed = parseTerms(input, { timezone: "UTC", newId: counter() });
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
      expect(throughBrowser(parsed.value)).toEqual(parsed.value);
    },
  );
});
