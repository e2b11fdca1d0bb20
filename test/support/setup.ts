import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { holdAlarms } from "./alarms.ts";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
await holdAlarms();
