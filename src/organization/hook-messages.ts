import { createHash } from "node:crypto";
import { keylessErrorFields, log } from "../edge/log.ts";
import { LIMITS } from "../limits.ts";
import type { MerchantEvent } from "../payments/acp/api.ts";
import type { RailsApi } from "../payments/rails-api.ts";
import type { HookMessage, StripeEvent } from "../payments/stripe/api.ts";
import { applyMerchantEvent } from "./acp/events.ts";
import type { HookAnswer, HookCall } from "./api.ts";
import { type HookRow, hookById, hookSecrets } from "./hooks.ts";
import type { MandateCache } from "./judge.ts";
import { first } from "./sql.ts";
import { applyStripeEvent } from "./stripe/events.ts";
import { forgetStripeKeys } from "./stripe/keys.ts";
import type { Work } from "./work.ts";

/** What receiving a provider's message needs of the object. */
export interface HookDesk {
  readonly sql: SqlStorage;
  readonly cache: MandateCache;
  readonly now: () => number;
  readonly rails: RailsApi;
  /** Milliseconds to wait, or 0. */
  readonly take: (bucket: string, perMinute: number) => number;
  /** One storage transaction in the name of the provider's rail. */
  readonly transact: <T>(rail: HookRow["kind"], action: (work: Work) => T) => T;
}

type Opened =
  | { readonly kind: "stripe"; readonly id: string; readonly event: StripeEvent }
  | { readonly kind: "acp"; readonly id: string; readonly event: MerchantEvent };

/** What each provider's events do, in the transaction that remembers them. */
export const APPLY = { stripe: applyStripeEvent, acp: applyMerchantEvent };

const REFUSED: HookAnswer = { outcome: "refused" };

/**
 * Takes one message of Stripe or a merchant. An unknown hook, one without a secret, a bad signature and an event of the
 * other mode answer alike. What could not be verified or applied for a reason of ours is `failed`, and nothing of it is
 * kept, so that the provider repeats it.
 */
export async function receiveHook(desk: HookDesk, call: HookCall): Promise<HookAnswer> {
  const hook = hookById(desk.sql, call.hook_id);
  if (hook === undefined) return REFUSED;
  const wait = desk.take(`hook:${hook.id}`, LIMITS.requestsPerKeyPerMinute);
  if (wait > 0) return { outcome: "throttled", retry_after_seconds: Math.ceil(wait / 1000) };
  try {
    const opened = await openMessage(desk, hook, call);
    if (opened === null) return REFUSED;
    return desk.transact(hook.kind, (work) => apply(work, desk.cache, hook.id, opened));
  } catch (error) {
    log("error", "hook_failed", { hook_id: hook.id, request_id: call.request_id, ...keylessErrorFields(error) });
    return { outcome: "failed" };
  }
}

async function openMessage(desk: HookDesk, hook: HookRow, call: HookCall): Promise<Opened | null> {
  const signature = hook.kind === "stripe" ? call.stripe_signature : call.merchant_signature;
  const sealed_secrets = hookSecrets(hook, desk.now());
  if (signature === null || sealed_secrets.length === 0) return null;
  const organization = first<{ id: string; mode: string }>(desk.sql, "SELECT id, mode FROM organization WHERE one = 1");
  if (organization === undefined) return null;
  const message: HookMessage = { organization_id: organization.id, sealed_secrets, signature, body: call.body };
  if (hook.kind === "acp") {
    const event = await desk.rails.openMerchantEvent(message);
    return event === null ? null : { kind: "acp", id: event.id, event };
  }
  const event = await desk.rails.openStripeEvent(message);
  // A secret of the other world at the wrong organization must not move this one's money.
  if (event === null || event.livemode !== (organization.mode === "live")) return null;
  return { kind: "stripe", id: event.id, event };
}

/** Remembers the event and applies it, or neither: what throws in here is repeated by the provider. */
function apply(work: Work, cache: MandateCache, hookId: string, opened: Opened): HookAnswer {
  // Read again: it may have been removed while Rails looked at the signature.
  const hook = hookById(work.sql, hookId);
  if (hook === undefined) return REFUSED;
  const id = eventKey(opened.id);
  const known = first(work.sql, "SELECT 1 AS yes FROM hook_events WHERE hook_id = ? AND event_id = ?", hookId, id);
  if (known !== undefined) return { outcome: "taken" };
  const seq = (first<{ seq: number | null }>(work.sql, NEWEST_EVENT, hookId)?.seq ?? 0) + 1;
  work.exec("INSERT INTO hook_events (hook_id, event_id, at, seq) VALUES (?, ?, ?, ?)", hookId, id, work.now, seq);
  work.exec("UPDATE hooks SET last_event_at = ? WHERE id = ?", work.now, hookId);
  if (opened.kind === "stripe") APPLY.stripe(work, cache, opened.event);
  else APPLY.acp(work, cache, hook.merchant_id!, opened.event);
  prune(work, hookId, seq);
  // An event can end the last payment that a retired key was kept for.
  forgetStripeKeys(work);
  return { outcome: "taken" };
}

/** A merchant chooses its ids: a long one is remembered by its hash. */
const eventKey = (id: string): string =>
  id.length <= 128 ? id : `sha256:${createHash("sha256").update(id).digest("hex")}`;

/** The place of the newest event that is remembered of a hook; 0 where there is none. */
const NEWEST_EVENT = "SELECT MAX(seq) AS seq FROM hook_events WHERE hook_id = ?";
/** Both are ranges of an index: an event costs the same however many are remembered. */
const FORGET_OLD_EVENTS = "DELETE FROM hook_events WHERE at <= ?";
const FORGET_EVENTS_BEYOND = "DELETE FROM hook_events WHERE hook_id = ? AND seq <= ?";

/**
 * Forgets events that no provider repeats any more, and of one hook all but the newest: counted per hook, so that a
 * merchant who sends much cannot make what Stripe has sent look new. The events of a hook have places without a gap, because
 * only the oldest are ever forgotten, so the place of the newest says which are too many.
 */
function prune(work: Work, hookId: string, newest: number): void {
  work.exec(FORGET_OLD_EVENTS, work.now - LIMITS.hookEventMs);
  work.exec(FORGET_EVENTS_BEYOND, hookId, newest - LIMITS.hookEventsKept);
}
