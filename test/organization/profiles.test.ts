import { describe, expect, it } from "vitest";
import type { MandateInForce } from "../../src/organization/judge.ts";
import { chooseProfile, type ProfileRow } from "../../src/organization/profiles.ts";
import type { Work } from "../../src/organization/work.ts";

/** Which profile pays, for a mandate's list and a table of profiles. */

const row = (name: string, kind: "stripe" | "acp"): ProfileRow => ({
  seq: 1,
  id: `prf_${name}`,
  name,
  kind,
  version: 1,
  config: JSON.stringify({ vendor: name }),
  created_at: 0,
  updated_at: 0,
});
const TABLE = [row("card", "stripe"), row("second", "stripe"), row("shops", "acp"), row("unlisted", "stripe")];

const work = {
  sql: {
    exec: (_query: string, name: string) => ({ toArray: () => TABLE.filter((one) => one.name === name) }),
  },
} as unknown as Work;
const mandate = (profiles?: string[]) => ({ compiled: { terms: { profiles } } }) as unknown as MandateInForce;

const chosen = (profiles: string[] | undefined, name: string | null, kind: "stripe" | "acp" = "stripe") => {
  const result = chooseProfile(work, mandate(profiles), kind, name);
  return result.ok ? result.value.name : result.error.code;
};

describe("the profile that pays", () => {
  it("is the first of its kind in the mandate's list, or the one that is named", () => {
    expect(chosen(["shops", "card", "second"], null)).toBe("card");
    expect(chosen(["shops", "card", "second"], null, "acp")).toBe("shops");
    expect(chosen(["shops", "card", "second"], "second")).toBe("second");
  });

  it("is none that the mandate does not list, or of another kind, in the same words", () => {
    const words = (name: string) => chooseProfile(work, mandate(["card", "shops", "gone"]), "stripe", name);
    expect(chosen(["card"], "unlisted")).toBe("profile_not_allowed");
    for (const name of ["shops", "gone", "nobody"]) expect(words(name)).toEqual(words("unlisted"));
  });

  it("is none without a list, or without a mandate", () => {
    expect([chosen(undefined, null), chosen(["shops"], null)]).toEqual(["no_profile", "no_profile"]);
    expect(chooseProfile(work, null, "stripe", "card")).toMatchObject({ error: { code: "profile_not_allowed" } });
  });

  it("is never the next one because the default is gone, and what is named still pays", () => {
    expect(chosen(["gone", "card"], null)).toBe("no_profile");
    expect(chosen(["gone", "card"], "card")).toBe("card");
    // What is gone behind the default was not the default.
    expect(chosen(["card", "gone"], null)).toBe("card");
    const refused = chooseProfile(work, mandate(["gone", "card"]), "stripe", null);
    expect(JSON.stringify(refused)).not.toMatch(/gone|card|second/);
  });
});
