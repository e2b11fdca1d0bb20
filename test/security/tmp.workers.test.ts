import { it } from "vitest";
import { adversary, newArena } from "../support/adversary.ts";
import { newAgent, newOrganization, tool } from "../support/service.ts";
import { everything, snapshot } from "../support/snapshot.ts";

it("env", async () => {
  console.log("ENV", JSON.stringify(process.env), JSON.stringify(import.meta.env));
  const o = await newOrganization();
  const { agent } = await newAgent(o);
  const time = async (n: number, what: string, f: () => Promise<unknown>) => {
    const t = performance.now();
    const d = Date.now();
    for (let i = 0; i < n; i++) await f();
    console.log(what, (Date.now() - d) / n, (performance.now() - t) / n);
  };
  await time(200, "tool", () => tool(o.spend, "quetra_check_budget", { agent_id: agent }));
  await time(200, "evaluate", () =>
    tool(o.spend, "quetra_evaluate", {
      agent_id: agent,
      amount: 0.01,
      vendor: "a.com",
      idempotency_key: crypto.randomUUID(),
    }),
  );
  await time(200, "list", () => tool(o.spend, "quetra_list_agents", {}));
  await time(200, "snapshot", async () => everything(await snapshot(o)));
  const arena = await newArena();
  await time(10, "adversary", async () => {
    const a = await adversary(arena, Math.random() * 1e6);
    await time(12, "step", async () => a.step());
  });
});
