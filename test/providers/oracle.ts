import { expect } from "vitest";
import { type Json, selfCheck, sql, type TestOrganization } from "../support/service.ts";
import { merchant, stripe } from "./support.ts";

/** Micros in one of Stripe's minor units. */
const UNIT: Readonly<Record<string, number>> = { usd: 10_000, eur: 10_000, jpy: 1_000_000, kwd: 1_000 };

interface Row {
  readonly id: string;
  readonly protocol: string;
  readonly status: string;
  readonly currency: string;
  readonly held: number;
  readonly settled: number;
  readonly refunded: number;
  readonly session_id: string | null;
}

const ROWS = `SELECT t.id, t.protocol, t.status, t.currency, t.held, t.settled, t.refunded, c.session_id
  FROM transactions t LEFT JOIN acp_checkouts c ON c.transaction_id = t.id ORDER BY t.seq`;
const FREE = ["voided", "released", "rejected", "denied", "expired"];
const FINAL = [...FREE, "completed", "refunded"];

/** The PaymentIntents of a transaction: our own by their metadata, the merchant's by the session that they pay. */
export const intentsOf = (row: Pick<Row, "id" | "session_id">, { payment_intents }: Json): Json[] =>
  payment_intents.filter(
    ({ metadata }: Json) =>
      metadata.quetra_transaction === row.id ||
      (row.session_id !== null && metadata.checkout_session_id === row.session_id),
  );

/**
 * The whole truth about an organization whose payments have all ended: Stripe has taken what the ledger has settled, once,
 * to the minor unit; nothing is held; and of what the ledger gave back nothing can be taken any more.
 */
export async function expectAgreement(scene: TestOrganization): Promise<void> {
  const state = await stripe("state");
  const rows = await sql<Row>(scene, ROWS);
  for (const row of rows) {
    expect(FINAL, row.id).toContain(row.status);
    expect(row.held, row.id).toBe(0);
    const intents = intentsOf(row, state);
    const taken = intents.filter(({ status }) => status === "succeeded");
    expect(taken.length, `payments of ${row.id}`).toBe(row.settled === 0 ? 0 : 1);
    for (const { amount_received, currency } of taken) {
      expect(currency.toUpperCase()).toBe(row.currency);
      expect(amount_received * (UNIT[currency] ?? Number.NaN), row.id).toBe(row.settled);
    }
    if (row.protocol === "acp") expectDeadTokens(row, state, intents);
    else if (FREE.includes(row.status)) {
      expect(intents.filter(({ status }) => status !== "canceled")).toEqual([]);
    }
    const refunds = refundsOf(intents, state);
    expect(refunds * (UNIT[row.currency.toLowerCase()] ?? Number.NaN), `refunds of ${row.id}`).toBe(row.refunded);
  }
  await expectBooks(scene, rows);
  const { violations, faults } = await merchant("state");
  expect({ violations, faults }).toEqual({ violations: [], faults: [] });
}

/** Whatever became of a checkout, nobody holds a token that could still pay for it. */
function expectDeadTokens(row: Row, { tokens }: Json, intents: readonly Json[]): void {
  const own = tokens.filter(({ shared_metadata }: Json) => shared_metadata.quetra_transaction === row.id);
  expect(own.length, `tokens of ${row.id}`).toBeLessThanOrEqual(1);
  for (const { status, deactivated_reason, usage_details } of own) {
    expect(status).toBe("deactivated");
    expect(deactivated_reason === "consumed").toBe(row.settled > 0);
    expect(usage_details.amount_captured === null).toBe(row.settled === 0);
  }
  if (row.settled === 0) {
    const alive = ["succeeded", "processing", "requires_capture"];
    expect(intents.filter(({ status }) => alive.includes(status))).toEqual([]);
  }
}

const refundsOf = (intents: readonly Json[], { refunds }: Json): number =>
  refunds
    .filter(
      ({ payment_intent, status }: Json) => status === "succeeded" && intents.some(({ id }) => id === payment_intent),
    )
    .reduce((sum: number, { amount }: Json) => sum + amount, 0);

/** The ledger's own report, and the budgets against the transactions. */
async function expectBooks(scene: TestOrganization, rows: readonly Row[]): Promise<void> {
  expect((await selfCheck(scene)).ledger).toEqual({ valid: true, problems: [] });
  const spent = rows.reduce((sum, { settled, refunded }) => sum + settled - refunded, 0);
  const [sums] = await sql<{ held: number; settled: number }>(
    scene,
    "SELECT COALESCE(SUM(held), 0) AS held, COALESCE(SUM(settled), 0) AS settled FROM counters WHERE owner LIKE 'mdt%'",
  );
  expect(sums).toEqual({ held: 0, settled: spent });
}
