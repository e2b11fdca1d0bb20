import { describe, expect, it } from "vitest";
import { openProgress, sealProgress } from "../../../../src/dashboard/pages/audit/verify-state.ts";

const [SECRET, ORG] = ["a secret of the test suite, long enough", "org_1"];

describe("progress of a verification", () => {
  it("comes back as it was", () => {
    const sealed = sealProgress(SECRET, ORG, { after: 20_000, erased: 3 });
    expect(openProgress(SECRET, ORG, sealed)).toEqual({ after: 20_000, erased: 3 });
  });

  it("is nothing when anybody else made it, or for another organization", () => {
    const sealed = sealProgress(SECRET, ORG, { after: 20_000, erased: 3 });
    expect(openProgress(SECRET, ORG, sealed.replace("20000", "90000"))).toBeNull();
    expect(openProgress(SECRET, "org_2", sealed)).toBeNull();
    expect(openProgress("another secret of the test suite", ORG, sealed)).toBeNull();
    for (const text of ["", "1.0", "1.0.x", `${sealed}x`]) expect(openProgress(SECRET, ORG, text)).toBeNull();
  });
});
