import { describe, expect, it } from "vitest";
import type { ApprovalVisit, VisitAnswer, VisitDecision } from "../../../src/approvals/visit.ts";
import { newId } from "../../../src/keys/ids.ts";
import { approvalOf, look } from "../../support/approval-links.ts";
import { type Scene, scene } from "../../support/approval-scene.ts";
import { PERSON_ROLES, person } from "../../support/person.ts";
import { api, sql, stateOf, tool } from "../../support/service.ts";

/** A member at the page of an approval: the same sheet and the same digest as by link or key. */

type Open = Extract<VisitAnswer, { state: "open" }>;
type Role = (typeof PERSON_ROLES)[number];

const visit = (at: Scene, role: Role, decision: VisitDecision | null = null, approval_id = at.approval) => {
  const asked: ApprovalVisit = { visitor: { by: "person", caller: person(role) }, approval_id, decision };
  return at.organization.stub.visit(asked) as Promise<VisitAnswer>;
};
const opened = async (at: Scene, role: Role): Promise<Open> => {
  const answer = await visit(at, role);
  if (answer.state !== "open") throw new Error(answer.state);
  return answer;
};
const decision = (verdict: "approve" | "deny", terms: string, note: string | null = null) => ({ verdict, terms, note });

describe("a member at the page of an approval", () => {
  it.each(PERSON_ROLES)("sees the sheet as %s, and looking writes nothing", async (role) => {
    const at = await scene();
    const before = await stateOf(at.organization);
    const { sheet, refusals, stopped } = await opened(at, role);
    expect(sheet).toMatchObject({ amount: "50.00", vendor: "shop.example", reason: "Printer paper" });
    expect({ refusals, stopped }).toEqual({ refusals: [], stopped: null });
    const shown = await approvalOf(at.organization, at.approval);
    expect(sheet.terms).toBe(shown.terms);
    expect(await stateOf(at.organization)).toBe(before);
  });

  it.each(["owner", "admin", "approver"] as const)("decides as %s, once, and the agent may go on", async (role) => {
    const at = await scene();
    const { sheet } = await opened(at, role);
    const decided = await visit(at, role, decision("approve", sheet.terms, "fine"));
    expect(decided).toMatchObject({ state: "closed", status: "approved", by: "person", now: true });
    expect(await approvalOf(at.organization, at.approval)).toMatchObject({
      decided_by: `person:person_${role}`,
      note: "fine",
    });
    const again = await visit(at, role, decision("deny", sheet.terms));
    expect(again).toMatchObject({ state: "closed", status: "approved", now: false });
    expect(await tool(at.organization.spend, "quetra_evaluate", at.purchase)).toMatchObject({ outcome: "approved" });
    // Whoever comes later by link learns that a person decided, and not who.
    const { html } = await look(at.link);
    expect(html).toContain("by a person who was signed in");
    expect(html).not.toContain(`person_${role}`);
  });

  it("as a viewer decides nothing, and is told so beside the sheet", async () => {
    const at = await scene();
    const { sheet } = await opened(at, "viewer");
    const before = await stateOf(at.organization);
    for (const verdict of ["approve", "deny"] as const) {
      const answer = await visit(at, "viewer", decision(verdict, sheet.terms));
      expect(answer).toMatchObject({ state: "open", stopped: { code: "wrong_role" }, sheet: { terms: sheet.terms } });
    }
    expect(await stateOf(at.organization)).toBe(before);
  });

  it("decides on nothing but what was shown", async () => {
    const at = await scene();
    const { sheet } = await opened(at, "owner");
    await api(at.organization.admin, "POST", `/mandates/${at.mandate}/pause`, {});
    const answer = await visit(at, "owner", decision("approve", sheet.terms));
    expect(answer).toMatchObject({ state: "open", stopped: { code: "terms_changed" } });
    const [row] = await sql<{ status: string }>(at.organization, "SELECT status FROM approvals");
    expect(row).toEqual({ status: "pending" });
  });

  it("is told nothing of an approval that is not there, or is another organization's", async () => {
    const [at, elsewhere] = [await scene(), await scene()];
    for (const id of [newId("apr"), elsewhere.approval, "", "apr_"]) {
      for (const asked of [null, decision("approve", "0".repeat(64))]) {
        expect(await visit(at, "owner", asked, id)).toEqual({ state: "refused" });
      }
    }
    expect((await approvalOf(elsewhere.organization, elsewhere.approval)).status).toBe("pending");
  });
});
