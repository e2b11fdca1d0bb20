import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { DashboardRoute } from "../../src/dashboard/route.ts";
import { DASHBOARD_ROUTES } from "../../src/dashboard/routes.ts";
import type { OrganizationStub } from "../../src/organization/api.ts";
import type { PersonRole } from "../../src/people/api.ts";
import { peopleOf } from "../../src/people/index.ts";
import { newOrganization, type TestOrganization } from "../support/service.ts";
import { furnish } from "./furnished.ts";
import { Browser, newMember, type Page } from "./support.ts";

/**
 * Every address of the dashboard for every role, in the own organization and in a foreign one: generated from the table
 * that serves them, so that a new address is covered the moment it exists.
 */
const ROLES: readonly PersonRole[] = ["owner", "admin", "approver", "viewer"];
const INSIDE = DASHBOARD_ROUTES.filter((route) => Array.isArray(route.access));
const PERSONAL = DASHBOARD_ROUTES.filter((route) => route.access === "person");

type Fixture = Readonly<Record<string, string>>;
type Member = Awaited<ReturnType<typeof newMember>>;

const pathOf = (route: DashboardRoute, org: string, ids: Fixture): string =>
  `/dashboard${route.path}`.replaceAll(/:(\w+)/g, (_, name: string) => {
    const id = name === "org" ? org : ids[name];
    if (id === undefined) throw new Error(`test/dashboard/furnished.ts makes nothing for :${name} of ${route.id}`);
    return encodeURIComponent(id);
  });

const visit = (browser: Browser, route: DashboardRoute, path: string): Promise<Page> =>
  route.method === "GET" ? browser.get(path) : browser.post(path);

/** What differs between two answers of the same kind: never what they say. */
const same = ({ status, text }: Page): string =>
  `${status} ${text
    .replaceAll(/req_[0-9A-Za-z]+/g, "req")
    .replaceAll(/data-now="\d+"/g, "")
    .replaceAll(/nonce="[^"]*"/g, "nonce")
    .replaceAll(/name="csrf" value="[^"]*"/g, "csrf")}`;

async function headSeq(organization: TestOrganization): Promise<number> {
  const reader = { person_id: "reader", role: "viewer", request_id: "req_test", country: null } as const;
  const call = { route: "getChainHead", params: {}, query: {}, body: null, if_match: null, idempotency_key: null };
  const answer: unknown = await (organization.stub as unknown as OrganizationStub).api(reader, call);
  return (answer as { body: { seq: number } }).body.seq;
}

/** One further member, and somebody who is invited. */
async function people(organization: TestOrganization, { browser, base }: Member): Promise<Fixture> {
  const { personId } = await newMember(organization, "viewer");
  await browser.post(`${base}/members/invite`, { email: "invited@example.com", role: "viewer" });
  const [invitation] = await peopleOf(env, { waitUntil: () => {}, note: async () => {} }).invitations(organization.id);
  return { person_id: personId, invitation_id: invitation!.id };
}

describe("the table", () => {
  it("has no address and no id twice", () => {
    const addresses = DASHBOARD_ROUTES.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(addresses).size).toBe(addresses.length);
    const ids = DASHBOARD_ROUTES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("asks for a membership wherever the path names an organization, and only there", () => {
    for (const { id, path, access } of DASHBOARD_ROUTES) {
      expect([id, path.startsWith("/:org")]).toEqual([id, Array.isArray(access)]);
    }
  });

  it("lets a viewer post nothing, and an approver nothing but decisions", () => {
    const posts = INSIDE.filter(({ method }) => method === "POST");
    expect(posts.filter(({ access }) => access.includes("viewer")).map(({ id }) => id)).toEqual(["members.leave"]);
    const approvers = posts.filter(({ access }) => access.includes("approver")).map(({ id }) => id);
    expect(approvers.sort()).toEqual(["approvals.decide", "members.leave"]);
  });
});

describe("in an organization", () => {
  let own: TestOrganization;
  let ids: Fixture;
  let foreignIds: Fixture;
  let foreign: TestOrganization;
  const members = new Map<PersonRole, Member>();

  beforeAll(async () => {
    own = await newOrganization();
    foreign = await newOrganization();
    for (const role of ROLES) members.set(role, await newMember(own, role));
    ids = { ...(await furnish(own)), ...(await people(own, members.get("owner")!)) };
    foreignIds = { ...(await furnish(foreign)), ...(await people(foreign, await newMember(foreign, "owner"))) };
    // Two furnished organizations and six sign-ins take a while on a busy machine.
  }, 60_000);

  describe.each(ROLES)("%s", (role) => {
    const allowed = INSIDE.filter(({ access }) => access.includes(role));
    const denied = INSIDE.filter(({ access }) => !access.includes(role));

    it.each(allowed.filter(({ method }) => method === "GET").map((route) => [route.id, route] as const))(
      "sees %s",
      async (_, route) => {
        const { browser } = members.get(role)!;
        const page = await browser.get(pathOf(route, own.id, ids));
        expect([page.status, page.text.slice(0, 300)]).toEqual([expect.toBeOneOf([200, 303]), expect.anything()]);
      },
    );

    it.each(denied.map((route) => [route.id, route] as const))(
      "is refused %s, and it changes nothing",
      async (_, route) => {
        const { browser } = members.get(role)!;
        const before = await headSeq(own);
        const page = await visit(browser, route, pathOf(route, own.id, ids));
        expect(page.status).toBe(403);
        expect(page.text).toContain("Not with your role");
        expect(await headSeq(own)).toBe(before);
      },
    );

    it.each(INSIDE.map((route) => [route.id, route] as const))("finds no %s in a foreign one", async (_, route) => {
      const { browser } = members.get(role)!;
      const before = await headSeq(foreign);
      const page = await visit(browser, route, pathOf(route, foreign.id, foreignIds));
      const unknown = await visit(browser, route, pathOf(route, "org_0000000000000000000000", foreignIds));
      expect(page.status).toBe(404);
      expect(same(page)).toBe(same(unknown));
      expect(await headSeq(foreign)).toBe(before);
    });
  });

  it.each(INSIDE.map((route) => [route.id, route] as const))("%s leads a stranger to sign-in", async (_, route) => {
    const browser = new Browser();
    await browser.get("/dashboard/sign-in");
    const page = await visit(browser, route, pathOf(route, own.id, ids));
    expect(page.status).toBe(303);
    expect(page.location).toMatch(/^\/dashboard\/sign-in(\?next=|$)/);
  });

  it.each(
    INSIDE.filter(({ method, path }) => method === "GET" && path.split(":").length > 2).map((r) => [r.id, r] as const),
  )("%s shows a foreign id as it shows an unknown one", async (_, route) => {
    const { browser } = members.get("owner")!;
    const unknownIds = {
      ...Object.fromEntries(
        Object.entries(foreignIds).map(([name, id]) => [name, id.replaceAll(/_[0-9A-Za-z]+$/g, `_${"0".repeat(22)}`)]),
      ),
      profile_name: "nobody-has-this",
    };
    const page = await browser.get(pathOf(route, own.id, foreignIds));
    const unknown = await browser.get(pathOf(route, own.id, unknownIds));
    expect(page.status).toBe(404);
    expect(same(page)).toBe(same(unknown));
  });

  const posts = INSIDE.filter(({ method }) => method === "POST");
  it.each(posts.map((route) => [route.id, route] as const))("%s wants the token of its form", async (_, route) => {
    const { browser } = members.get("owner")!;
    const before = await headSeq(own);
    for (const csrf of ["", "x".repeat(43)]) {
      const page = await browser.post(pathOf(route, own.id, ids), { csrf });
      expect(page.status).toBe(403);
    }
    expect(await headSeq(own)).toBe(before);
  });
});

describe("of a person", () => {
  it.each(PERSONAL.map((route) => [route.id, route] as const))("%s leads a stranger to sign-in", async (_, route) => {
    const browser = new Browser();
    await browser.get("/dashboard/sign-in");
    const ids = { approval_id: "apr_0000000000000000000000", invitation_id: "x", session_id: "x", provider: "github" };
    const page = await visit(browser, route, pathOf(route, "", ids));
    expect(page.status).toBe(303);
    expect(page.location).toMatch(/^\/dashboard\/sign-in/);
  });
});
