import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ROUTES } from "../../src/edge/api/routes/index.ts";
import { newId } from "../../src/keys/ids.ts";
import { LIMITS } from "../../src/limits.ts";
import type { HistoryInput } from "../../src/organization/api.ts";
import { authorization, edge, post, problemOf } from "./support.ts";

/** The operator's way to give the demo a past. */

const TOKEN = "operator-token-operator-token-0001";
const AT = "2026-11-20T10:00:00.000Z";
const ROW = { name: "Demo", mode: "test", region: "default", timezone: "UTC", created_at: Date.parse(AT) };
const STEP = { at: AT, by: { person_id: "ana", role: "owner" }, operation: "createAgent", body: { name: "Buyer" } };

function demo({ on = "on", row = ROW as object | null } = {}) {
  const rows: unknown[][] = [];
  const DB = {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => ({ run: async () => rows.push([sql, ...values]), first: async () => row }),
    }),
  } as unknown as D1Database;
  const env = { DB, OPERATOR_TOKEN: TOKEN, ...(on === "" ? {} : { DEMO_HISTORY: on }) };
  const made = edge({ env });
  const played: HistoryInput[] = [];
  made.organization.onHistory = async (input) => {
    played.push(input);
    return { ok: true, admin_key: "made-by-the-object", answers: [{ status: 201, body: { id: "agt_1" } }] };
  };
  made.clock.now = Date.parse("2026-11-21T00:00:00Z");
  const send = (path: string, body: unknown, headers: Record<string, string> = authorization(TOKEN)) =>
    made.send(path, post(typeof body === "string" ? body : JSON.stringify(body), headers));
  return { ...made, rows, played, send };
}
const BEGIN = "/operator/history";
const play = () => `${BEGIN}/${newId("org")}`;
const codeOf = async (answer: Response | Promise<Response>) => (await problemOf(await answer)).code;

beforeEach(() => {
  for (const level of ["info", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => void vi.restoreAllMocks());

describe("the operator's history", () => {
  it.each(["", "off", "ON", "true", "1"])(
    "is a path like any other that leads nowhere with DEMO_HISTORY '%s'",
    async (on) => {
      const { send, organization, rows } = demo({ on });
      const bytes = async (path: string) => {
        const answer = await send(path, { steps: [] });
        const { request_id: _, ...told } = await problemOf(answer);
        return [answer.status, told];
      };
      const nowhere = await bytes("/operator/nowhere");
      for (const path of [BEGIN, play()]) expect(await bytes(path)).toEqual(nowhere);
      expect([organization.woken, rows]).toEqual([0, []]);
    },
  );

  it("wants the operator's token before anything else", async () => {
    const { send, organization, rows } = demo();
    for (const path of [BEGIN, play()]) {
      for (const headers of [{}, authorization("wrong")] as Record<string, string>[]) {
        expect((await send(path, {}, headers)).status).toBe(401);
      }
    }
    expect([organization.woken, rows]).toEqual([0, []]);
  });

  it("notes an organization of the past, and founds none yet", async () => {
    const { send, rows, organization } = demo();
    const answer = await send(BEGIN, { name: "Demo", timezone: "Europe/Ljubljana", created_at: AT });
    expect(answer.status).toBe(201);
    const { id } = (await answer.json()) as { id: string };
    expect(rows).toEqual([[expect.stringContaining("'test'"), id, "Demo", "Europe/Ljubljana", Date.parse(AT)]]);
    expect(organization.woken).toBe(0);
    expect(await codeOf(send(BEGIN, { name: "Demo", created_at: "2027-01-01T00:00:00.000Z" }))).toBe("invalid_request");
    for (const wrong of [
      { created_at: AT },
      { name: "Demo" },
      { name: "Demo", created_at: 7 },
      { name: "Demo", mode: "live", created_at: AT },
    ]) {
      expect((await send(BEGIN, wrong)).status).toBe(400);
    }
    expect(rows).toHaveLength(1);
  });

  it("plays steps that are shaped like the operations they name", async () => {
    const { send, played } = demo();
    const id = newId("org");
    const settle = { agent_id: "$0.id", transaction_id: "$1.transaction_id", amount_charged: 2.5 };
    const steps = [STEP, { at: AT, by: { key: "$2.id" }, operation: "quetra_settle", body: settle }];
    const answer = await send(`${BEGIN}/${id}`, { steps });
    expect(await answer.json()).toEqual({
      id,
      admin_key: "made-by-the-object",
      answers: [{ status: 201, body: { id: "agt_1" } }],
    });
    expect(played[0]!.organization).toEqual({ id, ...ROW });
    const around = { params: {}, query: {}, if_match: null };
    expect(played[0]!.steps).toEqual([
      {
        at: Date.parse(AT),
        by: STEP.by,
        call: expect.objectContaining({ ...around, route: "createAgent", idempotency_key: "history-0" }),
      },
      {
        at: Date.parse(AT),
        by: { key: "$2.id" },
        call: { ...around, route: "quetra_settle", body: settle, idempotency_key: "history-1" },
      },
    ]);
  });

  it.each([
    [{ body: { name: "" } }, "/steps/1/body/name"],
    [{ operation: "nothing" }, "/steps/1/operation"],
    [{ operation: "quetra_settle", body: { amount_charged: -1 } }, "/steps/1/body/agent_id"],
    [{ at: "yesterday" }, "/steps/1/at"],
    [{ by: { person_id: "ana", role: "root" } }, "/steps/1/by"],
    [{ by: { key: "k", person_id: "ana", role: "owner" } }, "/steps/1/by"],
    [{ more: true }, "/steps/1/more"],
  ])("refuses a step with %j where it is wrong", async (wrong, pointer) => {
    const { send, played } = demo();
    const problem = await problemOf(await send(play(), { steps: [STEP, { ...STEP, ...wrong }] }));
    expect(problem.errors).toContainEqual(expect.objectContaining({ pointer }));
    expect(played).toEqual([]);
  });

  it("takes no operation with a secret", async () => {
    const { send, played } = demo();
    const withSecret = ROUTES.filter((route) => "prepare" in route).map(({ id }) => id);
    expect(withSecret.length).toBeGreaterThan(3);
    for (const operation of withSecret) {
      expect((await send(play(), { steps: [{ ...STEP, operation }] })).status).toBe(400);
    }
    expect(played).toEqual([]);
  });

  it("answers what the object refuses, and 404 for an organization that nobody has noted", async () => {
    const { send, organization } = demo();
    organization.onHistory = async () => ({ ok: false, code: "already_exists", detail: "It exists." });
    const answer = await send(play(), { steps: [] });
    expect(answer.status).toBe(409);
    expect(await codeOf(answer)).toBe("already_exists");
    expect(await codeOf(demo({ row: null }).send(play(), { steps: [] }))).toBe("not_found");
    expect((await demo().send(`${BEGIN}/org_x`, { steps: [] })).status).toBe(404);
  });

  it("takes a body of demoHistoryBytes with demoHistorySteps, and neither a byte nor a step more", async () => {
    const { send, played } = demo();
    const body = (bytes: number, steps: number) => {
      const text = JSON.stringify({ steps: Array.from({ length: steps }, () => STEP) });
      return text + " ".repeat(bytes - text.length);
    };
    const { demoHistoryBytes: bytes, demoHistorySteps: steps } = LIMITS;
    expect((await send(play(), body(bytes, steps))).status).toBe(200);
    expect((await send(play(), body(bytes + 1, steps))).status).toBe(413);
    expect((await send(play(), body(bytes, steps + 1))).status).toBe(400);
    expect(played).toHaveLength(1);
  });
});
