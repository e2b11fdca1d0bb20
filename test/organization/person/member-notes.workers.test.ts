import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/env.ts";
import { LIMITS } from "../../../src/limits.ts";
import type { MemberChange, NoteAnswer, OperatorCaller, PersonCaller } from "../../../src/organization/api.ts";
import { Organization } from "../../../src/organization/organization.ts";
import { beginning, DAY, unborn } from "../../support/history.ts";
import { callAs, PERSON_ROLES, person } from "../../support/person.ts";
import { api, newOrganization, sql, stateOf, type TestOrganization } from "../../support/service.ts";

afterEach(() => vi.useRealTimers());

type Noter = PersonCaller | OperatorCaller;

let requests = 0;
const request_id = () => `req_note_${++requests}`;
const by = (role: PersonCaller["role"], person_id = `person_${role}`) =>
  person(role, { person_id, request_id: request_id() });
const operator = (): OperatorCaller => ({ operator: true, request_id: request_id() });

const note = (organization: Pick<TestOrganization, "stub">, caller: Noter, change: MemberChange) =>
  organization.stub.noteMember(caller, change) as Promise<NoteAnswer>;

const events = async (organization: TestOrganization) =>
  (
    await sql<{ type: string; subject: string; body: string }>(
      organization,
      "SELECT type, subject, body FROM events WHERE type LIKE 'member.%' ORDER BY seq",
    )
  ).map(({ type, subject, body }) => ({ type, subject, ...JSON.parse(body) }));

const founded = { type: "member.joined", person_id: "person_owner", role: "owner", how: "founded" } as const;
const appointed = { type: "member.joined", person_id: "bob", role: "viewer", how: "appointed" } as const;
const joined = (role: PersonCaller["role"]) =>
  ({ type: "member.joined", person_id: `person_${role}`, role, how: "invited", invitation_id: "inv-1" }) as const;
const left = (role: PersonCaller["role"]) =>
  ({ type: "member.left", person_id: `person_${role}`, role_before: role }) as const;
const changed = { type: "member.role_changed", person_id: "bob", role_before: "viewer", role: "admin" } as const;
const removed = { type: "member.removed", person_id: "bob", role_before: "admin" } as const;
const invited = { type: "member.invited", invitation_id: "inv-1", role: "approver", replaces: null } as const;
const withdrawn = { type: "member.invitation_withdrawn", invitation_id: "inv-1", role: "approver" } as const;
const MANAGED: readonly MemberChange[] = [changed, removed, invited, withdrawn];

describe("a change of members", () => {
  it.each<[string, Noter, MemberChange, string]>([
    ["founded", by("owner"), founded, "person_owner"],
    ["appointed", operator(), appointed, "bob"],
    ["joined by invitation", by("approver"), joined("approver"), "person_approver"],
    ["given another role by the operator", operator(), changed, "bob"],
    ["given another role", by("admin"), changed, "bob"],
    ["removed", by("owner"), removed, "bob"],
    ["left", by("viewer"), left("viewer"), "person_viewer"],
    ["invited", by("admin"), invited, "inv-1"],
    ["invited anew", by("owner"), { ...invited, replaces: "inv-0" }, "inv-1"],
    ["invitation withdrawn", by("admin"), withdrawn, "inv-1"],
  ])("is on record: %s", async (_name, caller, change, subject) => {
    const organization = await newOrganization();
    expect(await note(organization, caller, change)).toEqual({ noted: true });
    const actor = "operator" in caller ? { type: "operator", id: "members" } : { type: "person", id: caller.person_id };
    const { type, ...data } = change;
    expect(await events(organization)).toEqual([
      { type, subject, schema: 1, actor, key_id: null, request_id: caller.request_id, data },
    ]);
  });

  it("is a link of the chain, which D1 follows", async () => {
    const organization = await newOrganization();
    for (const change of MANAGED) await note(organization, by("owner"), change);
    const { body } = await callAs(organization, person("viewer"), "verifyAudit", { query: { limit: 10_000 } });
    expect(body).toMatchObject({ chain: { valid: true }, ledger: { valid: true } });
    const { body: log } = await api(organization.read, "GET", "/audit/events?limit=100");
    const types = log.data.map(({ type }: { type: string }) => type);
    expect(types.filter((type: string) => type.startsWith("member."))).toEqual(MANAGED.map(({ type }) => type));
  });

  it("is there once, however often its note is repeated", async () => {
    const organization = await newOrganization();
    const caller = by("owner");
    for (let time = 0; time < 3; time++) expect(await note(organization, caller, changed)).toEqual({ noted: true });
    expect(await events(organization)).toHaveLength(1);
    await note(organization, by("owner"), changed);
    expect(await events(organization)).toHaveLength(2);
  });
});

describe("is refused, and changes nothing:", () => {
  const refused: readonly [string, () => Noter, MemberChange][] = [
    ...MANAGED.flatMap((change) =>
      (["approver", "viewer"] as const).map((role): [string, () => Noter, MemberChange] => [
        `${change.type} by ${role}`,
        () => by(role),
        change,
      ]),
    ),
    ["an owner made by an admin", () => by("admin"), { ...changed, role: "owner" }],
    ["an owner unmade by an admin", () => by("admin"), { ...changed, role_before: "owner" }],
    ["an owner removed by an admin", () => by("admin"), { ...removed, role_before: "owner" }],
    ["an owner invited by an admin", () => by("admin"), { ...invited, role: "owner" }],
    ["an owner's invitation withdrawn by an admin", () => by("admin"), { ...withdrawn, role: "owner" }],
    ["somebody else's coming", () => by("owner", "ana"), joined("viewer")],
    ["somebody else's going", () => by("owner", "ana"), left("viewer")],
    ["coming in another role", () => by("viewer"), { ...joined("viewer"), role: "owner" }],
    ["an appointment by a member", () => by("owner", "bob"), { ...appointed, role: "owner" }],
    ["a removal by the operator", operator, removed],
    ["an invitation by the operator", operator, invited],
    ["a founding by the operator", operator, founded],
    ["a role that is none", () => ({ ...by("owner"), role: "root" as "owner" }), changed],
    ["a role that nobody can have", () => by("owner"), { ...changed, role: "root" as "owner" }],
    ["an address in the place of an id", () => by("owner"), { ...removed, person_id: "bob@example.com" }],
    ["a name in the place of an id", () => by("owner"), { ...removed, person_id: "Bob Novak" }],
    ["an address in the place of an invitation", () => by("owner"), { ...invited, invitation_id: "b@example.com" }],
    ["one in the place of the earlier", () => by("owner"), { ...invited, replaces: "b@example.com" }],
    ["a change that is none", () => by("owner"), { ...removed, type: "member.paid" as "member.removed" }],
    ["a person who is the operator too", () => ({ ...by("viewer"), ...operator() }), changed],
    ["an operator who is none", () => ({ ...operator(), operator: false as true }), changed],
  ];
  it("all of these", async () => {
    const organization = await newOrganization();
    const before = await stateOf(organization);
    for (const [name, caller, change] of refused) {
      expect([name, await note(organization, caller(), change)]).toEqual([name, { noted: false, why: "refused" }]);
    }
    expect(await stateOf(organization)).toBe(before);
  });
});

it("comes and goes with every role", async () => {
  const organization = await newOrganization();
  for (const role of PERSON_ROLES) {
    expect(await note(organization, by(role), joined(role))).toEqual({ noted: true });
    expect(await note(organization, by(role), left(role))).toEqual({ noted: true });
  }
  expect(await events(organization)).toHaveLength(2 * PERSON_ROLES.length);
});

it("keeps nothing that is no part of the change", async () => {
  const organization = await newOrganization();
  const more = { ...removed, email: "bob@example.com", name: "Bob" };
  await note(organization, by("owner"), more);
  const [{ data }] = (await events(organization)) as [{ data: unknown }];
  expect(data).toEqual({ person_id: "bob", role_before: "admin" });
});

it("takes requestsPerPersonPerMinute of one person, and not one more; calls of the API are counted apart", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const organization = await newOrganization();
  const most = LIMITS.requestsPerPersonPerMinute;
  const seen = await runInDurableObject(organization.stub, async (_instance, state) => {
    const real = new Organization(state, { ...env, TEST_THROTTLE_FACTOR: "1" } as unknown as Env);
    const look = async () => (await real.api(person("owner"), LOOK)).status;
    let status = 200;
    for (let n = 0; n <= most; n++) status = await look();
    let noted = 0;
    for (let n = 0; n < most; n++) noted += Number((await real.noteMember(by("owner"), changed)).noted);
    const next = await real.noteMember(by("owner"), changed);
    return { status, noted, next, other: await real.noteMember(by("owner", "ana"), changed) };
  });
  expect(seen).toEqual({
    status: 429,
    noted: most,
    next: { noted: false, why: "throttled" },
    other: { noted: true },
  });
});

const LOOK = { route: "getOrganization", params: {}, query: {}, body: null, if_match: null, idempotency_key: null };

it("writes nothing where nothing is founded, so that a past can still be played", async () => {
  const at = await unborn();
  expect(await note(at, operator(), appointed)).toEqual({ noted: false, why: "not_founded" });
  const organization = at as unknown as TestOrganization;
  expect(await sql(organization, "SELECT 1 FROM events UNION ALL SELECT 1 FROM organization")).toEqual([]);
  const created_at = Date.now() - 20 * DAY;
  const played = await at.play({ created_at, steps: beginning(created_at + DAY) });
  expect(played.ok).toBe(true);
  const [first] = await sql<{ type: string; at: number }>(organization, "SELECT type, at FROM events WHERE seq = 1");
  expect(first).toEqual({ type: "organization.created", at: created_at });
  expect(await note(at, operator(), appointed)).toEqual({ noted: true });
  const { body } = await callAs(organization, person("viewer"), "verifyAudit", { query: { limit: 10_000 } });
  expect(body.chain.valid).toBe(true);
});
