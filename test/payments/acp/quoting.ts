import { expect } from "vitest";
import type { AcpVersion, CheckoutQuoted } from "../../../src/payments/acp/api.ts";
import type { Json } from "./published.ts";
import { json, quoteOrder, rails, session, shop } from "./shop.ts";

export const NEWEST = "2026-04-17";
export type Order = NonNullable<Parameters<typeof quoteOrder>[1]>;

/** A quote of a merchant that answers every step with this session. Every request is judged by the published schema. */
export async function quoteOf(
  answer: Json | ((step: string, count: number) => Json),
  changes: Order = {},
  version: AcpVersion = NEWEST,
) {
  const outbound = shop(version, (step, _seen, count) => {
    if (step === "cancel") return json(session(version, { status: "canceled" }));
    return json(typeof answer === "function" ? answer(step, count) : answer, step === "create" ? 201 : 200);
  });
  const quoted = await rails(outbound).checkoutQuote(await quoteOrder(version, changes));
  expect(outbound.faults).toEqual([]);
  return { quoted, outbound };
}

export const codeOf = (quoted: CheckoutQuoted): string => (quoted.kind === "refused" ? quoted.refusal.code : "session");
