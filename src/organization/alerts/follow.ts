import { RATE_WINDOW_MS, rateSpike, repeatedRejections } from "../../alerts/detect/pace.ts";
import { largeTransaction, newVendor, unusualAmount } from "../../alerts/detect/size.ts";
import { budgetThreshold, dispute, overdraft, storage, webhookDisabled } from "../../alerts/detect/state.ts";
import { type Fact, factOf, type PurchaseFact } from "../../alerts/facts.ts";
import type { Finding } from "../../alerts/kinds.ts";
import type { AlertSettings } from "../../alerts/settings.ts";
import { LIMITS } from "../../limits.ts";
import type { EventRow } from "../event-log.ts";
import type { Follower } from "../followers.ts";
import type { Work } from "../work.ts";
import {
  amountsOf,
  correctAmount,
  countInWindow,
  forgetAmount,
  meetVendor,
  type PastAmount,
  rememberAmount,
} from "./memory.ts";
import { raise } from "./raise.ts";
import { followSettings, rememberLook, SETTINGS_CHANGED, settingsInForce } from "./settings.ts";

/**
 * Watches the event log behind the payments. What it remembers comes from the log alone and every window ends at the
 * event's own instant, so a watch that lags behind raises the same alerts. Its own events, and the pauses that it
 * causes, are no facts to it: nothing that it does can make it do more.
 */
export const alertsFollower: Follower = {
  name: "alerts",
  follow(work, _cache, event) {
    if (event.type === SETTINGS_CHANGED) return followSettings(work, event.body);
    const fact = factOf(event.type, event.subject, event.body);
    if (fact === null) return;
    const { settings, lookedAt } = settingsInForce(work);
    for (const finding of findings(work, settings, fact, event)) {
      if (finding !== null) raise(work, settings, finding, event);
    }
    if (lookedAt === null || event.at >= lookedAt + LIMITS.alertStorageLookMs) lookAtStorage(work, settings, event);
  },
};

/** Takes one fact into the memory, and answers what it shows. */
function findings(work: Work, settings: AlertSettings, fact: Fact, event: EventRow): readonly (Finding | null)[] {
  switch (fact.is) {
    case "decided":
    case "approved_later": {
      const { agent_id, currency } = fact.purchase;
      const history = amountsOf(work, agent_id, currency);
      const first = fact.is === "decided" ? decided(work, settings, fact, event, history) : [];
      const approved = fact.is === "approved_later" || fact.approved;
      return approved ? [...first, bought(work, fact.purchase, event, history)] : first;
    }
    case "completed":
      correctAmount(work, fact.transaction_id, fact.settled);
      return [];
    case "undone":
      forgetAmount(work, fact.transaction_id);
      return [];
    case "refused": {
      const { window_minutes } = settings.repeated_rejections;
      const count = countInWindow(work, "refusal", fact.agent_id, event, fact.weight, window_minutes * 60_000);
      return [repeatedRejections(fact.agent_id, count, settings.repeated_rejections)];
    }
    case "overdraft":
      return [overdraft(fact)];
    case "unknown":
      work.setTimer(event.at + settings.unknown_outcome.after_minutes * 60_000, "alert_unknown", fact.transaction_id);
      return [];
    case "budget":
      return [budgetThreshold(fact)];
    case "webhook_disabled":
      return [webhookDisabled(fact.endpoint_id)];
    case "disputed":
      return [dispute(fact)];
  }
}

/** What the first judgement of a purchase shows; what waits for a person is looked at as well. */
function decided(
  work: Work,
  settings: AlertSettings,
  { purchase, approved }: Fact & { is: "decided" },
  event: EventRow,
  history: readonly PastAmount[],
): (Finding | null)[] {
  const count = countInWindow(work, "purchase", purchase.agent_id, event, 1, RATE_WINDOW_MS);
  const amounts = history.map(({ amount }) => amount);
  return [
    largeTransaction(purchase, approved, settings.large_transaction),
    rateSpike(purchase, count, settings.rate_spike),
    unusualAmount(purchase, approved, amounts, settings.unusual_amount),
  ];
}

/** What an approved purchase adds to the agent's history, after it was compared with it. */
function bought(work: Work, purchase: PurchaseFact, event: EventRow, history: readonly PastAmount[]): Finding | null {
  rememberAmount(work, event.seq, purchase, history);
  const before = meetVendor(work, purchase.agent_id, purchase.vendor);
  return before === null ? null : newVendor(purchase, before);
}

/** The one thing that is no fact of the log. It grows by the log, so the log is the occasion to look at it. */
function lookAtStorage(work: Work, settings: AlertSettings, event: EventRow): void {
  rememberLook(work, event.at);
  const finding = storage(work.sql.databaseSize, LIMITS.alertStorageBytes, LIMITS.storageRefuseBytes);
  if (finding !== null) raise(work, settings, finding, event);
}
