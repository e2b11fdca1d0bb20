import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { readLog } from "../../src/dashboard/pages/audit/log.ts";
import { verifyPage } from "../../src/dashboard/pages/audit/verify.tsx";
import { readFilters } from "../../src/dashboard/pages/transactions/filters.ts";
import { searchVendors } from "../../src/dashboard/pages/transactions/search.ts";
import type { OrganizationVisit } from "../../src/dashboard/route.ts";
import type { RouteId } from "../../src/edge/api/routes/index.ts";
import type { CallValues } from "../../src/edge/api/shape.ts";
import { LIMITS } from "../../src/limits.ts";
import { callAs, person } from "../support/person.ts";
import { api, newAgent, newOrganization, ORIGIN, sql, type TestOrganization, tool } from "../support/service.ts";
import { type Browser, newMember } from "./support.ts";

// The first page of a run loads the whole dashboard, and passwords are hashed slowly on purpose.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 });

const HOSTILE = "<script>alert(1)</script>";

let organization: TestOrganization;
let agent: string;
let browser: Browser;
let viewer: Browser;
let base: string;
let bought: string;
beforeAll(async () => {
  organization = await newOrganization();
  ({ agent } = await newAgent(organization));
  ({ browser, base } = await newMember(organization, "owner"));
  viewer = (await newMember(organization, "viewer")).browser;
  bought = await buy();
  await api(organization.admin, "POST", `/transactions/${bought}/settle`, { amount_charged: 2 });
  await follow();
});

const follow = () => runDurableObjectAlarm(organization.stub);
const buy = async (): Promise<string> =>
  (
    await tool(organization.spend, "quetra_evaluate", {
      agent_id: agent,
      vendor: "example.com",
      amount: 2,
      currency: "USD",
      reason: HOSTILE,
      idempotency_key: crypto.randomUUID(),
    })
  ).transaction_id as string;
const head = async () => (await api(organization.read, "GET", "/audit/head")).body;
const eventsOf = (subject: string) =>
  sql<{ seq: number; id: string }>(organization, "SELECT seq, id FROM events WHERE subject = ? ORDER BY seq", subject);

describe("the log as a whole", () => {
  it("says where it stands, and what is signed", async () => {
    const { text, status } = await viewer.get(`${base}/audit`);
    expect(status).toBe(200);
    const { seq, hash } = await head();
    for (const words of [`Event ${seq}`, hash, "What the chain proves", `${organization.id}/jwks.json`]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain("Change the signing key");
    expect(text).not.toContain("/audit/sign");
  });

  it("is signed when a manager asks, and the signature is listed", async () => {
    await browser.get(`${base}/audit`);
    expect((await browser.post(`${base}/audit/sign`)).location).toBe(`${base}/audit?done=audit_signed`);
    const { seq, checkpoint } = await head();
    expect(checkpoint.seq).toBe(seq);
    const { text } = await viewer.get(`${base}/audit/checkpoints`);
    expect(text).toContain(`Event ${seq}`);
    expect(text).toContain(checkpoint.jws);
  });

  it("changes its key when a manager asks, and keeps the old one published", async () => {
    await browser.get(`${base}/audit`);
    expect((await browser.post(`${base}/audit/keys/rotate`)).location).toContain("done=audit_key_rotated");
    await follow();
    const { text } = await viewer.get(`${base}/audit`);
    expect(text).toContain("Still verifies");
    expect(text).toContain("Signs");
  });

  it("lets nobody else sign, rotate or erase", async () => {
    const approver = await newMember(organization, "approver");
    const before = await head();
    for (const member of [viewer, approver.browser]) {
      await member.get(`${base}/audit`);
      for (const path of ["sign", "keys/rotate", "erase"]) {
        expect((await member.post(`${base}/audit/${path}`)).status).toBe(403);
      }
      expect((await member.get(`${base}/audit/erase`)).status).toBe(403);
    }
    expect(await head()).toEqual(before);
  });
});

describe("verification", () => {
  it("goes over the whole log", async () => {
    const { text, headers } = await viewer.get(`${base}/audit/verify`);
    expect(text).toContain("The log verifies.");
    expect(text).toContain(`${(await head()).seq} events, from the first to the newest.`);
    expect(headers.has("refresh")).toBe(false);
  });

  it("of a long log goes on by itself, step by step, and counts all of them", async () => {
    const { seq } = await head();
    const get = async (id: RouteId, values: CallValues) =>
      (await callAs(organization, person("viewer"), id, values)).body;
    const step = async (path: string) => {
      const url = new URL(path, ORIGIN);
      const visit = {
        url,
        request: new Request(url),
        base,
        now: Date.now(),
        nonce: "n",
        csrf: "c",
        scope: { env },
        signedIn: { session_id: "s", person: { id: "p", name: "Test", email: "" } },
        organization: { organization_id: organization.id, organization_name: "Test", role: "viewer", timezone: "UTC" },
        api: { get },
      };
      return verifyPage(visit as unknown as OrganizationVisit, 3);
    };
    let steps = 1;
    let page = await step(`${base}/audit/verify`);
    for (let next = page.headers.get("refresh"); next !== null; next = page.headers.get("refresh")) {
      expect(await page.text()).toMatch(new RegExp(`Event ${3 * steps} of ${seq} so far.*<progress`, "s"));
      expect(next).toMatch(/^0; url=\/dashboard\//);
      page = await step(next.replace("0; url=", ""));
      steps += 1;
    }
    expect(steps).toBe(Math.ceil(seq / 3));
    expect(await page.text()).toContain(`${seq} events, from the first to the newest.`);
  });

  it("believes nobody who says that a part was verified", async () => {
    const { text } = await viewer.get(`${base}/audit/verify?at=999999.0.${"A".repeat(43)}`);
    expect(text).toContain(`${(await head()).seq} events, from the first to the newest.`);
  });

  it("says where a changed event stands", async () => {
    const here = await newOrganization();
    const member = await newMember(here, "viewer");
    await sql(here, "UPDATE events SET body = replace(body, 'schema', 'shcema') WHERE seq = 2");
    const { text, status } = await member.browser.get(`${member.base}/audit/verify`);
    expect(status).toBe(200);
    expect(text).toContain("Something is wrong.");
    expect(text).toContain("audit/event?seq=2");
    expect(text).toContain("was changed after it was written");
  });
});

describe("the export", () => {
  it("is the operation's own file, for a viewer too", async () => {
    const { text, headers } = await viewer.get(`${base}/audit/export.jsonl?after_seq=0`);
    expect(headers.get("content-disposition")).toMatch(/^attachment; filename="quetra-log-.*\.jsonl"$/);
    const lines = text.trim().split("\n");
    expect(JSON.parse(lines[0]!)).toMatchObject({ format: "quetra-audit-export", organization_id: organization.id });
    expect(JSON.parse(lines.at(-1)!).export).toMatch(/^ey/);
    expect(lines).toHaveLength((await head()).seq + 2);
  });

  it("refuses what is no place in the log", async () => {
    expect((await viewer.get(`${base}/audit/export.jsonl?after_seq=soon`)).status).toBe(400);
  });
});

describe("events", () => {
  it("are listed with who did it, and narrow by type and id", async () => {
    const all = await browser.get(`${base}/audit/events`);
    expect(all.text).toContain("transaction.completed");
    expect(all.text).toContain("The operator of this service");
    const some = await browser.get(`${base}/audit/events?type=transaction.&subject=${bought}`);
    expect(some.text).toContain("transaction.approved");
    expect(some.text).not.toContain("agent.created");
    expect((await browser.get(`${base}/audit/events?type=transaction.denied`)).text).toContain("Nothing fits");
    // What is no type is not looked for.
    expect((await browser.get(`${base}/audit/events?type=${encodeURIComponent("' OR 1=1")}`)).status).toBe(200);
  });

  it("show everything that they say, and run none of it", async () => {
    const [event] = await eventsOf(bought);
    const { text } = await viewer.get(`${base}/audit/event?seq=${event!.seq}`);
    expect(text).toContain(event!.id);
    expect(text).not.toContain(HOSTILE);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(text).toContain(`${base}/transactions/${bought}`);
    expect(text).not.toContain("Erase this");
  });

  it("are nothing behind the newest, and at what is no number", async () => {
    const { seq } = await head();
    for (const text of [String(seq + 1), "0", "-1", "1.5", "x"]) {
      expect((await viewer.get(`${base}/audit/event?seq=${text}`)).status).toBe(404);
    }
    expect((await viewer.get(`${base}/audit/event`)).location).toBe(`${base}/audit/events`);
  });
});

describe("erasing", () => {
  it("says at the fields what is missing, and what must stay", async () => {
    const path = `${base}/audit/erase`;
    const [made] = await eventsOf(bought);
    const page = await browser.get(`${path}?subject=${bought}`);
    expect(page.text).toContain(`value="${made!.seq}:${made!.id}"`);
    const none = await browser.post(path, { subject: bought, reason: "" });
    expect(none.status).toBe(400);
    expect(none.text.match(/<p class="error"/g)).toHaveLength(2);
    const open = await buy();
    await follow();
    const [event] = await eventsOf(open);
    const fields = { subject: open, events: `${event!.seq}:${event!.id}`, reason: "secret" };
    const refused = await browser.post(path, fields);
    expect(refused.status).toBe(409);
    expect(refused.text).toContain("The transaction has not ended.");
    expect(refused.text).toContain(`It is about event ${event!.seq}.`);
    expect(refused.text).toContain('value="secret" checked');
    expect((await browser.get(`${path}?subject=txn_0000000000000000000000`)).text).toContain("nothing to erase");
  });

  it("erases what was ticked, and the chain still verifies", async () => {
    const path = `${base}/audit/erase`;
    const events = await eventsOf(bought);
    await browser.get(`${path}?subject=${bought}`);
    await follow();
    const ticked = events.map(({ seq, id }) => `${seq}:${id}`);
    const done = await browser.post(path, { subject: bought, events: ticked, reason: "personal_data" });
    expect(done.location).toBe(`${path}?done=audit_erased`);
    await follow();
    const { text } = await browser.get(done.location!);
    expect(text).toContain("It is erased for good.");
    expect(text).toContain("Personal data");
    const detail = await browser.get(`${base}/transactions/${bought}`);
    expect(detail.text).not.toContain("&lt;script&gt;");
    expect(detail.text).toContain("What it said was erased.");
    const event = await browser.get(`${base}/audit/event?seq=${events[0]!.seq}`);
    expect(event.text).toContain("erased for good");
    expect((await browser.get(`${base}/audit/verify`)).text).toContain("events whose content is gone");
    expect((await browser.get(`${path}?subject=${bought}`)).text).toContain("nothing to erase");
  });
});

describe("limits", () => {
  const place = (id: string) =>
    ({ scope: { env }, organization: { organization_id: id, timezone: "UTC" } }) as unknown as OrganizationVisit;
  const newPlace = async () => {
    const id = `org_${crypto.randomUUID()}`;
    await env.DB.prepare(
      "INSERT INTO organizations (id, name, mode, region, timezone, created_at) VALUES (?, 'x', 'test', 'default', 'UTC', 0)",
    )
      .bind(id)
      .run();
    return id;
  };
  const COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";

  it("dashboardEvents: as many on a page, and one more leads on", async () => {
    const id = await newPlace();
    const addTo = async (count: number) => {
      await env.DB.batch([
        env.DB.prepare(
          `${COUNT} INSERT OR IGNORE INTO events (organization_id, seq, id, type, at, digest, hash)
           SELECT ?1, i, 'evt_' || i, 'agent.created', i, '', '' FROM n`,
        ).bind(id, count),
        env.DB.prepare("UPDATE organizations SET as_of_seq = ?2 WHERE id = ?1").bind(id, count),
      ]);
      const page = await readLog(place(id), { type: "agent.", subject: "", before: null });
      return [page.events.length, page.next];
    };
    expect(await addTo(LIMITS.dashboardEvents)).toEqual([LIMITS.dashboardEvents, null]);
    expect(await addTo(LIMITS.dashboardEvents + 1)).toEqual([LIMITS.dashboardEvents, 2]);
  });

  it("a rare type is looked for in stretches that lead on to each other", async () => {
    const id = await newPlace();
    await env.DB.batch([
      env.DB.prepare(
        `${COUNT} INSERT INTO events (organization_id, seq, id, type, at, digest, hash)
         SELECT ?1, i, 'evt_' || i, CASE i WHEN 3 THEN 'audit.erased' ELSE 'agent.created' END, i, '', '' FROM n`,
      ).bind(id, 25),
      env.DB.prepare("UPDATE organizations SET as_of_seq = 25 WHERE id = ?1").bind(id),
    ]);
    const read = (before: number | null) => readLog(place(id), { type: "audit.erased", subject: "", before }, 10);
    expect(await read(null)).toEqual({ events: [], next: 16 });
    expect(await read(16)).toEqual({ events: [], next: 6 });
    expect(await read(6)).toMatchObject({ events: [{ seq: 3 }], next: null });
  });

  it("dashboardSearchRows: the newest so many are searched, and none before", async () => {
    const id = await newPlace();
    const find = async (count: number) => {
      await env.DB.prepare(
        `${COUNT} INSERT OR IGNORE INTO transactions (organization_id, id, event_seq, agent_id, status, vendor, amount,
           currency, protocol, held, settled, refunded, overdraft, presumed, late, simulated, repeat_count, created_at, updated_at)
         SELECT ?1, 'txn_' || i, i, 'agt_1', 'completed', CASE i WHEN 1 THEN 'rare.example' ELSE 'x' END, 12500000,
           'USD', 'external', 0, 0, 0, 0, 0, 0, 0, 1, i, i FROM n`,
      )
        .bind(id, count)
        .run();
      const filters = readFilters(new URL("https://quetra.test/?q=rare"));
      return (await searchVendors(place(id), filters, null)).lines.map(({ amount }) => amount);
    };
    expect(await find(LIMITS.dashboardSearchRows)).toEqual([12.5]);
    expect(await find(LIMITS.dashboardSearchRows + 1)).toEqual([]);
  });
});
