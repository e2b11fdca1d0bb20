import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { holdAlarms } from "./alarms.ts";

await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
await holdAlarms();

// Budgets of a day go by the real clock in many tests: no file begins while a day is about to end, in UTC or in Ljubljana.
const now = new Date();
const endsIn = 3_600_000 - (now.getTime() % 3_600_000);
if (now.getUTCHours() >= 21 && endsIn < 90_000) await scheduler.wait(endsIn + 100);
