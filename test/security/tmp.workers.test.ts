import { it } from "vitest";
import { newAgent, newOrganization, tool, sql } from "../support/service.ts";
it("env", async () => {
  const o = await newOrganization();
  const { agent } = await newAgent(o);
  try { console.log("TC", JSON.stringify(await sql(o, "SELECT total_changes() AS n"))); } catch (e) { console.log("TC", String(e)); }
  try { console.log("TC", JSON.stringify(await sql(o, "PRAGMA data_version"))); } catch (e) { console.log("TC", String(e)); }
});
