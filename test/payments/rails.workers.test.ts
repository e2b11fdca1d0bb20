import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

const ORGANIZATION = "org_0000000000000000000000";
const KEY = `0x${"11".repeat(32)}`;
const ADDRESS = "0x19e7e376e7c213b7e7e7e46cc70a5dd086daff2a";

const order = (request: Partial<Parameters<typeof env.RAILS.request>[0]["request"]>) => ({
  request: { url: "https://api.acme.com/", method: "GET", headers: {}, body: null, ...request },
  network: "eip155:84532" as const,
  hops: 0,
});

describe("Rails through the service binding, in workerd", () => {
  it("makes a wallet whose key never leaves, another one each time", async () => {
    const one = await env.RAILS.createWallet(ORGANIZATION);
    const two = await env.RAILS.createWallet(ORGANIZATION);
    expect(one.address).toMatch(/^0x[0-9a-f]{40}$/);
    expect(one.sealed_key).toMatch(/^v1\.s1\./);
    expect(one.address).not.toBe(two.address);
    expect(Object.keys(one).sort()).toEqual(["address", "sealed_key"]);
  });

  it("imports a key, and tells what is none", async () => {
    const wallet = await env.RAILS.importWallet(ORGANIZATION, KEY);
    expect(wallet?.address).toBe(ADDRESS);
    expect(wallet?.sealed_key).not.toContain("1111111111");
    for (const wrong of ["", KEY.slice(2), `${KEY}1`, `0x${"0".repeat(64)}`, `0x${"f".repeat(64)}`]) {
      expect(await env.RAILS.importWallet(ORGANIZATION, wrong)).toBeNull();
    }
  });

  it("refuses by the guard before anything is sent", async () => {
    expect(await env.RAILS.request(order({ url: "https://169.254.169.254/" }))).toMatchObject({
      kind: "refused",
      refusal: { code: "host_ip_literal" },
    });
    expect(await env.RAILS.request(order({ url: "https://quetra.test/" }))).toMatchObject({
      refusal: { code: "host_own" },
    });
    expect(await env.RAILS.request(order({ headers: { "X-Payment": "x" } }))).toMatchObject({
      refusal: { code: "header_payment" },
    });
  });
});
