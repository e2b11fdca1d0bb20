import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { calculateJwkThumbprint, compactVerify, importJWK } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import {
  api,
  eventTypes,
  type Json,
  newAgent,
  newMandate,
  newOrganization,
  send,
  sql,
  type TestOrganization,
} from "../../support/service.ts";
import { headerOf, jwksOf, payloadOf, settle, UNREACHABLE, UNSEALED, verifies, withEnv } from "./support.ts";

afterEach(() => vi.useRealTimers());

const checkpoints = (organization: TestOrganization) =>
  sql<{ seq: number; hash: string; jws: string }>(organization, "SELECT * FROM checkpoints ORDER BY seq");
const headOf = async (organization: TestOrganization): Promise<Json> =>
  (await api(organization.read, "GET", "/audit/head")).body;
const signTimers = (organization: TestOrganization) =>
  sql<{ due_at: number }>(organization, "SELECT due_at FROM timers WHERE kind = 'sign'");
const rename = (organization: TestOrganization, name: string) =>
  api(organization.admin, "PATCH", "/organization", { name });

/** The clock stands still: everything is signed at one instant. */
const freeze = () => vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 20, 12) });
const pass = async (organization: TestOrganization, ms: number) => {
  vi.setSystemTime(Date.now() + ms);
  await runDurableObjectAlarm(organization.stub);
};

describe("the signing key", () => {
  it("is made in the first alarm, published in D1, and named by its thumbprint", async () => {
    const organization = await newOrganization();
    await settle(organization);
    const { keys } = await jwksOf(organization);
    expect(keys).toEqual([
      {
        alg: "EdDSA",
        crv: "Ed25519",
        kty: "OKP",
        use: "sig",
        x: expect.any(String),
        kid: expect.any(String),
        created_at: expect.any(String),
      },
    ]);
    expect(await calculateJwkThumbprint(keys[0])).toBe(keys[0].kid);
    expect(await eventTypes(organization)).toContain("signing_key.created");
  });

  it("is rotated: what the old one signed still verifies, and the new one vouches for the log at once", async () => {
    const organization = await newOrganization();
    await settle(organization);
    const before = (await headOf(organization)).checkpoint;
    const rotated = await api(organization.admin, "POST", "/audit/keys/rotate");
    expect(rotated).toMatchObject({
      status: 201,
      body: { kid: expect.stringMatching(/^[\w-]{43}$/), key_version: "s1" },
    });
    expect(JSON.stringify(rotated.body)).not.toMatch(/sealed|v1\.s1/);
    await settle(organization);
    const jwks = await jwksOf(organization);
    expect(jwks.keys.map(({ kid }: Json) => kid)).toEqual([before.kid, rotated.body.kid]);
    expect([jwks.keys[0].retired_at, jwks.keys[1].retired_at]).toEqual([expect.any(String), undefined]);
    const { checkpoint } = await headOf(organization);
    expect(checkpoint.kid).toBe(rotated.body.kid);
    expect([verifies(before.jws, jwks), verifies(checkpoint.jws, jwks)]).toEqual([true, true]);
    expect(await eventTypes(organization)).toContain("signing_key.rotated");
    for (const role of ["read", "approve", "spend"] as const) {
      expect((await api(organization[role], "POST", "/audit/keys/rotate")).status).toBe(403);
    }
    expect(await sql(organization, "SELECT COUNT(*) AS n FROM signing_keys")).toEqual([{ n: 2 }]);
  });

  it("is sealed again when its secret is no longer the current one", async () => {
    const organization = await newOrganization();
    await settle(organization);
    const [{ sealed_key }] = (await sql<{ sealed_key: string }>(
      organization,
      "SELECT sealed_key FROM signing_keys",
    )) as [{ sealed_key: string }];
    const sign = async (order: Json) => {
      const outcome = (await env.RAILS.sign(order)) as Json;
      return { ...outcome, value: { ...outcome.value, resealed: `${sealed_key}new` } };
    };
    await withEnv(organization, { RAILS: { sign } });
    await rename(organization, "Other");
    expect((await api(organization.read, "POST", "/audit/head/sign")).status).toBe(200);
    expect(await sql(organization, "SELECT sealed_key FROM signing_keys")).toEqual([
      { sealed_key: `${sealed_key}new` },
    ]);
  });
});

describe("the published keys", () => {
  it("are read without waking the object, without a key, and may be kept by caches", async () => {
    const organization = await newOrganization();
    await settle(organization);
    await runInDurableObject(organization.stub, (_object, { storage }) => storage.sql.exec("DROP TABLE signing_keys"));
    const response = await send(`/api/v1/organizations/${organization.id}/jwks.json`);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(response.headers.get("content-type")).toBe("application/jwk-set+json");
    expect(((await response.json()) as Json).keys).toHaveLength(1);
  });

  it("of an unknown organization are a path at which nothing is served, also below a key", async () => {
    const { id, admin } = await newOrganization();
    const shape = async (path: string, init?: RequestInit) => {
      const response = await send(path, init);
      const body = ((await response.json()) as Json) ?? {};
      return [response.status, response.headers.get("cache-control"), { ...body, request_id: "" }];
    };
    const nothing = await shape("/api/v1/no/such/path");
    expect(nothing[0]).toBe(404);
    const unknown = id.slice(0, -1) + (id.endsWith("a") ? "b" : "a");
    for (const path of [unknown, "org_x", "x", `${id}%00`, "%2e%2e"]) {
      expect([path, await shape(`/api/v1/organizations/${path}/jwks.json`)]).toEqual([path, nothing]);
    }
    expect(await shape(`/${admin}/api/v1/organizations/${id}/jwks.json`)).toEqual(nothing);
    expect(await shape(`/.well-known/jwks.json`)).toEqual(nothing);
    expect(await shape(`/api/v1/organizations/${id}/jwks.json`, { method: "POST" })).toEqual(nothing);
  });
});

describe("checkpoints", () => {
  it("sign the head in the first alarm, then after so many events, or a day with new ones", async () => {
    freeze();
    const organization = await newOrganization();
    await pass(organization, 1_000);
    const [first] = await checkpoints(organization);
    const { seq, hash, checkpoint } = await headOf(organization);
    expect(first).toMatchObject({ seq, hash, jws: checkpoint.jws });
    expect(headerOf(checkpoint.jws)).toEqual({ alg: "EdDSA", kid: checkpoint.kid, typ: "quetra-checkpoint+jwt" });
    expect(payloadOf(checkpoint.jws)).toEqual({ iss: organization.id, seq, hash, at: checkpoint.at, prev: null });
    expect(await signTimers(organization)).toEqual([]);

    // Nothing happens: nothing is signed, however long it takes.
    await pass(organization, 3 * LIMITS.checkpointMs);
    expect(await checkpoints(organization)).toHaveLength(1);

    await rename(organization, "One");
    await pass(organization, 1_000);
    expect((await checkpoints(organization)).map((row) => row.seq)).toEqual([seq, seq + 1]);
    await rename(organization, "Two");
    await pass(organization, 1_000);
    expect(await checkpoints(organization)).toHaveLength(2);
    const [timer] = await signTimers(organization);
    const last = (await checkpoints(organization))[1] as Json;
    expect(timer?.due_at).toBe(last.at + LIMITS.checkpointMs);
    await pass(organization, LIMITS.checkpointMs - 2_000);
    expect(await checkpoints(organization)).toHaveLength(2);
    await pass(organization, 2_000);
    const third = (await checkpoints(organization))[2]!;
    expect(payloadOf(third.jws)).toMatchObject({ seq: seq + 2, prev: seq + 1 });
    expect(await signTimers(organization)).toEqual([]);
    expect(await eventTypes(organization)).toHaveLength(seq + 2);
  });

  it("come after checkpointEvents events, and not one earlier", async () => {
    freeze();
    const organization = await newOrganization();
    await pass(organization, 1_000);
    const { seq } = await headOf(organization);
    await rename(organization, "One");
    // As if the newest checkpoint were so much older.
    const move = (by: number) =>
      sql(organization, "UPDATE checkpoints SET seq = ? WHERE seq = (SELECT MAX(seq) FROM checkpoints)", by);
    await sql(organization, "UPDATE events SET seq = seq + 5000");
    await sql(organization, "UPDATE cursors SET seq = seq + 5000");
    await move(seq + 1 + 5000 - (LIMITS.checkpointEvents - 1));
    await runInDurableObject(organization.stub, (object) => (object as unknown as { forget(): void }).forget());
    await pass(organization, 1_000);
    expect(await checkpoints(organization)).toHaveLength(1);
    await move(seq + 1 + 5000 - LIMITS.checkpointEvents);
    await rename(organization, "Two");
    await move(seq + 2 + 5000 - LIMITS.checkpointEvents);
    await pass(organization, 1_000);
    expect((await checkpoints(organization)).map((row) => row.seq)).toEqual([
      seq + 2 + 5000 - LIMITS.checkpointEvents,
      seq + 2 + 5000,
    ]);
  });

  it("are made on request, once per head, and listed newest first in pages", async () => {
    const organization = await newOrganization();
    await settle(organization);
    for (const name of ["One", "Two", "Three"]) {
      await rename(organization, name);
      const signed = await api(organization.read, "POST", "/audit/head/sign");
      expect(signed.body.checkpoint).toMatchObject({ seq: signed.body.seq, hash: signed.body.hash });
      expect((await api(organization.admin, "POST", "/audit/head/sign")).body).toEqual(signed.body);
    }
    const jwks = await jwksOf(organization);
    const seen: Json[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await api(
        organization.read,
        "GET",
        `/audit/checkpoints?limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(body.data.length).toBeLessThanOrEqual(2);
      seen.push(...body.data);
      cursor = body.next_cursor;
    }
    expect(seen.map(({ seq }) => seq)).toEqual((await checkpoints(organization)).map(({ seq }) => seq).reverse());
    expect(seen.filter(({ jws }) => !verifies(jws, jwks))).toEqual([]);
    for (const role of ["approve", "spend"] as const) {
      expect((await api(organization[role], "POST", "/audit/head/sign")).status).toBe(403);
    }
  });
});

describe("mandates in force", () => {
  it("are signed after activation and after every edit, over ids and terms", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization, { rules: [{ type: "max_amount", limit: 5 }] });
    const read = async () => (await api(organization.read, "GET", `/mandates/${mandate}`)).body;
    await settle(organization);
    const { signature, terms, hash } = await read();
    const jwks = await jwksOf(organization);
    const { payload } = await compactVerify(signature, await importJWK(jwks.keys[0], "EdDSA"));
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual({
      iss: organization.id,
      mandate_id: mandate,
      agent_id: agent,
      version: 1,
      terms_hash: hash,
      terms,
    });
    const edited = await api(
      organization.admin,
      "PUT",
      `/mandates/${mandate}`,
      { ...terms, name: "Edited" },
      { "if-match": '"1"' },
    );
    expect(edited.body).toMatchObject({ version: 2, signature: null });
    await settle(organization);
    const after = await read();
    expect(payloadOf(after.signature)).toMatchObject({ version: 2, terms: { name: "Edited" } });
    const versions = (await api(organization.read, "GET", `/mandates/${mandate}/versions`)).body.data;
    expect(versions.map((version: Json) => version.signature)).toEqual([after.signature, signature]);
  });

  it("not drafts, nor versions that were only drafts", async () => {
    const organization = await newOrganization();
    const { agent } = await newAgent(organization);
    const other = (await api(organization.admin, "POST", "/agents", { name: "Other", preset: "none" })).body.id;
    const terms = {
      schema: 1,
      agent_id: other,
      name: "D",
      currency: "USD",
      per_transaction_limit: 1,
      budgets: [{ period: "daily", limit: 1 }],
    };
    const draft = (await api(organization.admin, "POST", "/mandates", terms)).body.id;
    await api(organization.admin, "PUT", `/mandates/${draft}`, terms, { "if-match": '"1"' });
    await settle(organization);
    expect((await api(organization.read, "GET", `/mandates/${draft}`)).body.signature).toBeNull();
    await api(organization.admin, "POST", `/mandates/${draft}/activate`);
    await settle(organization);
    const rows = await sql(
      organization,
      "SELECT version, jws IS NULL AS waits FROM mandate_signatures WHERE mandate_id = ?",
      draft,
    );
    expect(rows).toEqual([{ version: 2, waits: 0 }]);
    expect(agent).not.toBe(other);
  });

  it("more than one turn signs all of them", async () => {
    const organization = await newOrganization();
    const { agent, mandate } = await newAgent(organization);
    await settle(organization);
    await sql(
      organization,
      `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${LIMITS.signaturesPerTurn + 2})
       INSERT INTO mandate_versions (mandate_id, version, terms, hash, created_at, created_by)
       SELECT ?, i, '{}', 'h', 0, '' FROM n`,
      mandate,
    );
    await sql(
      organization,
      "INSERT INTO mandate_signatures (mandate_id, version) SELECT mandate_id, version FROM mandate_versions WHERE version > 1",
    );
    const waiting = async () =>
      (await sql<{ n: number }>(organization, "SELECT COUNT(*) AS n FROM mandate_signatures WHERE jws IS NULL"))[0]!.n;
    freeze();
    vi.setSystemTime(Date.UTC(2030, 0, 1));
    await rename(organization, "Wake");
    await pass(organization, 1_000);
    expect(await waiting()).toBe(1);
    await pass(organization, 1_000);
    expect(await waiting()).toBe(0);
    expect(agent).toBeDefined();
  });
});

describe("when nothing can be signed", () => {
  it("the ledger goes on, views say null, and it is tried again after an hour", async () => {
    freeze();
    const organization = await newOrganization();
    await withEnv(organization, UNSEALED);
    const { agent } = await newAgent(organization);
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    await pass(organization, 1_000);
    expect(errors.mock.calls.flat().join()).toContain("SEALING_SECRETS is not set");
    const mandate = await sql<{ id: string }>(organization, "SELECT id FROM mandates");
    expect((await api(organization.read, "GET", `/mandates/${mandate[0]!.id}`)).body.signature).toBeNull();
    expect((await headOf(organization)).checkpoint).toBeNull();
    const bought = await api(organization.spend, "POST", "/evaluate", {
      agent_id: agent,
      amount: 1,
      vendor: "a.com",
      idempotency_key: "k",
    });
    expect(bought.body.outcome).toBe("approved");
    const refused = await api(organization.read, "GET", `/transactions/${bought.body.transaction_id}/receipt`);
    expect(refused).toMatchObject({ status: 503, body: { code: "signing_unavailable" } });
    expect(refused.headers.get("retry-after")).toBe("60");
    expect((await api(organization.read, "POST", "/audit/head/sign")).status).toBe(503);
    errors.mockClear();
    await pass(organization, 1_000);
    expect(errors.mock.calls.flat().join()).not.toContain("SEALING_SECRETS");
    expect(await signTimers(organization)).toHaveLength(1);
    errors.mockRestore();
    await withEnv(organization, {});
    await pass(organization, LIMITS.signRetryMs);
    expect((await headOf(organization)).checkpoint).not.toBeNull();
  });

  it("because Rails cannot be reached, it is tried again after a minute", async () => {
    freeze();
    const organization = await newOrganization();
    await withEnv(organization, UNREACHABLE);
    await pass(organization, 1_000);
    expect(await checkpoints(organization)).toEqual([]);
    expect((await api(organization.read, "POST", "/audit/head/sign")).status).toBe(503);
    await withEnv(organization, {});
    await pass(organization, 61_000);
    expect(await checkpoints(organization)).toHaveLength(1);
  });

  it("an object that was never provisioned signs nothing", async () => {
    const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName("org_never"));
    const counted = await runInDurableObject(stub, async (object, { storage }) => {
      await (object as unknown as { alarm(): Promise<void> }).alarm();
      return storage.sql.exec("SELECT (SELECT COUNT(*) FROM signing_keys) + (SELECT COUNT(*) FROM timers) AS n").one()
        .n;
    });
    expect(counted).toBe(0);
  });

  it("a checkpoint of what is not in the log is not kept", async () => {
    const organization = await newOrganization();
    await withEnv(organization, {
      RAILS: {
        createSigningKey: (id: string) => env.RAILS.createSigningKey(id),
        sign: async (order: Json) => {
          await sql(
            organization,
            "UPDATE events SET hash = ? WHERE seq = (SELECT MAX(seq) FROM events)",
            "f".repeat(64),
          );
          return env.RAILS.sign(order);
        },
      },
    });
    await newMandate(
      organization,
      (await api(organization.admin, "POST", "/agents", { name: "A", preset: "none" })).body.id,
    );
    expect((await api(organization.read, "POST", "/audit/head/sign")).status).toBe(503);
    expect(await checkpoints(organization)).toEqual([]);
  });
});
