import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ProvisionInput } from "../../src/organization/api.ts";
import { authorization, edge, post, problemOf } from "./support.ts";

const TOKEN = "operator-token-operator-token-0001";
const PATH = "/operator/organizations";

/** Records the statements in order with whatever else happens. */
function fakeD1(journal: unknown[]): D1Database {
  return {
    prepare: (sql: string) => ({
      bind: (...values: unknown[]) => ({
        run: async () => {
          journal.push({ sql, values });
        },
      }),
    }),
  } as unknown as D1Database;
}

function operatorEdge(token: string | null = TOKEN) {
  const journal: unknown[] = [];
  const it = edge({ env: { DB: fakeD1(journal), ...(token === null ? {} : { OPERATOR_TOKEN: token }) } });
  it.organization.onProvision = async (input: ProvisionInput) => {
    journal.push({ provision: input });
    return { created: true, admin_key: "made-by-the-object" };
  };
  const create = (body: unknown, headers: Record<string, string> = authorization(TOKEN)) =>
    it.send(PATH, post(JSON.stringify(body), headers));
  return { ...it, journal, create };
}

beforeEach(() => {
  for (const level of ["info", "error"] as const) vi.spyOn(console, level).mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("POST /operator/organizations", () => {
  it("writes the D1 row, then provisions, and shows the admin key once", async () => {
    const { create, journal, organization, clock } = operatorEdge();
    const answer = await create({ name: " Acme ", mode: "live", timezone: "Europe/Berlin", region: "eu" });
    expect(answer.status).toBe(201);
    const created = (await answer.json()) as { id: string };
    expect(created).toEqual({
      id: expect.stringMatching(/^org_[0-9A-Za-z]{22}$/),
      mode: "live",
      admin_key: "made-by-the-object",
    });
    const { id } = created;
    expect(journal).toEqual([
      {
        sql: expect.stringContaining("INSERT INTO organizations"),
        values: [id, "Acme", "live", "eu", "Europe/Berlin", clock.now],
      },
      { provision: { id, name: "Acme", mode: "live", region: "eu", timezone: "Europe/Berlin" } },
    ]);
    expect(organization.stubs.at(-1)).toEqual({ orgId: id, region: 1 });
    expect(vi.mocked(console.info).mock.calls.flat().join()).not.toContain("made-by-the-object");
  });

  it("defaults to UTC and no jurisdiction", async () => {
    const { create, journal, organization } = operatorEdge();
    await create({ name: "Acme", mode: "test" });
    expect(journal[1]).toMatchObject({ provision: { region: "default", timezone: "UTC" } });
    expect(organization.stubs[0]!.region).toBe(0);
  });

  it("does not exist without a token", async () => {
    for (const token of [null, ""]) {
      const { create } = operatorEdge(token);
      for (const headers of [authorization(TOKEN), { authorization: "Bearer " }, {}]) {
        expect(
          await problemOf(await create({ name: "Acme", mode: "test" }, headers as Record<string, string>)),
        ).toMatchObject({
          code: "not_found",
        });
      }
    }
    const { create } = operatorEdge();
    const withToken = await create({ name: "Acme", mode: "test" });
    expect(withToken.status).toBe(201);
  });

  it.each([
    {},
    authorization("wrong"),
    authorization(`${TOKEN}x`),
    authorization(TOKEN.slice(1)),
    { authorization: TOKEN },
  ])("answers 401 to %j", async (headers) => {
    const { create, journal } = operatorEdge();
    const answer = await create({ name: "Acme", mode: "test" }, headers as Record<string, string>);
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
    await problemOf(answer);
    expect(journal).toEqual([]);
  });

  it.each([
    [{ mode: "test" }, "/name"],
    [{ name: "", mode: "test" }, "/name"],
    [{ name: "x".repeat(101), mode: "test" }, "/name"],
    [{ name: "Acme", mode: "prod" }, "/mode"],
    [{ name: "Acme", mode: "test", timezone: "Mars/Olympus" }, "/timezone"],
    [{ name: "Acme", mode: "test", region: "us" }, "/region"],
    [{ name: "Acme", mode: "test", admin: true }, "/admin"],
  ])("refuses %j", async (body, pointer) => {
    const { create, journal } = operatorEdge();
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(await problemOf(answer)).toMatchObject({ errors: [{ in: "body", pointer }] });
    expect(journal).toEqual([]);
  });

  it("has other methods and paths refused, after the token", async () => {
    const { send } = operatorEdge();
    const answer = await send(PATH, { headers: authorization(TOKEN) });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
    expect((await send(PATH)).status).toBe(401);
    expect((await send("/operator/other", { headers: authorization(TOKEN) })).status).toBe(404);
  });

  it("tells the operator why it cannot make keys, before it writes anything", async () => {
    const journal: unknown[] = [];
    const { send } = edge({ env: { DB: fakeD1(journal), OPERATOR_TOKEN: TOKEN, KEY_SIGNING_SECRETS: "k1:short" } });
    const answer = await send(PATH, post(JSON.stringify({ name: "Acme", mode: "test" }), authorization(TOKEN)));
    expect(answer.status).toBe(503);
    const { detail } = await problemOf(answer);
    expect(detail).toContain("shorter than 32");
    expect(detail).not.toContain("short,");
    expect(journal).toEqual([]);
  });

  it("answers 500 without details when D1 fails", async () => {
    const { send } = edge({
      env: {
        OPERATOR_TOKEN: TOKEN,
        DB: {
          prepare: () => {
            throw new Error("D1 is away");
          },
        } as unknown as D1Database,
      },
    });
    const answer = await send(PATH, post(JSON.stringify({ name: "Acme", mode: "test" }), authorization(TOKEN)));
    expect(answer.status).toBe(500);
    expect((await problemOf(answer)).detail).not.toContain("D1");
  });
});
