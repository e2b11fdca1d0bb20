/** The pure decision on its own, in V8: how many purchases a second the policy can judge. */
import { compileMandate } from "../src/policy/compile.ts";
import { decide } from "../src/policy/decide.ts";
import { median } from "./statistics.mjs";

const terms = (rules) => ({
  schema: 1,
  agent_id: "agt_1",
  name: "Bench",
  currency: "USD",
  timezone: "Europe/Ljubljana",
  per_transaction_limit: 100,
  budgets: [
    { id: "bud_hour", period: "hourly", limit: 200 },
    { id: "bud_day", period: "daily", limit: 500 },
  ],
  rules,
  warning_threshold: 0.8,
  agent_may_release: false,
});

const PLAIN = [
  { id: "rul_1", type: "vendor_allowlist", vendors: ["example.com", "example.org", "Corner shop"] },
  { id: "rul_2", type: "category", deny: ["gambling"] },
  { id: "rul_3", type: "max_amount", limit: 50, vendors: ["example.com"] },
  { id: "rul_4", type: "rate_limit", max_transactions: 100, window_minutes: 60 },
  { id: "rul_5", type: "approval", above: 50, timeout_minutes: 60 },
];
const EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const COSTLY = [
  ...PLAIN.slice(0, 3),
  { id: "rul_6", type: "time_window", days: EVERY_DAY, start: "00:00", end: "24:00" },
  { id: "rul_7", type: "custom", expression: 'amount < 40.0 && vendor.endsWith("example.com") && hour >= 0' },
];

const usage = {
  organization: { frozen: false, storage_full: false, budgets: [] },
  agent: { status: "active" },
  mandate: { status: "active" },
  used: { bud_hour: 5_000_000, bud_day: 20_000_000 },
  rates: { rul_4: { count: 3, frees_at: null } },
  vendor_known: false,
  pending_approvals: 0,
};
const NOW = Date.UTC(2026, 10, 21, 12);
const CALLS = 50_000;

function perSecond(mandate) {
  const start = performance.now();
  let approved = 0;
  for (let call = 0; call < CALLS; call++) {
    const request = {
      agent_id: "agt_1",
      vendor: "api.example.com",
      amount: 1_000_000 + call,
      currency: "USD",
      category: "data",
      protocol: "external",
      country: null,
      approved_rules: [],
    };
    if (decide(mandate, request, usage, NOW + call).outcome === "approved") approved += 1;
  }
  if (approved !== CALLS) throw new Error(`${approved} of ${CALLS} approved`);
  return (CALLS * 1_000) / (performance.now() - start);
}

/** Decisions per second with five rules: common ones, and with a time window and an expression among them. */
export function benchDecide(rounds) {
  const plain = compileMandate(terms(PLAIN));
  const costly = compileMandate(terms(COSTLY));
  const found = { plain: [], costly: [] };
  for (let round = -3; round < rounds; round++) {
    const sample = { plain: perSecond(plain), costly: perSecond(costly) };
    // The first rounds are V8's, to compile in.
    if (round < 0) continue;
    found.plain.push(sample.plain);
    found.costly.push(sample.costly);
  }
  return { plain: median(found.plain), costly: median(found.costly) };
}
