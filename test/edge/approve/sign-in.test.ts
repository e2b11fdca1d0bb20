import { describe, expect, it } from "vitest";
import type { Env } from "../../../src/env.ts";
import { newId } from "../../../src/keys/ids.ts";
import { edge, testKey } from "../support.ts";

/** Where a dashboard is configured, the address that agents are told also leads to the page of it. */

const SECRET = "s".repeat(32);
const page = async (env: Partial<Env>, id: string, form?: Record<string, string>) => {
  const { send, organization } = edge({ env });
  const post = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } };
  const body = new URLSearchParams(form).toString();
  const html = await (await send(`/approvals/${id}`, form === undefined ? {} : { ...post, body })).text();
  return { html, woken: organization.woken };
};
const linkOf = (html: string): string | undefined => /<a class="go" href="([^"]*)">/.exec(html)?.[1];

describe("the sign-in at the address of an approval", () => {
  it.each([
    [{ AUTH_SECRET: SECRET }, ""],
    [{ AUTH_SECRET: SECRET, DASHBOARD_URL: "https://people.example" }, "https://people.example"],
    [{ AUTH_SECRET: SECRET, DASHBOARD_URL: "https://people.example/" }, "https://people.example"],
  ])("with %j leads to the dashboard at '%s', without asking the organization", async (env, base) => {
    const id = newId("apr");
    const { html, woken } = await page(env, id);
    expect(linkOf(html)).toBe(`${base}/dashboard/approvals/${id}`);
    expect(woken).toBe(0);
  });

  it.each([
    {},
    { AUTH_SECRET: "" },
    { AUTH_SECRET: SECRET.slice(1) },
    { DASHBOARD_URL: "https://people.example" },
    { AUTH_SECRET: SECRET, DASHBOARD_URL: "people.example" },
  ])("is not there with %j, where there is no dashboard", async (env) => {
    const { html } = await page(env, newId("apr"));
    expect(html).not.toContain("dashboard");
    expect(html).not.toContain("sign in");
  });

  it("is the same page for every id, but for the id, also after a key that leads nowhere", async () => {
    const env = { AUTH_SECRET: SECRET };
    const [one, other] = [newId("apr"), newId("apr")];
    for (const form of [undefined, { key: "none" }, { key: testKey().key }]) {
      const [first, second] = [await page(env, one, form), await page(env, other, form)];
      expect(linkOf(first.html)).toContain(one);
      expect(first.html.replaceAll(one, "")).toBe(second.html.replaceAll(other, ""));
    }
  });

  it("is not offered for what is no approval's id, whatever stands there", async () => {
    for (const id of ["x", 'apr_"onclick="', `${newId("apr")}x`]) {
      expect((await page({ AUTH_SECRET: SECRET }, encodeURIComponent(id))).html).not.toContain("dashboard");
    }
  });
});
