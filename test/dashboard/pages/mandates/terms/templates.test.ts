import { describe, expect, it } from "vitest";
import { formToTerms } from "../../../../../src/dashboard/pages/mandates/terms/form-to-terms.ts";
import { TEMPLATES } from "../../../../../src/dashboard/pages/mandates/terms/templates.ts";
import { termsToForm } from "../../../../../src/dashboard/pages/mandates/terms/terms-to-form.ts";
import { parseTerms } from "../../../../../src/policy/parse-terms.ts";
import { standardTerms } from "../../../../../src/policy/standard-terms.ts";
import { counter } from "../../../../policy/fixtures.ts";

const parse = (input: unknown) => parseTerms(input, { timezone: "UTC", newId: counter() });

describe("templates", () => {
  it.each(Object.entries(TEMPLATES))("%s fills a form that can be saved once an agent is chosen", (_, { terms }) => {
    const form = termsToForm({ ...terms, currency: "USD", agent_id: "agt_1" }, "Europe/Ljubljana");
    const typed = formToTerms(form, "UTC");
    const saved = parse(typed);
    expect(saved.ok ? [] : saved.error).toEqual([]);
    // What the form says is what the template says, however both put it.
    const own = parse({ ...terms, currency: "USD", agent_id: "agt_1", timezone: "Europe/Ljubljana" });
    expect(saved).toEqual(own);
  });

  it("begin with the standard preset, as an agent without a wish gets it", () => {
    const given = { agent_id: "agt_1", name: "Standard limits", currency: "USD", timezone: "UTC" };
    expect(parse({ ...TEMPLATES.standard!.terms, ...given })).toEqual(parse(standardTerms(given)));
  });
});
