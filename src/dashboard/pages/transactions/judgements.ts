import { checkView } from "../../../organization/views.ts";
import { compileMandate } from "../../../policy/compile.ts";
import { decide } from "../../../policy/decide.ts";
import type { MandateTerms } from "../../../policy/terms.ts";
import type { CompiledMandate, Decision, Outcome, PeriodKind } from "../../../policy/types.ts";
import { type Inputs, readFact } from "../../../rehearsal/facts.ts";
import type { CheckView } from "../../../schema/common.ts";
import type { OrganizationVisit } from "../../route.ts";
import type { PastEvent } from "../audit/log.ts";

/** One time that the policy judged the purchase. */
export interface Judgement {
  readonly stage: "first" | "approval" | "execution";
  readonly seq: number;
  /** ms */
  readonly at: number;
  readonly outcome: Outcome;
  readonly mandate: { readonly id: string; readonly version: number } | null;
  /** In the documented order; null: what was recorded cannot be told again in words, only by its codes. */
  readonly checks: readonly Judged[] | null;
  readonly codes: readonly string[];
  /** Which repetition of one refusal this is. */
  readonly repeat: number;
}
export interface Judged extends CheckView {
  /** It passed, and asks for a person. */
  readonly asks: boolean;
  /** Of a budget: what is summed up. */
  readonly period: PeriodKind | null;
}

/**
 * Tells from the log how the purchase was judged. An event of a decision holds all of its inputs and the hash of the terms,
 * so the same pure policy says again what every check found. What does not come out as it was recorded is not shown.
 */
export async function judgementsOf(
  visit: Pick<OrganizationVisit, "api">,
  agentId: string,
  events: readonly PastEvent[],
): Promise<readonly Judgement[]> {
  const versions = new Versions(visit);
  const judgements: Judgement[] = [];
  for (const { seq, type, at, text } of events) {
    const fact = readFact({ type, at, body: text }, agentId);
    if (fact === null || fact === "erased") continue;
    if (fact.kind === "decision") {
      if (fact.outcome === null) continue;
      const { outcome, codes, repeat } = fact;
      const decision = await again(versions, fact, at);
      const same = decision !== null && decision.made.outcome === outcome && sameCodes(decision.made, codes);
      const checks = same ? viewOf(decision, fact) : null;
      judgements.push({ stage: "first", seq, at, outcome, mandate: fact.mandate, checks, codes, repeat });
    } else if (fact.again !== null) {
      const { stage, mandate } = fact.again;
      const decision = await again(versions, fact.again, at);
      const checks = decision === null || decision.made.outcome === "rejected" ? null : viewOf(decision, fact.again);
      judgements.push({ stage, seq, at, outcome: "approved", mandate, checks, codes: [], repeat: 1 });
    }
  }
  return judgements;
}

interface Again {
  readonly made: Decision;
  readonly compiled: CompiledMandate | null;
}

async function again(versions: Versions, { request, usage, mandate }: Inputs, at: number): Promise<Again | null> {
  if (mandate === null) return { made: decide(null, request, usage, at), compiled: null };
  const version = await versions.get(mandate.id, mandate.version);
  if (version === null || version.hash !== mandate.hash) return null;
  const compiled = compileMandate(version.terms);
  return { made: decide(compiled, request, usage, at), compiled };
}

const viewOf = ({ made, compiled }: Again, { request }: Inputs): readonly Judged[] =>
  made.checks.map((check) => ({
    ...checkView(check, request, compiled),
    asks: check.id !== undefined && made.asks.includes(check.id),
    period: check.period ?? null,
  }));

const sameCodes = ({ checks }: Decision, codes: readonly string[]): boolean =>
  JSON.stringify(checks.filter(({ passed }) => !passed).map(({ code }) => code)) === JSON.stringify(codes);

interface Version {
  readonly version: number;
  readonly hash: string;
  readonly terms: MandateTerms;
}

/** Terms of the versions that judged: most purchases need one, and that is the one in force. */
class Versions {
  readonly #api: OrganizationVisit["api"];
  readonly #known = new Map<string, readonly Version[]>();

  constructor({ api }: Pick<OrganizationVisit, "api">) {
    this.#api = api;
  }

  async get(id: string, version: number): Promise<Version | null> {
    const find = () => this.#known.get(id)?.find((one) => one.version === version);
    if (find() === undefined && !this.#known.has(id)) await this.#readCurrent(id);
    if (find() === undefined) await this.#readAll(id);
    return find() ?? null;
  }

  async #readCurrent(id: string): Promise<void> {
    const answer = await this.#api.call("getMandate", { params: { mandate_id: id } });
    this.#known.set(id, answer.ok ? [answer.body as unknown as Version] : []);
  }

  async #readAll(id: string): Promise<void> {
    const all: Version[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 100, cursor };
      const answer = await this.#api.call("listMandateVersions", { params: { mandate_id: id }, query });
      if (!answer.ok) break;
      all.push(...(answer.body.data as unknown as readonly Version[]));
      cursor = answer.body.next_cursor ?? undefined;
    } while (cursor !== undefined);
    this.#known.set(id, all);
  }
}
