import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { consume, type QueueDesk } from "../../src/edge/queue.ts";
import { sweepOrganizations } from "../../src/edge/sweeper.ts";
import type { Env } from "../../src/env.ts";
import { FakeOrganization } from "./support.ts";

beforeEach(() => {
  for (const level of ["warn", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function d1(rows: { id: string; region: string }[], journal: unknown[]): Env {
  const prepare = (sql: string) => ({
    bind: (...values: unknown[]) => ({
      all: async () => ({ results: rows }),
      run: async () => {
        journal.push({ sql, values });
      },
    }),
  });
  return { DB: { prepare } } as unknown as Env;
}

describe("sweepOrganizations", () => {
  it("moves swept_at first, then pokes every organization, whichever of them fail", async () => {
    const journal: unknown[] = [];
    const organization = new FakeOrganization();
    organization.onSweep = async () => {
      journal.push("sweep");
      if (organization.woken === 1) throw new Error("this one is broken");
    };
    const rows = [
      { id: "org_a", region: "default" },
      { id: "org_b", region: "mars" },
      { id: "org_c", region: "eu" },
    ];
    const outcome = await sweepOrganizations(d1(rows, journal), organization.getStub, 42);
    expect(outcome).toEqual({ swept: 1, failed: 2 });
    expect(journal[0]).toMatchObject({ values: [42, "org_a", "org_b", "org_c"] });
    expect(journal.slice(1)).toEqual(["sweep", "sweep"]);
    expect(organization.stubs).toEqual([
      { orgId: "org_a", region: 0 },
      { orgId: "org_c", region: 1 },
    ]);
  });

  it("does nothing when there is no organization", async () => {
    const journal: unknown[] = [];
    const outcome = await sweepOrganizations(d1([], journal), new FakeOrganization().getStub, 42);
    expect(outcome).toEqual({ swept: 0, failed: 0 });
    expect(journal).toEqual([]);
  });
});

describe("queue", () => {
  it("retries what it does not know and logs the kind, never the body", () => {
    const retried: number[] = [];
    const bodies = [
      { kind: "webhook.attempt", secret: "hidden" },
      "hidden",
      null,
      { kind: "HIDDEN hidden" },
      { kind: 7 },
    ];
    const messages = bodies.map((body, at) => ({ id: `m${at}`, attempts: 1, body, retry: () => retried.push(at) }));
    consume({ queue: "quetra-webhooks", messages } as unknown as MessageBatch, {} as QueueDesk);
    expect(retried).toEqual([0, 1, 2, 3, 4]);
    const lines = vi.mocked(console.warn).mock.calls.flat();
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(["webhook.attempt", "none", "none", "none", "none"]);
    expect(lines.join().toLowerCase()).not.toContain("hidden");
  });
});
