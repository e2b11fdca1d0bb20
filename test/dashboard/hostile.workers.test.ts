import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { newEmail } from "../people/support.ts";
import { newOrganization } from "../support/service.ts";
import { modern, modernHeaders } from "../support/wire.ts";
import { Deployment } from "./deployment.ts";
import { type Browser, PASSWORD, type Page } from "./support.ts";

// The first page of a run loads the whole dashboard, and passwords are hashed slowly on purpose.
vi.setConfig({ testTimeout: 30_000 });

const house = new Deployment();

/** Sends a form whose end comes only when `meanwhile` is over. */
async function postSlowly(
  browser: Browser,
  path: string,
  fields: Record<string, string>,
  meanwhile: () => Promise<unknown>,
): Promise<Response> {
  const page = await browser.get("/dashboard/account");
  const body = new URLSearchParams({ csrf: tokenOf(page), ...fields }).toString();
  const bytes = new TextEncoder().encode(body);
  const stream = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(bytes.slice(0, -1));
      // Whatever is looked up before the form has arrived is looked up by then.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await meanwhile();
      controller.enqueue(bytes.slice(-1));
      controller.close();
    },
  });
  return house.fetch(path, {
    method: "POST",
    body: stream,
    duplex: "half",
    redirect: "manual",
    headers: {
      cookie: browser.cookie,
      origin: house.origin,
      "sec-fetch-site": "same-origin",
      "content-type": "application/x-www-form-urlencoded",
    },
  } as RequestInit);
}

const tokenOf = ({ text }: Page): string => /name="csrf" value="([^"]+)"/.exec(text)![1]!;

describe("a form that is sent slowly", () => {
  it("counts with the role that its sender has when it has arrived", async () => {
    const { browser: owner, id, base } = await house.found();
    const eve = await house.join(id, "admin");
    const remove = () => owner.post(`${base}/members/${eve.personId}/remove`);
    const key = { name: "mine", role: "admin", scope: "all", expiry: "never" };
    const made = await postSlowly(eve.browser, `${base}/keys/new`, key, remove);
    expect(made.status).toBe(404);
    expect(await made.text()).not.toContain("sk_quetra_");
    expect((await owner.get(`${base}/keys`)).text).not.toContain("mine");
  });

  it("is nobody's where the session ended on its way", async () => {
    const { browser, email, base } = await house.found();
    const { browser: thief } = await house.signIn(email);
    await browser.get("/dashboard/account");
    const endOthers = () => browser.post("/dashboard/account/sessions/end-others");
    const frozen = await postSlowly(thief, `${base}/freeze`, {}, endOthers);
    expect(frozen.headers.get("location")).toBe("/dashboard/sign-in");
    expect((await browser.get(base)).text).not.toContain("All spending is frozen");
  });
});

describe("a host of its own for people", () => {
  const PEOPLE = "https://people.test";
  const AGENTS = "https://quetra.test";
  const hosts = "people.test,quetra.test";
  const setting = { DASHBOARD_URL: PEOPLE, PUBLIC_URL: AGENTS, ALLOWED_HOSTS: hosts, OPERATOR_TOKEN: "token" };
  const split = new Deployment(setting, PEOPLE);
  const agents = new Deployment(setting, AGENTS);
  const statusOf = async (where: Deployment, path: string, init: RequestInit = {}) =>
    (await where.fetch(path, { redirect: "manual", ...init })).status;

  it("serves nothing else there, on no port, and not before the dashboard is set up either", async () => {
    const { spend, admin } = await newOrganization();
    const body = JSON.stringify(modern("tools/list"));
    const asked: readonly (readonly [string, RequestInit])[] = [
      [`/${spend}/mcp`, { method: "POST", body, headers: modernHeaders("tools/list") }],
      ["/api/v1/agents", { headers: { authorization: `Bearer ${admin}` } }],
      ["/api/v1/openapi.json", {}],
      ["/approvals/apr_0123456789012345678901", {}],
      ["/operator/organizations", { method: "POST" }],
      ["/", {}],
    ];
    for (const [path, init] of asked) {
      expect(await statusOf(agents, path, init)).not.toBe(404);
      for (const origin of [PEOPLE, "https://people.test:8443", "http://people.test:8080"]) {
        // `House` needs the secret; the Worker is then given none.
        for (const AUTH_SECRET of [split.env.AUTH_SECRET, ""]) {
          const there = new Deployment(setting, origin);
          Object.assign(there.env, { AUTH_SECRET });
          expect([origin, path, await statusOf(there, path, init)]).toEqual([origin, path, 404]);
        }
      }
    }
  });

  it("has the only dashboard, and its links lead there", async () => {
    expect(await statusOf(split, "/dashboard/sign-in")).toBe(200);
    expect(await statusOf(agents, "/dashboard/sign-in")).toBe(404);
    expect(await statusOf(agents, "/dashboard/assets/x")).toBe(404);
    const { email } = await split.signUp();
    expect((await split.mailTo(email))!.text).toContain(`${PEOPLE}/dashboard/verify`);
  });
});

describe("a link of somebody else's", () => {
  it("says whose address it confirms, before anybody presses", async () => {
    const browser = house.browser();
    const email = newEmail();
    await browser.get("/dashboard/sign-up");
    await browser.post("/dashboard/sign-up", { name: "Eve", email, password: PASSWORD });
    const token = await house.tokenTo(email);
    expect((await house.browser().get(`/dashboard/verify?token=${token}`)).text).toContain(
      `<bdi class="strong">${email}</bdi> is yours`,
    );
  });
});

describe("founding", () => {
  it("again and again leaves no more organizations behind than a person may begin in a day", async () => {
    const strict = new Deployment({ TEST_THROTTLE_FACTOR: "1" });
    const { browser } = await strict.signUp();
    const name = `Flood ${crypto.randomUUID()}`;
    const found = async () => {
      await browser.get("/dashboard/organizations/new");
      const { status } = await browser.post("/dashboard/organizations/new", { name, timezone: "UTC" });
      // As if the person had left it to somebody else.
      await env.DB.prepare(
        "DELETE FROM people_members WHERE organizationId IN (SELECT id FROM organizations WHERE name = ?)",
      )
        .bind(name)
        .run();
      return status;
    };
    for (let count = 0; count < LIMITS.foundingsPerPersonPerDay; count++) expect(await found()).toBe(303);
    expect(await found()).toBe(429);
    const made = await env.DB.prepare("SELECT count(*) AS n FROM organizations WHERE name = ?").bind(name).first();
    expect(made).toEqual({ n: LIMITS.foundingsPerPersonPerDay });
  });
});
