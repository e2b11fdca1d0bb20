import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { answered, HOOK, newHook, Post } from "../../support/webhooks.ts";
import { newMember, type Page } from "../support.ts";

type Member = Awaited<ReturnType<typeof newMember>>;
const NEW = { url: HOOK, description: "Bookkeeping", scope: "all" };
const SECRET = /whsec_[0-9A-Za-z+/=]{40,}/;

let organization: TestOrganization;
let owner: Member;
let viewer: Member;
beforeAll(async () => {
  organization = await newOrganization();
  owner = await newMember(organization, "owner");
  viewer = await newMember(organization, "viewer");
}, 60_000);

/** Another organization with a manager: webhooks are few, and each follows everything that happens. */
async function fresh(): Promise<{ there: TestOrganization; someone: Member }> {
  const there = await newOrganization();
  return { there, someone: await newMember(there, "admin") };
}

const hooksOf = async ({ admin }: TestOrganization) => (await api(admin, "GET", "/webhooks")).body.data;
const hook = async ({ admin }: TestOrganization, id: string) => (await api(admin, "GET", `/webhooks/${id}`)).body;
const errorAt = (text: string, field: string) =>
  new RegExp(`<p class="error"(?: id="${field}-error")?>([^<]*)</p>`).exec(text)?.[1];
const deliveryIn = ({ location }: Page) => /deliveries\/([0-9A-Za-z_]+)/.exec(location ?? "")?.[1] ?? "";

describe("adding a webhook", () => {
  it("shows its secret this once, with code that verifies, and on no later page", async () => {
    const { there, someone } = await fresh();
    const empty = await someone.browser.get(`${someone.base}/webhooks`);
    expect(empty.text).toContain("No webhooks yet");
    const page = await someone.browser.post(`${someone.base}/webhooks/new`, NEW);
    expect(page.status).toBe(200);
    const secret = SECRET.exec(page.text)?.[0] ?? "";
    expect(secret.length).toBeGreaterThan(40);
    expect(page.text).toContain("standardwebhooks");
    const [made] = await hooksOf(there);
    expect(made).toMatchObject({ url: HOOK, description: "Bookkeeping", events: ["*"], approval_links: false });
    for (const path of ["", `/${made.id}`, `/${made.id}/edit`]) {
      const later = await someone.browser.get(`${someone.base}/webhooks${path}`);
      expect(later.status).toBe(200);
      expect(later.text).not.toContain(secret.slice(6, 30));
    }
  });

  it("takes groups, single types and approval links", async () => {
    const { there, someone } = await fresh();
    await someone.browser.get(`${someone.base}/webhooks/new`);
    await someone.browser.post(`${someone.base}/webhooks/new`, {
      ...NEW,
      scope: "some",
      events: ["transaction.*", "transaction.approved", "key.created"],
      approval_links: "on",
    });
    expect((await hooksOf(there))[0]).toMatchObject({
      events: ["transaction.*", "key.created"],
      approval_links: true,
    });
  });

  it.each([
    ["url", { url: "" }, /^Fill this in\.$/],
    ["url", { url: "https://10.0.0.1/in" }, /./],
    ["url", { url: `https://example.com/${"x".repeat(LIMITS.webhookUrlChars)}` }, /^At most 2048 characters\.$/],
    ["description", { description: "x".repeat(LIMITS.descriptionChars + 1) }, /^At most 500 characters\.$/],
    ["events", { scope: "some" }, /^Choose at least one\.$/],
    ["events", { scope: "some", events: ["nothing.such"] }, /^No event has this type\./],
  ])("says what is wrong at %s, keeps what was typed and makes none", async (field, wrong, words) => {
    const before = (await hooksOf(organization)).length;
    const page = await owner.browser.post(`${owner.base}/webhooks/new`, { ...NEW, description: "Kept", ...wrong });
    expect(page.status).toBe(400);
    expect(errorAt(page.text, field)).toMatch(words);
    if (field !== "description") expect(page.text).toContain('value="Kept"');
    expect(page.text).not.toMatch(SECRET);
    expect((await hooksOf(organization)).length).toBe(before);
  });
});

describe("one webhook", () => {
  it("shows what others wrote as text, and a viewer nothing to change", async () => {
    const { id } = await newHook(organization, { description: "<img src=x onerror=alert(1)>" });
    for (const path of ["", `/${id}`]) {
      const page = await viewer.browser.get(`${viewer.base}/webhooks${path}`);
      expect(page.text).toContain("&lt;img src=x onerror=alert(1)&gt;");
      expect(page.text).not.toContain("<img");
      expect(page.text).not.toMatch(/\/(new|edit|test|rotate|delete|disable|replay)"/);
    }
  });

  it("is edited without losing filters that have no box", async () => {
    const events = ["mandate.budget.*", "key.created"];
    const { id } = await newHook(organization, { events });
    const form = await owner.browser.get(`${owner.base}/webhooks/${id}/edit`);
    const ticked = [...form.text.matchAll(/name="events" value="([^"]*)" checked/g)].map(([, value]) => value!);
    expect([...ticked].sort()).toEqual([...events].sort());
    const saved = await owner.browser.post(`${owner.base}/webhooks/${id}/edit`, {
      url: HOOK,
      description: "Renamed",
      scope: "some",
      events: ticked,
    });
    expect(saved.location).toBe(`${owner.base}/webhooks/${id}?done=webhook_saved`);
    const after = await hook(organization, id);
    expect(after.description).toBe("Renamed");
    expect([...after.events].sort()).toEqual([...events].sort());
    const wrong = await owner.browser.post(`${owner.base}/webhooks/${id}/edit`, { ...NEW, url: "ftp://x" });
    expect([wrong.status, errorAt(wrong.text, "url")]).toEqual([400, expect.any(String)]);
  });

  it("gets a new secret, shown once; within the overlap a further one only where that is wanted", async () => {
    const { id, secret } = await newHook(organization);
    const rotate = (fields: Record<string, string>) =>
      owner.browser.post(`${owner.base}/webhooks/${id}/rotate`, { overlap_hours: "24", ...fields });
    const first = await rotate({});
    const second = SECRET.exec(first.text)?.[0] ?? "";
    expect(second).not.toBe(secret);
    expect(first.text).toContain("The secret before signs as well until");
    const refused = await rotate({});
    expect([refused.status, SECRET.test(refused.text)]).toEqual([409, false]);
    expect(refused.text).toContain('name="force"');
    const forced = await rotate({ force: "on" });
    expect(SECRET.exec(forced.text)?.[0]).not.toBe(second);
    expect((await rotate({ overlap_hours: "25", force: "on" })).status).toBe(400);
  });

  it("is disabled, enabled and deleted", async () => {
    const { id } = await newHook(organization);
    const act = (action: string) => owner.browser.post(`${owner.base}/webhooks/${id}/${action}`);
    expect((await act("disable")).location).toContain("done=webhook_disabled");
    const off = await owner.browser.get(`${owner.base}/webhooks/${id}`);
    expect(off.text).toContain("Nothing is sent to it.");
    expect(off.text).not.toContain(`/webhooks/${id}/test"`);
    const test = await act("test");
    expect([test.status, test.text.includes("This webhook is disabled. Enable it first.")]).toEqual([409, true]);
    expect((await act("enable")).location).toContain("done=webhook_enabled");
    expect((await hook(organization, id)).status).toBe("enabled");
    expect((await act("delete")).location).toBe(`${owner.base}/webhooks?done=webhook_deleted`);
    expect((await owner.browser.get(`${owner.base}/webhooks/${id}`)).status).toBe(404);
  });

  it("is not found when it belongs to others", async () => {
    const { there } = await fresh();
    const { id } = await newHook(there);
    for (const path of ["", "/edit"]) {
      expect((await owner.browser.get(`${owner.base}/webhooks/${id}${path}`)).status).toBe(404);
    }
    await owner.browser.get(`${owner.base}/webhooks`);
    for (const action of ["edit", "test", "rotate", "enable", "disable", "delete", "replay"]) {
      const fields = { ...NEW, overlap_hours: "1", since: "2026-01-01T00:00" };
      const page = await owner.browser.post(`${owner.base}/webhooks/${id}/${action}`, fields);
      expect([action, page.status]).toEqual([action, 404]);
    }
    expect(await hook(there, id)).toMatchObject({ status: "enabled", description: "" });
  });
});

describe("deliveries", () => {
  it("show a test with its result, the receiver's words as its own, and the body", async () => {
    const { there, someone } = await fresh();
    const { id } = await newHook(there);
    const post = await new Post(there).attach();
    post.receive = () => answered(500, { excerpt: "<script>alert(1)</script> \u202esorry", ms: 42 });
    const sent = await someone.browser.post(`${someone.base}/webhooks/${id}/test`);
    expect(sent.status).toBe(303);
    const waiting = await someone.browser.get(sent.location ?? "");
    expect(waiting.text).toContain("On its way.");
    expect(waiting.text).toContain("data-follow");
    await post.turn();
    await post.deliver();
    const ended = await someone.browser.get(sent.location ?? "");
    expect(ended.text).toContain("Your server did not take it.");
    expect(ended.text).toContain("42 ms");
    expect(ended.text).toContain("&lt;script&gt;alert(1)&lt;/script&gt; sorry");
    expect(ended.text).not.toContain("<script>alert");
    expect(ended.text).toContain("This is a test. Nothing has happened.");
    expect(ended.text).not.toContain("data-follow");
    const list = await someone.browser.get(`${someone.base}/webhooks/${id}?status=failed`);
    expect(list.text).toContain(`/deliveries/${deliveryIn(sent)}`);
    const others = await someone.browser.get(`${someone.base}/webhooks/${id}?status=delivered`);
    expect(others.text).not.toContain(deliveryIn(sent));
  });

  it("are sent once more, one by one", async () => {
    const { there, someone } = await fresh();
    const { id } = await newHook(there);
    const post = await new Post(there).attach();
    const sent = await someone.browser.post(`${someone.base}/webhooks/${id}/test`);
    const path = sent.location ?? "";
    const pending = await someone.browser.post(`${path}/replay`);
    expect([pending.status, pending.text.includes("There is nothing to replay yet.")]).toEqual([409, true]);
    await post.turn();
    await post.deliver();
    const again = await someone.browser.post(`${path}/replay`);
    expect(again.location).toContain("done=delivery_replayed");
    expect(deliveryIn(again)).not.toBe(deliveryIn(sent));
  });

  it("are not found when they belong to others", async () => {
    const { there } = await fresh();
    const { id } = await newHook(there);
    const { body } = await api(there.admin, "POST", `/webhooks/${id}/test`);
    const own = await newHook(organization);
    for (const webhook of [id, own.id]) {
      const path = `${owner.base}/webhooks/${webhook}/deliveries/${body.id}`;
      expect((await owner.browser.get(path)).status).toBe(404);
      expect((await owner.browser.post(`${path}/replay`)).status).toBe(404);
    }
  });
});

describe("sending a time again", () => {
  it("goes on step by step until nothing is left, and counts", async () => {
    const { there, someone } = await fresh();
    const { id } = await newHook(there, { events: ["key.created"] });
    await (await new Post(there).attach()).settle();
    await api(there.admin, "POST", "/keys", { name: "One", role: "read" });
    // A log that is longer than one step, behind the follower.
    await sql(
      there,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO events (seq, id, type, at, subject, salt, body, digest, hash)
       SELECT e.seq + i, 'evt_copy' || i, e.type, e.at, e.subject, e.salt, e.body, e.digest, e.hash FROM n, events e
       WHERE e.seq = (SELECT MAX(seq) FROM events)`,
      LIMITS.webhookReplayEvents,
    );
    await sql(there, "UPDATE cursors SET seq = (SELECT MAX(seq) FROM events) WHERE name = 'webhooks'");
    const path = `${someone.base}/webhooks/${id}/replay`;
    const first = await someone.browser.post(path, { since: "2020-01-01T00:00", until: "" });
    expect(first.text).toMatch(/[\d,]+ messages so far/);
    expect(first.text).toContain("data-goes-on");
    const hidden = [...first.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)];
    const fields = Object.fromEntries(hidden.map(([, name, value]) => [name!, value!]).filter(([n]) => n !== "csrf"));
    expect(fields).toMatchObject({ since: "2020-01-01T00:00", until: "" });
    const last = await someone.browser.post(path, fields);
    const made = await sql(there, "SELECT 1 FROM webhook_deliveries WHERE kind = 'replay'");
    expect(made.length).toBeGreaterThan(LIMITS.webhookReplayEvents);
    expect(last.text).toContain(`${made.length.toLocaleString("en-US")} messages are on the way.`);
    const again = await someone.browser.post(path, { since: "2020-01-01T00:00", until: "", only_failed: "on" });
    expect(again.text).toContain("There was nothing to send");
  });

  it("says what is wrong with a time at its field, and keeps what was typed", async () => {
    const { id } = await newHook(organization);
    for (const [field, wrong] of [
      ["since", { since: "yesterday" }],
      ["until", { since: "2026-01-01T00:00", until: "later" }],
    ] as const) {
      const page = await owner.browser.post(`${owner.base}/webhooks/${id}/replay`, wrong);
      expect(page.status).toBe(400);
      expect(errorAt(page.text, field)).toBe("Must be a date or an instant.");
      expect(page.text).toContain(wrong[field as keyof typeof wrong]);
    }
  });
});
