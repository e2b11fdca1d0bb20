import { afterEach, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { newAgent, tool } from "../../support/service.ts";
import { scene } from "../../support/stripe-scene.ts";

afterEach(() => vi.useRealTimers());

it("providerCallsAtOncePerAgent, providerCallsAtOnce and providerCallsWaiting: beyond, calls wait; beyond that they are refused", {
  timeout: 60_000,
}, async () => {
  const terms = { profiles: ["main"], budgets: [{ period: "daily", limit: 100_000 }] };
  const { organization, agent, stripe } = await scene({ terms });
  let n = 0;
  const call = (agent_id: string, idempotency_key = `k${n++}`) =>
    tool(organization.spend, "quetra_stripe_charge", { agent_id, amount: 1, currency: "USD", idempotency_key });
  await call(agent, "before");
  stripe.charges.length = 0;
  let answer = () => {};
  const gate = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const honest = stripe.stripeCharge;
  let asked = 0;
  stripe.stripeCharge = async (order) => {
    asked += 1;
    await gate;
    return honest(order);
  };
  const until = async (count: number) => {
    while (asked < count) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const calls = Array.from({ length: LIMITS.providerCallsAtOncePerAgent + 1 }, () => call(agent));
  await until(LIMITS.providerCallsAtOncePerAgent);
  // Other agents still get their turn, up to the number of all.
  for (let at = 1; at * LIMITS.providerCallsAtOncePerAgent < LIMITS.providerCallsAtOnce; at += 1) {
    const other = await newAgent(organization, terms);
    for (let i = 0; i < LIMITS.providerCallsAtOncePerAgent; i += 1) calls.push(call(other.agent));
  }
  await until(LIMITS.providerCallsAtOnce);
  // What the ledger knows, and what the mandate refuses, is answered at once, however many hang.
  expect(await call(agent, "before")).toMatchObject({ outcome: "charged", replayed: true });
  const too = { agent_id: agent, amount: 101, currency: "USD", idempotency_key: "much" };
  expect(await tool(organization.spend, "quetra_stripe_charge", too)).toMatchObject({ outcome: "rejected" });
  const waiting = Array.from({ length: LIMITS.providerCallsWaiting - 1 }, () => call(agent));
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  expect((await call(agent, "one-too-many")).error).toContain("too_many_requests");
  expect(asked).toBe(LIMITS.providerCallsAtOnce);
  answer();
  const answers = await Promise.all([...calls, ...waiting]);
  expect(answers.filter(({ outcome }) => outcome === "charged")).toHaveLength(answers.length);
});
