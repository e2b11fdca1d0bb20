import { beforeAll, describe, expect, it } from "vitest";
import { ROUTES, type RouteId } from "../../../src/edge/api/routes/index.ts";
import type { PersonCaller } from "../../../src/organization/api.ts";
import type { PersonRole } from "../../../src/people/api.ts";
import { callAs, PERSON_ROLES, person, sampleValues } from "../../support/person.ts";
import { type Populated, populated } from "../../support/samples.ts";
import { newOrganization, type TestOrganization } from "../../support/service.ts";
import { everything, snapshot } from "../../support/snapshot.ts";

/** What a person may do, compared with the table that the documents promise: nothing more, and nothing less. */

const PROMISED: Readonly<Record<PersonRole, readonly string[]>> = {
  owner: ["admin", "approve", "read"],
  admin: ["admin", "approve", "read"],
  approver: ["approve", "read"],
  viewer: ["read"],
};
const stateNow = async (organization: TestOrganization) => everything(await snapshot(organization));

describe.each(PERSON_ROLES)("a person with the role %s", (role) => {
  let world: Populated;
  let before: string;
  beforeAll(async () => {
    world = await populated();
    before = await stateNow(world.organization);
  });

  const may = (roles: readonly string[]) => roles.some((each) => PROMISED[role].includes(each));
  const wrong = ROUTES.filter(({ roles }) => !may(roles)).map(({ id }) => id as RouteId);
  it.each(wrong)("gets 403 from %s and changes nothing", async (id) => {
    const answer = await callAs(world.organization, person(role), id, sampleValues(id, world.ids));
    expect(answer).toMatchObject({
      status: 403,
      body: { code: "wrong_role", detail: "Your role in this organization does not allow this." },
    });
    expect(await stateNow(world.organization)).toBe(before);
  });

  // Last: these change the organization.
  const right = ROUTES.filter(({ roles }) => may(roles)).map(({ id }) => id as RouteId);
  it.each(right)("is let in at %s", async (id) => {
    const { status, body } = await callAs(world.organization, person(role), id, sampleValues(id, world.ids));
    // Stripe is not asked here: the sample's key is refused for its mode, by the route's own check.
    const letIn = id === "saveStripeKey" ? [400] : [200, 201, 409, 412];
    expect(letIn, JSON.stringify(body)).toContain(status);
  });
});

describe("the table", () => {
  it("lets nobody spend, a viewer change nothing, and an approver only decide", () => {
    const changing = (role: PersonRole) =>
      ROUTES.filter(({ method, roles }) => method !== "GET" && roles.some((each) => PROMISED[role].includes(each)))
        .map(({ id }) => id)
        .sort();
    for (const role of PERSON_ROLES) expect(changing(role)).not.toContain("evaluate");
    // These two change nothing that anybody decided: the one writes nothing, the other a signature.
    expect(changing("viewer")).toEqual(["signChainHead", "simulateMandate"]);
    expect(changing("approver")).toEqual(["decideApproval", "signChainHead", "simulateMandate"]);
  });
});

describe("whoever is no person", () => {
  const base = person("owner");
  const hostile: readonly [string, object][] = [
    ...["root", "constructor", "__proto__", "toString", "Owner", "", " owner", "owner,admin"].map(
      (role) => [`the role ${JSON.stringify(role)}`, { ...base, role }] as [string, object],
    ),
    ...[undefined, null, 7, ["owner"], { owner: true }].map(
      (role) => [`the role ${JSON.stringify(role)}`, { ...base, role }] as [string, object],
    ),
    ...["", "a b", "a:b", "p".repeat(65), "pé", "a\nb"].map(
      (person_id) => [`the id ${JSON.stringify(person_id)}`, { ...base, person_id }] as [string, object],
    ),
    ...[undefined, null, 7, ["p"]].map(
      (person_id) => [`the id ${JSON.stringify(person_id)}`, { ...base, person_id }] as [string, object],
    ),
    ["a key's id as well", { ...base, key_id: "key_x" }],
    ["a key's hash as well", { ...base, secret_hash: "0".repeat(64) }],
    ["a role alone", { role: "owner", request_id: "req_x", country: null }],
    ["nothing", { request_id: "req_x", country: null }],
  ];

  let world: Populated;
  let before: string;
  beforeAll(async () => {
    world = await populated();
    before = await stateNow(world.organization);
  });

  it.each(hostile)("is refused: %s", async (_name, caller) => {
    const { organization, ids } = world;
    for (const id of ["getOrganization", "freezeOrganization", "decideApproval", "evaluate"] as const) {
      const answer = await callAs(organization, caller as PersonCaller, id, sampleValues(id, ids));
      expect(answer.status).toBe(401);
    }
    const visitor = { by: "person" as const, caller: caller as PersonCaller };
    const visit = { visitor, approval_id: ids.approval, decision: null };
    expect(await organization.stub.visit(visit)).toEqual({ state: "refused" });
    expect(await stateNow(organization)).toBe(before);
  });

  it("of another organization is the edge's to keep out: the object asks for the role alone", async () => {
    const elsewhere = await newOrganization();
    const answer = await callAs(elsewhere, person("viewer"), "getApproval", sampleValues("getApproval", world.ids));
    expect(answer).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("is not refused for an id as long as ids may be", async () => {
    const { organization } = world;
    const answer = await callAs(organization, person("viewer", { person_id: "p".repeat(64) }), "getOrganization");
    expect(answer.status).toBe(200);
  });
});
