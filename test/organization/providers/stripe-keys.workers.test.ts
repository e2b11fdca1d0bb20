import { runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { api, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { admin, asPrepared, receive, saveKey, withRails } from "./support.ts";

/** Which key pays, and how long an older one is kept. */

let organization: TestOrganization;
beforeEach(async () => {
  organization = await newOrganization();
});
afterEach(() => {
  vi.useRealTimers();
});

const keys = () => sql<{ id: string; active: number }>(organization, "SELECT id, active FROM stripe_keys ORDER BY seq");
const activeId = async () => (await keys()).find(({ active }) => active === 1)?.id;
const read = async () => (await admin(organization, "GET", "/integrations/stripe")).body;

/** A charge that was begun with a key and has not ended. */
const openCharge = (id: string, key: string) =>
  sql(
    organization,
    `INSERT INTO stripe_charges (transaction_id, profile_id, profile_name, profile_version, charge, stripe_key_id, watch_at)
     VALUES (?, 'prf_1', 'card', 1, '{}', ?, 1)`,
    id,
    key,
  );
const end = (id: string) => sql(organization, "UPDATE stripe_charges SET watch_at = NULL WHERE transaction_id = ?", id);

it("shows nothing before there is a key, and everything but the key afterwards", async () => {
  const nothing = {
    mode: "test",
    key: null,
    retired_keys: 0,
    hook: { url: null, secret_set: false, key_version: null, old_secret_until: null, last_event_at: null },
    suspend_on_dispute: false,
  };
  expect(await read()).toEqual(nothing);
  const saved = await saveKey(organization, { sealed_key: "v1.s1.aaaa.bbbb", kind: "restricted", last4: "W7x9" });
  expect(saved).toMatchObject({ status: 200, body: { retired_keys: 0 } });
  const shown = await read();
  expect(shown).toEqual({
    ...nothing,
    key: {
      id: await activeId(),
      kind: "restricted",
      last4: "W7x9",
      key_version: "s1",
      active_since: expect.stringMatching(/Z$/),
    },
    hook: { ...nothing.hook, url: expect.stringMatching(/^https:\/\/localhost\/hooks\/[0-9A-Za-z]{62}$/) },
  });
  expect((await api(organization.read, "GET", "/integrations/stripe")).body).toEqual(shown);
  expect(JSON.stringify(shown)).not.toContain("bbbb");
});

it("the address of the hook stays through other keys, and after the key is gone", async () => {
  await saveKey(organization);
  const { url } = (await read()).hook;
  await saveKey(organization);
  expect((await read()).hook.url).toBe(url);
  expect((await admin(organization, "DELETE", "/integrations/stripe")).status).toBe(200);
  expect(await read()).toMatchObject({ key: null, hook: { url } });
});

it("what is not there cannot be removed", async () => {
  const refused = await admin(organization, "DELETE", "/integrations/stripe");
  expect(refused).toMatchObject({ status: 409, body: { code: "no_stripe_key" } });
});

it("suspend_on_dispute is kept and logged", async () => {
  const on = await admin(organization, "PATCH", "/integrations/stripe", { suspend_on_dispute: true });
  expect(on.body.suspend_on_dispute).toBe(true);
  expect((await read()).suspend_on_dispute).toBe(true);
  const rows = await sql<{ body: string }>(
    organization,
    "SELECT body FROM events WHERE type = 'integration.stripe.saved'",
  );
  expect(rows.map(({ body }) => JSON.parse(body).data)).toEqual([{ suspend_on_dispute: true }]);
});

it("logs who replaced which key, without any of it", async () => {
  await saveKey(organization, { sealed_key: "v1.s1.aaaa.bbbb" });
  const first = await activeId();
  await saveKey(organization, { sealed_key: "v1.s1.cccc.dddd" });
  await admin(organization, "DELETE", "/integrations/stripe");
  const rows = await sql<{ type: string; body: string }>(
    organization,
    "SELECT type, body FROM events WHERE type LIKE 'integration.stripe.%' ORDER BY seq",
  );
  expect(rows.map(({ type }) => type.slice(19))).toEqual(["saved", "saved", "removed"]);
  expect(JSON.parse(rows[1]!.body)).toMatchObject({
    actor: { type: "key" },
    data: { replaces: first, mode: "test", kind: "restricted", key_version: "s1" },
  });
  expect(JSON.stringify(rows)).not.toMatch(/bbbb|dddd/);
});

describe("an older key", () => {
  it("is gone at once where nothing needs it", async () => {
    await saveKey(organization);
    await saveKey(organization);
    expect(await keys()).toHaveLength(1);
  });

  it.each([
    ["a charge", (key: string) => openCharge("txn_1", key)],
    [
      "a checkout",
      (key: string) =>
        sql(
          organization,
          `INSERT INTO acp_checkouts (transaction_id, merchant_id, merchant_version, profile_id, profile_name,
             profile_version, items, items_hash, session_id, protocol_version, api_base_url, seller_profile,
             payment_method, total, stripe_key_id, watch_at)
           VALUES ('txn_1', 'mer_1', 1, 'prf_1', 'p', 1, '[]', '', 's', '2026-04-17', '', '', '', 1, ?, 1)`,
          key,
        ),
    ],
    [
      "a refund",
      async (key: string) => {
        await openCharge("txn_1", key);
        await end("txn_1");
        await sql(
          organization,
          `INSERT INTO stripe_refunds (id, transaction_id, amount, status, created_at, updated_at)
           VALUES ('rfd_1', 'txn_1', 1, 'pending', 0, 0)`,
        );
      },
    ],
  ])("is kept while %s is open that was begun with it", async (_name, open) => {
    await saveKey(organization);
    const first = (await activeId())!;
    await open(first);
    await saveKey(organization);
    expect((await keys()).map(({ id, active }) => [id === first, active])).toEqual([
      [true, 0],
      [false, 1],
    ]);
    expect((await read()).retired_keys).toBe(1);
    await admin(organization, "DELETE", "/integrations/stripe");
    expect((await keys()).map(({ id }) => id)).toContain(first);
    expect(await activeId()).toBeUndefined();
  });

  it("is deleted by the next save after the charge has ended", async () => {
    await saveKey(organization);
    await openCharge("txn_1", (await activeId())!);
    await saveKey(organization);
    await end("txn_1");
    await saveKey(organization);
    expect(await keys()).toHaveLength(1);
  });

  it("is deleted by a timer where nobody saves anything again", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_600_000 });
    await saveKey(organization);
    await openCharge("txn_1", (await activeId())!);
    await admin(organization, "DELETE", "/integrations/stripe");
    const day = async () => {
      vi.setSystemTime(Date.now() + 24 * 3_600_000);
      await runDurableObjectAlarm(organization.stub);
      return (await keys()).length;
    };
    expect(await day()).toBe(1);
    await end("txn_1");
    expect(await day()).toBe(0);
    expect(await sql(organization, "SELECT * FROM timers WHERE kind = 'stripe_forget'")).toEqual([]);
  });

  it("is deleted by the event that ends what it was kept for", async () => {
    const event = { id: "evt_1", type: "x", livemode: false, created: 0, payment_intent: null };
    const openStripeEvent = async () => ({ ...event, transaction_id: null, dispute: null });
    await withRails(organization, { openStripeEvent });
    const { APPLY } = await import("../../../src/organization/hook-messages.ts");
    const apply = vi.spyOn(APPLY, "stripe").mockImplementation((work) => {
      work.exec("UPDATE stripe_charges SET watch_at = NULL");
    });
    await saveKey(organization);
    await openCharge("txn_1", (await activeId())!);
    await saveKey(organization);
    await asPrepared(organization, "setStripeHookSecret", { body: { sealed_secret: "v1.s1.x" } });
    const [hook] = await sql<{ id: string }>(organization, "SELECT id FROM hooks");
    expect(await keys()).toHaveLength(2);
    await receive(organization, hook!.id);
    expect(await keys()).toHaveLength(1);
    apply.mockRestore();
  });

  it("stripeKeys: so many with the active one, and the next is refused without a trace", async () => {
    for (let n = 1; n <= LIMITS.stripeKeys; n++) {
      expect((await saveKey(organization)).status).toBe(200);
      await openCharge(`txn_${n}`, (await activeId())!);
    }
    const before = await keys();
    expect(before).toHaveLength(LIMITS.stripeKeys);
    expect(await saveKey(organization)).toMatchObject({ status: 409, body: { code: "limit_reached" } });
    expect(await keys()).toEqual(before);
    await end("txn_3");
    expect((await saveKey(organization)).status).toBe(200);
  });
});
