import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { delivered, fetchTool, useRails } from "../../support/fake-rails.ts";
import { api, newAgent, newOrganization, sql, type TestOrganization } from "../../support/service.ts";
import { alerts, buy, follow, fresh, later, MINUTE, NOON, ofKind } from "./support.ts";

/** Kinds that tell of a state and of no purchase: an outcome that stays unknown, storage, a webhook that is disabled. */

afterEach(() => vi.useRealTimers());

describe("unknown_outcome", () => {
  async function lost() {
    vi.useFakeTimers({ toFake: ["Date"], now: NOON });
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const rails = await useRails(organization);
    rails.payment = () => delivered({ state: "unreadable" }, 402);
    const { transaction_id } = await fetchTool(organization, agent, { idempotency_key: "k" });
    // The watch over the payment gives up after a minute, and is logged then.
    later(61_000);
    await follow(organization);
    const status = async () => (await api(organization.read, "GET", `/transactions/${transaction_id}`)).body.status;
    expect(await status()).toBe("unknown");
    return { organization, agent, transaction_id, status };
  }

  it("is raised after half an hour of not knowing, once", async () => {
    const { organization, agent, transaction_id } = await lost();
    later(30 * MINUTE - 1);
    expect(await ofKind(organization, "unknown_outcome")).toEqual([]);
    later(1);
    expect(await ofKind(organization, "unknown_outcome")).toMatchObject([
      { severity: "critical", agent_id: agent, transaction_id, figures: { amount: 0.01, after_minutes: 30 } },
    ]);
    later(24 * 60 * MINUTE);
    expect(await ofKind(organization, "unknown_outcome")).toHaveLength(1);
  });

  it("is not raised where a person has resolved it meanwhile: the status decides, not the timer", async () => {
    const { organization, transaction_id, status } = await lost();
    await api(organization.admin, "POST", `/transactions/${transaction_id}/resolve`, {
      outcome: "voided",
      evidence: "the seller says so",
    });
    expect(await status()).toBe("voided");
    later(31 * MINUTE);
    expect(await ofKind(organization, "unknown_outcome")).toEqual([]);
  });
});

describe("what is no purchase", () => {
  it("storage is looked at once an hour, by what the database says", async () => {
    const { organization, agent } = await fresh();
    let looks = 0;
    await runInDurableObject(organization.stub, (_object, state) => {
      Object.defineProperty(state.storage.sql, "databaseSize", {
        get: () => {
          looks += 1;
          return LIMITS.alertStorageBytes;
        },
      });
    });
    const looked = async () => {
      await follow(organization);
      const [row] = await sql<{ at: number }>(organization, "SELECT storage_looked_at AS at FROM alert_settings");
      return row!.at;
    };
    await buy(organization, agent, 1);
    expect(await looked()).toBe(NOON);
    later(LIMITS.alertStorageLookMs - 1);
    await buy(organization, agent, 1);
    expect(await looked()).toBe(NOON);
    later(1);
    await buy(organization, agent, 1);
    expect(await looked()).toBe(NOON + LIMITS.alertStorageLookMs);
    expect(looks).toBeGreaterThan(0);
    expect(await ofKind(organization, "storage")).toMatchObject([
      { severity: "critical", agent_id: null, figures: { bytes: LIMITS.alertStorageBytes } },
      { severity: "critical", agent_id: null },
    ]);
  });

  it("a webhook endpoint that was disabled is told, with the organization for its subject", async () => {
    const { organization } = await fresh();
    await evictDurableObject(organization.stub);
    await logEvent(organization, "webhook.endpoint.disabled", "whk_1");
    expect(await alerts(organization)).toMatchObject([
      { kind: "webhook_disabled", severity: "warning", agent_id: null, figures: { endpoint_id: "whk_1" } },
    ]);
    const [event] = await sql<{ subject: string }>(
      organization,
      "SELECT subject FROM events WHERE type = 'alert.raised'",
    );
    expect(event!.subject).toBe(organization.id);
  });
});

/** An event of another part of the service, as that part would log it. */
const logEvent = (organization: TestOrganization, type: string, subject: string) =>
  sql(
    organization,
    `INSERT INTO events (seq, id, type, at, subject, salt, body, digest, hash)
     SELECT seq + 1, 'evt_test', ?, at, ?, '', '{"data":{}}', '', hash FROM events ORDER BY seq DESC LIMIT 1`,
    type,
    subject,
  );
