import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { chain, describeWithChain, newCase, rows, setRpc, world } from "./support.ts";

describeWithChain("the world of the x402 tests", () => {
  beforeAll(() => setRpc("rpcA", "honest"));

  it("has a chain that tests can use from workerd", async () => {
    const address = `0x${crypto.randomUUID().replaceAll("-", "").padStart(40, "0")}`;
    await chain().mint(address, 5_000_000);
    expect(await chain().balanceOf(address)).toBe(5_000_000);
    expect(Math.abs((await chain().blockTime()) - Date.now() / 1_000)).toBeLessThan(12);
  });

  it("binds the Worker to it", () => {
    expect(env.X402_RPC_BASE_SEPOLIA).toBe(`${world.rpcA},${world.rpcB}`);
    expect(env.SANDBOX_PORTS?.split(",")).not.toContain(String(world.forbiddenPort));
  });

  it("sells, honestly and otherwise", async () => {
    const honest = await fetch(`${world.api}/weather?city=Ljubljana`);
    expect(honest.status).toBe(402);
    expect((await rows()).length).toBeGreaterThan(150);
    const one = newCase();
    expect((await fetch(one.url("amount-hex"))).status).toBe(402);
    const { requests, payments } = await one.log();
    expect([requests.length, payments.length]).toEqual([1, 0]);
  });
});
