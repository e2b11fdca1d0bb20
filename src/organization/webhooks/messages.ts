import type { Env } from "../../env.ts";
import { decide } from "../../policy/decide.ts";
import type { CompiledMandate, PurchaseRequest, Usage } from "../../policy/types.ts";
import { publicUrl } from "../../public-url.ts";
import { isPublicType } from "../../webhooks/catalogue.ts";
import { type LoggedEvent, type PayloadContext, publicBody } from "../../webhooks/payload.ts";
import type { EventBody, EventRow } from "../event-log.ts";
import type { MandateCache } from "../judge.ts";
import { findTransaction } from "../transactions.ts";
import { checkView } from "../views.ts";
import type { Work } from "../work.ts";
import type { MessageRow } from "./store.ts";

/** What of a decision the log holds: all of its inputs. */
interface Decided {
  readonly request?: PurchaseRequest;
  readonly usage?: Usage;
  readonly mandate?: { readonly id: string; readonly version: number } | null;
  readonly asks?: readonly string[];
}

/** The message that an event is sent as, or null where its type never leaves or its body was erased. */
export function messageOf(work: Work, cache: MandateCache, env: Env, row: EventRow): MessageRow | null {
  if (!isPublicType(row.type) || row.body === null) return null;
  const { id, type, at, seq, subject } = row;
  const event: LoggedEvent = {
    id,
    type,
    at,
    seq,
    subject,
    data: (JSON.parse(row.body) as EventBody).data as Decided & LoggedEvent["data"],
  };
  const body = publicBody(event, contextOf(work, cache, env, event));
  return body === null ? null : { id, type, at, seq, body: JSON.stringify(body) };
}

function contextOf(work: Work, cache: MandateCache, env: Env, event: LoggedEvent): PayloadContext {
  const { request, usage, mandate, asks = [] } = event.data as Decided;
  const compiled = mandate == null ? null : cache.get(work, mandate.id, mandate.version).compiled;
  const rejected = event.type === "transaction.rejected" && request !== undefined && usage !== undefined;
  return {
    transaction: event.subject?.startsWith("txn_") === true ? (findTransaction(work, event.subject) ?? null) : null,
    reasons: rejected ? reasonsOf(compiled, request, usage, event.at) : [],
    asks: compiled === null ? [] : compiled.rules.filter((rule) => asks.includes(rule.id)).map((rule) => rule.words),
    publicUrl: publicUrl(env),
  };
}

/** The same inputs give the same decision, so the checks need not be stored to be told. */
const reasonsOf = (mandate: CompiledMandate | null, request: PurchaseRequest, usage: Usage, at: number) =>
  decide(mandate, request, usage, at)
    .checks.filter((check) => !check.passed)
    .map((check) => checkView(check, request, mandate));
