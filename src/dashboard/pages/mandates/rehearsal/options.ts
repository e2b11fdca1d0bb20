import type { SimulationInput } from "../../../../schema/rehearsal.ts";
import { instantOfLocal, localText } from "../../../ui/local-time.ts";

/** What a rehearsal page was asked for, as it stands in its address: reading changes nothing, so it can be bookmarked. */
export interface RehearsalOptions {
  /** `start` answers at once that it is under way, and leads to `result`; empty: nothing was asked yet. */
  readonly run: "" | "start" | "result";
  /** How often the result was asked for, because another rehearsal was under way. */
  readonly turn: number;
  readonly since: string;
  readonly until: string;
  readonly assume: "approved" | "denied";
  readonly version: string;
  readonly after_seq: string;
}

const DEFAULT_DAYS = 30;

export function readOptions(query: URLSearchParams, now: number, timezone: string): RehearsalOptions {
  const text = (name: string) => (query.get(name) ?? "").trim();
  const run = text("run");
  const turn = Number(text("turn"));
  return {
    run: run === "start" || run === "result" ? run : "",
    turn: Number.isInteger(turn) && turn > 0 ? turn : 0,
    since: text("since") || localText(now - (DEFAULT_DAYS - 1) * 86_400_000, timezone).slice(0, 10),
    until: text("until"),
    assume: text("assume") === "denied" ? "denied" : "approved",
    version: text("version"),
    after_seq: text("after_seq"),
  };
}

/** The address of the same question, one step on. */
export function optionsQuery(options: RehearsalOptions): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    if (value !== "" && value !== 0) query.set(name, String(value));
  }
  return `?${query}`;
}

/**
 * What the operation is asked. Dates are those of the organization, and `until` is the last day that belongs to it; what
 * is no date goes on as it is, for the operation to refuse.
 */
export function simulationOf(options: RehearsalOptions, timezone: string): Partial<SimulationInput> {
  const number = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : (text as unknown as number));
  return {
    since: instantOfLocal(options.since, timezone),
    ...(options.until === "" ? {} : { until: instantOfLocal(options.until, timezone, 1) }),
    ...(options.version === "" ? {} : { version: number(options.version) }),
    ...(options.after_seq === "" ? {} : { after_seq: number(options.after_seq) }),
    assume_approvals: options.assume,
  };
}
