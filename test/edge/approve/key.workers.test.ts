import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { mintKey } from "../../../src/keys/format.ts";
import { newId } from "../../../src/keys/ids.ts";
import { parseSigningSecrets } from "../../../src/keys/signing-secrets.ts";
import { approvalOf, look, submit } from "../../support/approval-links.ts";
import { type Scene, scene } from "../../support/approval-scene.ts";
import { api, newOrganization, send, stateOf, tool } from "../../support/service.ts";

/** The address that agents are told. */

/** The page without the id of its own address: the only thing in which two of them may differ. */
const apartFrom = (id: string, html: string): string => html.replaceAll(id, "apr_");

const statusOf = async ({ organization, approval }: Scene) => (await approvalOf(organization, approval)).status;

describe("the address of an approval", () => {
  it("is what the agent is told, and shows nothing: the same bytes for every approval, known or not", async () => {
    const at = await scene({}, { vendor: "secret-shop.example", reason: "Secret reason" });
    expect(at.answer.approval_url).toBe(`http://quetra.test${at.place}`);
    const page = await look(at.place);
    expect(page).toMatchObject({ status: 200, terms: null });
    for (const text of ["secret-shop", "Secret", "50.00", "Agent<", at.agent, "Test organization"]) {
      expect(page.html).not.toContain(text);
    }
    const unknown = newId("apr");
    const other = await look(`/approvals/${unknown}`);
    expect(apartFrom(unknown, other.html)).toBe(apartFrom(at.approval, page.html));
    expect((await look("/approvals/x")).status).toBe(404);
    expect((await look("/approvals")).status).toBe(404);
  });

  it("shows the purchase for an approver's key, keeps the key out of the URL, and decides", async () => {
    const at = await scene();
    const key = at.organization.approve;
    const before = await stateOf(at.organization);
    const page = await submit(at.place, { key });
    expect(page.status).toBe(200);
    for (const text of ["50.00", "shop.example", "Printer paper", 'value="approve"']) {
      expect(page.html).toContain(text);
    }
    expect(page.html).toContain(`<input type="hidden" name="key" value="${key}"`);
    expect(page.html).not.toMatch(/action=/);
    expect(page.headers.get("cache-control")).toBe("no-store");
    expect(page.headers.get("location")).toBeNull();
    expect(await stateOf(at.organization)).toBe(before);

    const decided = await submit(at.place, { key, decision: "approve", terms: page.terms!, note: "ok" });
    expect(decided.status).toBe(200);
    expect(decided.html).toContain("You approved this purchase");
    expect(decided.html).not.toContain(key);
    expect((await approvalOf(at.organization, at.approval)).decided_by).toMatch(/^key:key_/);
    expect(await tool(at.organization.spend, "quetra_evaluate", at.purchase)).toMatchObject({ outcome: "approved" });
    const later = await submit(at.place, { key });
    expect(later.html).toContain("an approver&#39;s key");
  });

  it("answers every key that is not an approver's here, and every unknown approval, with the same words", async () => {
    const at = await scene();
    const elsewhere = await newOrganization();
    const { terms } = await submit(at.place, { key: at.organization.approve });
    const reference = await submit(at.place, { key: "no key at all" });
    expect(reference).toMatchObject({ status: 404, terms: null });
    const { id, key: revoked } = (await api(at.organization.admin, "POST", "/keys", { name: "gone", role: "approve" }))
      .body;
    await api(at.organization.admin, "POST", `/keys/${id}/revoke`);
    const signing = parseSigningSecrets(env.KEY_SIGNING_SECRETS);
    if (!signing.ok) throw new Error(signing.error);
    const made = { mode: "test", region: 0, orgId: at.organization.id, keyId: newId("key") } as const;
    const neverIssued = mintKey({ ...made, signing: signing.value }).key;
    const { organization } = at;
    const before = await stateOf(organization);
    const wrong = [organization.spend, organization.read, organization.admin, elsewhere.approve, revoked, neverIssued];
    for (const key of [...wrong, `${organization.approve}x`, ""]) {
      for (const fields of [{ key }, { key, decision: "approve", terms: terms! }]) {
        const page = await submit(at.place, fields);
        expect([page.status, page.html]).toEqual([404, reference.html]);
      }
    }
    const nowhere = newId("apr");
    for (const fields of [
      { key: organization.approve },
      { key: organization.approve, decision: "approve", terms: terms! },
    ]) {
      const page = await submit(`/approvals/${nowhere}`, fields);
      expect([page.status, apartFrom(nowhere, page.html)]).toEqual([404, apartFrom(at.approval, reference.html)]);
    }
    expect((await submit(at.place, { decision: "approve", terms: terms! })).status).toBe(404);
    expect(await stateOf(organization)).toBe(before);
  });

  it("takes the key from the form only: not from a header, a query or the path", async () => {
    const at = await scene();
    const { approve } = at.organization;
    const { terms } = await submit(at.place, { key: approve });
    const fields = { decision: "approve", terms: terms! };
    const tries = [
      await submit(at.place, fields, { authorization: `Bearer ${approve}` }),
      await submit(`${at.place}?key=${approve}`, fields),
      await submit(`/${approve}${at.place}`, fields),
      await look(`${at.place}?key=${approve}`),
    ];
    for (const page of tries) expect(page.html).not.toContain("shop.example");
    expect(await statusOf(at)).toBe("pending");
  });

  it("decides on nothing that it has not shown", async () => {
    const at = await scene();
    const key = at.organization.approve;
    const { terms } = await submit(at.place, { key });
    expect((await submit(at.place, { key, decision: "approve" })).status).toBe(400);
    await api(at.organization.admin, "POST", `/mandates/${at.mandate}/pause`, {});
    const page = await submit(at.place, { key, decision: "approve", terms: terms! });
    expect(page.status).toBe(409);
    expect(page.html).toContain("has changed since you opened this page");
    expect(page.html).toContain(`name="key" value="${key}"`);
    expect(await statusOf(at)).toBe("pending");
  });

  it("is no page of another site", async () => {
    const at = await scene();
    const key = at.organization.approve;
    const { terms } = await submit(at.place, { key });
    const foreign = await submit(
      at.place,
      { key, decision: "approve", terms: terms! },
      { origin: "https://evil.example" },
    );
    expect(foreign.status).toBe(403);
    expect((await send(at.place, { method: "POST", body: new URLSearchParams({ key }) })).status).toBe(200);
    expect(await statusOf(at)).toBe("pending");
  });
});
