import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { House, newEmail, PASSWORD, Visitor } from "../people/support.ts";
import { newOrganization, send } from "../support/service.ts";

const post = (body: unknown, token: string | null = env.OPERATOR_TOKEN!) =>
  send("/operator/members", {
    method: "POST",
    headers: { "content-type": "application/json", ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

it("makes a member who can sign in at once", async () => {
  const { id } = await newOrganization();
  const email = newEmail();
  const answer = await post({ organization_id: id, email, name: "Ada", role: "owner", password: PASSWORD });
  expect(answer.status).toBe(201);
  const { person_id } = (await answer.json()) as { person_id: string };
  const house = new House();
  const ada = new Visitor(house, email);
  expect(ada.take(await house.people.signIn(ada.request(), { email, password: PASSWORD }))).toEqual({
    next: "signed_in",
  });
  expect(await house.people.membership(person_id, id)).toMatchObject({
    role: "owner",
    organization_name: "Test organization",
  });
  // The one owner stays one.
  const demoted = await post({ organization_id: id, email, name: "Ada", role: "viewer" });
  expect(demoted.status).toBe(400);
  expect(await demoted.json()).toMatchObject({ errors: [{ pointer: "/role" }] });
});

it.each([
  [{ email: "nobody" }, "/email"],
  [{ password: "short" }, "/password"],
  [{ role: "member" }, "/role"],
  [{ name: "" }, "/name"],
  [{ organization_id: "org_unknown" }, "/organization_id"],
  [{ admin: true }, "/admin"],
])("refuses %j at its field", async (change, pointer) => {
  const { id } = await newOrganization();
  const answer = await post({ organization_id: id, email: newEmail(), name: "Ada", role: "viewer", ...change });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ errors: [{ in: "body", pointer }] });
});

it("is guarded by the operator's token", async () => {
  const { id } = await newOrganization();
  const body = { organization_id: id, email: newEmail(), name: "Ada", role: "owner", password: PASSWORD };
  for (const token of [null, "wrong"]) expect((await post(body, token)).status).toBe(401);
  expect(await env.DB.prepare("SELECT 1 FROM people WHERE email = ?").bind(body.email).first()).toBeNull();
});

it("keeps a person within organizationsPerPerson", async () => {
  const email = newEmail();
  const answers: number[] = [];
  for (let count = 0; count < LIMITS.organizationsPerPerson + 1; count++) {
    const { id } = await newOrganization();
    answers.push((await post({ organization_id: id, email, name: "Ada", role: "viewer" })).status);
  }
  expect(answers).toEqual([...Array(LIMITS.organizationsPerPerson).fill(201), 409]);
});
