import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { VisitAnswer } from "../../../src/approvals/visit.ts";
import type { Env } from "../../../src/env.ts";
import { LIMITS } from "../../../src/limits.ts";
import { Organization } from "../../../src/organization/organization.ts";
import {
  approvalOf,
  decideAt,
  look,
  newEndpoint,
  readPage,
  submit,
  tokenFor,
  waiting,
} from "../../support/approval-links.ts";
import { type Scene, scene } from "../../support/approval-scene.ts";
import { api, eventTypes, newOrganization, selfCheck, send, sql, stateOf, tool } from "../../support/service.ts";

afterEach(() => vi.useRealTimers());

const statusOf = async ({ organization, approval }: Scene) => (await approvalOf(organization, approval)).status;
const DECISIONS = ["transaction.approved", "transaction.denied"];
const decisionsOf = async ({ organization }: Scene) =>
  (await eventTypes(organization)).filter((type) => DECISIONS.includes(type)).length;

describe("a one-time link", () => {
  it("shows the purchase, is decided by its form, and the agent's call completes", async () => {
    const at = await scene();
    const { organization, link, purchase, approval, endpoint } = at;
    const page = await look(link);
    expect(page.status).toBe(200);
    const shown = ["50.00", "USD", "shop.example", "Printer paper", "Agent", "above 20.00 USD", "at most 100.00 USD"];
    for (const text of shown) expect(page.html).toContain(text);
    const decided = await decideAt(link, "approve", { note: "fine" });
    expect(decided.status).toBe(200);
    expect(decided.html).toContain("You approved this purchase");
    expect(await approvalOf(organization, approval)).toMatchObject({
      status: "approved",
      decided_by: `link:${endpoint}`,
      note: "fine",
      terms: null,
    });
    expect(await tool(organization.spend, "quetra_evaluate", purchase)).toMatchObject({ outcome: "approved" });
    expect(await selfCheck(organization)).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
    const [event] = (await api(organization.read, "GET", "/audit/events?limit=100")).body.data.slice(-1);
    expect(event).toMatchObject({ type: "transaction.approved", body: { actor: { type: "link", id: endpoint } } });
  });

  it("denies: nothing is held, and the agent is told", async () => {
    const at = await scene();
    expect((await decideAt(at.link, "deny")).html).toContain("You denied this purchase");
    expect(await tool(at.organization.spend, "quetra_evaluate", at.purchase)).toMatchObject({
      outcome: "rejected",
      status: "denied",
    });
  });

  it("works once: used again it changes nothing and says so", async () => {
    const at = await scene();
    const { terms } = await look(at.link);
    await decideAt(at.link, "approve");
    const before = await stateOf(at.organization);
    for (const decision of ["approve", "deny"]) {
      const again = await submit(at.link, { decision, terms: terms! });
      expect(again.status).toBe(409);
      expect(again.html).toContain("already approved");
      expect(again.html).toContain("changed nothing");
    }
    const page = await look(at.link);
    expect(page).toMatchObject({ status: 200, terms: null });
    expect(page.html).toContain("through a one-time link");
    expect(await stateOf(at.organization)).toBe(before);
  });

  it("is decided once, however many decide at the same time, by link and by key", async () => {
    const at = await scene();
    const { terms } = await look(at.link);
    const key = at.organization.approve;
    const pages = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const decision = index % 3 === 0 ? "deny" : "approve";
        if (index % 2 === 0) return submit(at.link, { decision, terms: terms! });
        return submit(at.place, { decision, terms: terms!, key });
      }),
    );
    expect(pages.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(pages.filter(({ status }) => status === 409)).toHaveLength(49);
    expect(await decisionsOf(at)).toBe(1);
    expect(await selfCheck(at.organization)).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
  });

  it("expires with the approval, before its timer and after", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const at = await scene();
    const { terms } = await look(at.link);
    vi.setSystemTime(Date.now() + 30 * 60_000 + 1);
    const before = await stateOf(at.organization);
    const late = await submit(at.link, { decision: "approve", terms: terms! });
    expect(late.status).toBe(409);
    expect(late.html).toContain("The time to decide has run out");
    expect((await look(at.link)).html).toContain("The time to decide has run out");
    expect(await stateOf(at.organization)).toBe(before);
    await runDurableObjectAlarm(at.organization.stub);
    expect(await statusOf(at)).toBe("expired");
    expect((await submit(at.link, { decision: "approve", terms: terms! })).status).toBe(409);
    expect(await decisionsOf(at)).toBe(0);
  });

  it("says that a purchase was called off", async () => {
    const at = await scene();
    await api(at.organization.admin, "POST", `/transactions/${at.transaction}/cancel`, {});
    expect((await decideAt(at.link, "approve")).html).toContain("This purchase was called off");
  });
});

const post = (at: Scene, path: string, body: unknown = {}) => api(at.organization.admin, "POST", path, body);

describe("a purchase that the policy refuses by now", () => {
  it.each([
    ["the mandate is paused", "active mandate", (at: Scene) => post(at, `/mandates/${at.mandate}/pause`)],
    ["the mandate is revoked", "active mandate", (at: Scene) => post(at, `/mandates/${at.mandate}/revoke`)],
    ["the agent is suspended", "suspended", (at: Scene) => post(at, `/agents/${at.agent}/suspend`)],
    ["the organization is frozen", "froze", (at: Scene) => post(at, "/organization/freeze")],
  ])("is not approved when %s; the page says why and offers to deny", async (_name, words, stop) => {
    const at = await scene();
    await stop(at);
    const before = await stateOf(at.organization);
    const page = await look(at.link);
    expect(page.html).toContain("This cannot be approved as things stand now");
    expect(page.html).toContain(words);
    expect(page.html).not.toContain('value="approve"');
    const refused = await submit(at.link, { decision: "approve", terms: page.terms! });
    expect(refused.status).toBe(409);
    expect(refused.html).toContain("Nothing was decided");
    expect(await stateOf(at.organization)).toBe(before);
    expect((await submit(at.link, { decision: "deny", terms: page.terms! })).status).toBe(200);
  });

  it("is not approved when the key that asked was revoked", async () => {
    const at = await scene();
    const { data } = (await api(at.organization.admin, "GET", "/keys")).body;
    const spend = data.find(({ role }: { role: string }) => role === "spend");
    await post(at, `/keys/${spend.id}/revoke`);
    const page = await look(at.link);
    expect(page.html).toContain("The key that asked for this purchase was revoked");
    expect((await submit(at.link, { decision: "approve", terms: page.terms! })).status).toBe(409);
    expect(await statusOf(at)).toBe("pending");
  });
});

describe("what was shown is what is decided", () => {
  const edit = async (at: Scene, change: object) => {
    const path = `/mandates/${at.mandate}`;
    const { terms, version } = (await api(at.organization.admin, "GET", path)).body;
    const edited = await api(at.organization.admin, "PUT", path, { ...terms, ...change }, { "if-match": `${version}` });
    expect(edited.status).toBe(200);
  };

  it.each([
    ["the mandate's limits", (at: Scene) => edit(at, { per_transaction_limit: 60 })],
    ["the mandate's status", (at: Scene) => post(at, `/mandates/${at.mandate}/pause`)],
    [
      "the agent's name",
      (at: Scene) => api(at.organization.admin, "PATCH", `/agents/${at.agent}`, { name: "Another name" }),
    ],
  ])("after a change of %s nothing is decided, and the new state is shown", async (_name, change) => {
    const at = await scene();
    const { terms } = await look(at.link);
    await change(at);
    const before = await stateOf(at.organization);
    for (const decision of ["approve", "deny"]) {
      const page = await submit(at.link, { decision, terms: terms! });
      expect(page.status).toBe(409);
      expect(page.html).toContain("has changed since you opened this page");
      expect(page.terms).not.toBe(terms);
    }
    expect(await stateOf(at.organization)).toBe(before);
  });

  it("decides on the new state once it was shown", async () => {
    const at = await scene();
    const { terms } = await look(at.link);
    await edit(at, { per_transaction_limit: 60 });
    const shown = await submit(at.link, { decision: "approve", terms: terms! });
    expect((await submit(at.link, { decision: "approve", terms: shown.terms! })).status).toBe(200);
    expect(await statusOf(at)).toBe("approved");
  });

  it.each([
    ["of another approval", async (at: Scene) => (await look((await scene()).link)).terms ?? at.token],
    ["made up", async () => "0".repeat(64)],
  ])("a digest %s decides nothing", async (_name, digest) => {
    const at = await scene();
    const page = await submit(at.link, { decision: "approve", terms: await digest(at) });
    expect(page.status).toBe(409);
    expect(await statusOf(at)).toBe("pending");
  });

  it("REST shows the digest, takes it along, and is refused when it is another", async () => {
    const at = await scene();
    const path = `/approvals/${at.approval}`;
    const key = at.organization.approve;
    const view = (await api(key, "GET", path)).body;
    expect(view).toMatchObject({ agent_name: "Agent", mandate_id: at.mandate, mandate_version: 1 });
    expect(view.mandate_summary).toContain("at most 100.00 USD per purchase");
    expect(view.terms).toBe((await look(at.link)).terms);
    await edit(at, { per_transaction_limit: 60 });
    const refused = await api(key, "POST", `${path}/decision`, { decision: "approve", terms: view.terms });
    expect(refused).toMatchObject({ status: 409, body: { code: "terms_changed" } });
    const { terms, mandate_version } = (await api(key, "GET", path)).body;
    expect(mandate_version).toBe(2);
    const decided = await api(key, "POST", `${path}/decision`, { decision: "approve", terms });
    expect(decided).toMatchObject({ status: 200, body: { status: "approved", mandate_version: 2, terms: null } });
    for (const wrong of ["", "x".repeat(64), terms.toUpperCase(), 5]) {
      expect((await api(key, "POST", `${path}/decision`, { decision: "approve", terms: wrong })).status).toBe(400);
    }
  });
});

describe("a link that leads nowhere", () => {
  it("answers the same whether altered, foreign, unknown, switched off, disabled or deleted", async () => {
    const at = await scene();
    const reference = await look(`/approve/${"A".repeat(92)}`);
    expect(reference).toMatchObject({ status: 404, terms: null });
    expect(reference.html).toContain("This link is not valid");
    const elsewhere = await newOrganization();
    const foreign = await tokenFor(elsewhere, at.approval, await newEndpoint(elsewhere));
    const unknown = await tokenFor(at.organization, `apr_${"0".repeat(22)}`, at.endpoint);
    const noEndpoint = await tokenFor(at.organization, at.approval, `whk_${"0".repeat(22)}`);
    const altered = `${at.token.slice(0, -1)}${at.token.endsWith("A") ? "B" : "A"}`;
    const before = await stateOf(at.organization);
    const { terms } = await look(at.link);
    const gone = async (path: string) => {
      for (const page of [await look(path), await submit(path, { decision: "approve", terms: terms! })]) {
        expect([path, page.status, page.html]).toEqual([path, 404, reference.html]);
      }
    };
    for (const token of [foreign, unknown, noEndpoint, altered, "x", "x".repeat(500), `${at.token}/x`, "%00"]) {
      await gone(`/approve/${token}`);
    }
    await gone("/approve");
    expect(await stateOf(at.organization)).toBe(before);
    for (const change of [
      "UPDATE webhook_endpoints SET approval_links = 0",
      "UPDATE webhook_endpoints SET approval_links = 1, status = 'disabled', disabled_reason = 'administrator'",
      "DELETE FROM webhook_endpoints",
    ]) {
      await sql(at.organization, change);
      await gone(at.link);
    }
    expect(await statusOf(at)).toBe("pending");
  });

  it("is void once its endpoint has moved, its links were off or it was disabled in between; later ones work", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const changes: readonly (readonly [method: string, path: string, body?: object])[][] = [
      [["PATCH", "", { url: "https://elsewhere.example.com/links" }]],
      [
        ["PATCH", "", { approval_links: false }],
        ["PATCH", "", { approval_links: true }],
      ],
      [
        ["POST", "/disable"],
        ["POST", "/enable"],
      ],
    ];
    // Also where all of it happens within one millisecond.
    for (const pause of [0, 1_000]) {
      for (const steps of changes) {
        const at = await scene();
        expect((await look(at.link)).status).toBe(200);
        vi.setSystemTime(Date.now() + pause);
        for (const [method, path, body] of steps) {
          const answer = await api(at.organization.admin, method, `/webhooks/${at.endpoint}${path}`, body);
          expect(answer.status).toBeLessThan(300);
        }
        expect((await look(at.link)).status).toBe(404);
        vi.setSystemTime(Date.now() + 1);
        const later = await waiting(at.organization, at.agent);
        const token = await tokenFor(at.organization, later.approval, at.endpoint);
        expect((await look(`/approve/${token}`)).status).toBe(200);
        expect((await look(at.link)).status).toBe(404);
      }
    }
  });
});

describe("the page's manners", () => {
  it("neither GET nor HEAD nor any other method but POST decides or writes", async () => {
    const at = await scene();
    const { terms } = await look(at.link);
    const before = await stateOf(at.organization);
    const query = `?decision=approve&terms=${terms}&note=x`;
    for (const path of [at.link, at.place]) {
      for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]) {
        const { status, headers } = await send(`${path}${query}`, { method });
        expect([path, method, status]).toEqual([path, method, method === "GET" || method === "HEAD" ? 200 : 405]);
        if (status === 405) expect(headers.get("allow")).toBe("GET, HEAD, POST");
      }
    }
    expect(await stateOf(at.organization)).toBe(before);
    expect(await (await send(at.link, { method: "HEAD" })).text()).toBe("");
  });

  it("carries headers that keep it out of frames, caches, indexes and other sites' logs", async () => {
    const at = await scene();
    for (const path of [at.link, at.place, "/approve/x"]) {
      const { headers, html } = await look(path);
      expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("referrer-policy")).toBe("strict-origin");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("x-robots-tag")).toContain("noindex");
      const policy = headers.get("content-security-policy");
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; form-action 'self'; /);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(html).not.toMatch(/<script|<img|<link|\son\w+=|style=|javascript:|https?:/i);
      expect(html).not.toContain(at.token);
    }
  });

  it.each([
    ["another origin", { origin: "https://evil.example" }, 403],
    ["no origin of its own", { origin: "null" }, 403],
    ["JSON", { "content-type": "application/json" }, 415],
    ["text", { "content-type": "text/plain" }, 415],
    ["multipart", { "content-type": "multipart/form-data; boundary=x" }, 415],
  ])("refuses a form from %s", async (_name, headers: Record<string, string>, status) => {
    const at = await scene();
    const { terms } = await look(at.link);
    expect((await submit(at.link, { decision: "approve", terms: terms! }, headers)).status).toBe(status);
    expect(await statusOf(at)).toBe("pending");
  });

  it.each([
    ["no decision", { decision: undefined }],
    ["another decision", { decision: "approve " }],
    ["no digest", { terms: undefined }],
    ["a digest that is none", { terms: "0" }],
    ["an unknown field", { amount: "1" }],
    ["a note with a direction", { note: "a\u202eb" }],
    ["a note with a control character", { note: "a\u0000b" }],
  ])("refuses a form with %s", async (_name, change: Record<string, string | undefined>) => {
    const at = await scene();
    const { terms } = await look(at.link);
    const fields = Object.entries({ decision: "approve", terms: terms!, ...change });
    const given = Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Record<string, string>;
    const page = await submit(at.link, given);
    expect(page.status).toBe(400);
    expect(page.html).toContain("Nothing was decided");
    expect(await statusOf(at)).toBe("pending");
  });

  it("refuses a field that is there twice, and a note with a key or a link in it", async () => {
    const at = await scene();
    const { terms } = await look(at.link);
    const twice = await readPage(
      await send(at.link, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `decision=approve&decision=deny&terms=${terms}`,
      }),
    );
    expect(twice.status).toBe(400);
    for (const note of [at.organization.approve, `see http://quetra.test${at.link}`]) {
      const page = await submit(at.link, { decision: "approve", terms: terms!, note });
      expect(page.status).toBe(400);
      expect(page.html).not.toContain(note);
    }
    expect(await statusOf(at)).toBe("pending");
  });

  it("takes a note of as many characters as the page allows, line breaks counted once, and not one more", async () => {
    const note = `${"x\n".repeat(LIMITS.reasonChars / 2 - 1)}xx`;
    expect(note).toHaveLength(LIMITS.reasonChars);
    const at = await scene();
    const { terms } = await look(at.link);
    const sent = (text: string) => ({ decision: "approve", terms: terms!, note: text.replaceAll("\n", "\r\n") });
    expect((await submit(at.link, sent(`${note}x`))).status).toBe(400);
    expect((await submit(at.link, sent(note))).status).toBe(200);
    expect((await approvalOf(at.organization, at.approval)).note).toBe(note);
  });

  it("takes a form of approvalFormBytes, and not one byte more", async () => {
    const at = await scene();
    const { terms } = await look(at.link);
    const body = `decision=approve&terms=${terms}&note=`;
    const padded = (bytes: number) => body + "+".repeat(bytes - body.length);
    const sendForm = (bytes: number) =>
      send(at.link, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: padded(bytes),
      });
    expect((await sendForm(LIMITS.approvalFormBytes + 1)).status).toBe(413);
    expect(await statusOf(at)).toBe("pending");
    expect((await sendForm(LIMITS.approvalFormBytes)).status).toBe(200);
  });

  it("is shown approvalLinkVisitsPerMinute times a minute, and not once more", async () => {
    const at = await scene();
    const visit = {
      visitor: { by: "link", endpoint_id: at.endpoint, request_id: "req_x", country: null },
      approval_id: at.approval,
      decision: null,
    } as const;
    const states = await runInDurableObject(at.organization.stub, async (_instance, state) => {
      const real = new Organization(state, { ...env, TEST_THROTTLE_FACTOR: "1" } as unknown as Env);
      const seen: VisitAnswer[] = [];
      for (let n = 0; n <= LIMITS.approvalLinkVisitsPerMinute; n++) seen.push(await real.visit(visit));
      return seen;
    });
    expect(states.slice(0, -1).every(({ state }) => state === "open")).toBe(true);
    expect(states.at(-1)).toMatchObject({ state: "throttled", retry_after_seconds: expect.any(Number) });
  });
});
