import type { PurchaseFact } from "../facts.ts";
import type { Finding } from "../kinds.ts";
import type { AlertSettings } from "../settings.ts";

export const RATE_WINDOW_MS = 60_000;

/** @param count Purchases of the agent that were approved or wait, in the minute up to and with this one. */
export function rateSpike(
  { agent_id, mandate_id, transaction_id }: PurchaseFact,
  count: number,
  settings: AlertSettings["rate_spike"],
): Finding | null {
  if (count <= settings.max_per_minute) return null;
  return {
    kind: "rate_spike",
    severity: "critical",
    about: agent_id,
    level: 0,
    agent_id,
    mandate_id,
    transaction_id,
    message: `This agent had ${count} purchases approved or put before a person within a minute; more than ${settings.max_per_minute} are a spike.`,
    figures: { purchases: count, max_per_minute: settings.max_per_minute },
  };
}

/** @param count Refusals of the agent in the window, up to and with this one. */
export function repeatedRejections(
  agentId: string,
  count: number,
  settings: AlertSettings["repeated_rejections"],
): Finding | null {
  if (count < settings.count) return null;
  const critical = count >= settings.critical_count;
  return {
    kind: "repeated_rejections",
    severity: critical ? "critical" : "warning",
    about: agentId,
    level: critical ? 1 : 0,
    agent_id: agentId,
    mandate_id: null,
    transaction_id: null,
    message: `This agent was refused ${count} times within ${settings.window_minutes} minutes and goes on asking; from ${critical ? settings.critical_count : settings.count} on that is ${critical ? "critical" : "a warning"}.`,
    figures: {
      refusals: count,
      count: settings.count,
      critical_count: settings.critical_count,
      window_minutes: settings.window_minutes,
    },
  };
}
