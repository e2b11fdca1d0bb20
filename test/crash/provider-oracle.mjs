/**
 * Compares what agents were told, what the ledger says, and what Stripe and the merchant have done. Each point answers the
 * findings against it; none = passed. Knows nothing of the service's code: sums are made here, from rows.
 *
 * @typedef {{ op?: string, transaction?: string, session?: string, micros: number }} Taken
 *   Money that was really taken: by a charge of ours, or by the merchant with a token.
 */
import { chain as chainOfEvents, killed, micros, missing, overspent } from "./oracle.mjs";

const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);

export function judgeProviders({ diary, ledger, disk, journal, taken, shop, kills, wanted, points }) {
  const { payments } = journal;
  const purchases = [...diary.purchases.values()].filter(({ answers }) => answers.length > 0);
  const attributed = attribute(taken, payments);
  return [
    { name: "UNRESOLVED", findings: unresolved(ledger, payments) },
    { name: "SUMS DIFFER", findings: sums(ledger, payments, taken) },
    { name: "DOUBLE PAYMENTS", findings: doubles(attributed) },
    { name: "PAID, NOT IN LEDGER", findings: notBooked(attributed) },
    { name: "IN LEDGER, NOT PAID", findings: notPaid(payments, attributed) },
    { name: "ORDERS DIFFER", findings: ordersDiffer(payments, shop.orders) },
    { name: "SCHEMA VIOLATIONS", findings: shop.violations.map((one) => JSON.stringify(one)) },
    { name: "ONE KEY, ONE TRANSACTION", findings: keys(purchases, payments) },
    { name: "ACKED PAYMENTS LOST", findings: acknowledged(purchases, payments) },
    { name: "LAST ANSWERS DIFFER", findings: last(purchases, payments) },
    { name: "IN-DOUBT UNRESOLVED", findings: Array(diary.gave_up).fill("a call found no answer at all") },
    { name: "UNEXPECTED ANSWERS", findings: diary.unexpected },
    { name: "OVERSPENT", findings: overspent(ledger) },
    { name: "COUNTERS ≠ RESERVATIONS", findings: ledger.ledger.problems },
    { name: "CHAIN OF EVENTS", findings: chainOfEvents(ledger, disk) },
    { name: "EVENTS MISSING IN D1", findings: missing(disk.events, disk.d1.events, ({ seq }) => seq) },
    { name: "TRANSACTIONS DIFFER IN D1", findings: missing(disk.transactions, disk.d1.transactions, ({ id }) => id) },
    { name: "DISK", findings: disk.integrity.filter((text) => text !== "ok") },
    { name: "KILLS", findings: [...killed(kills, wanted), ...spared(kills, points)] },
  ];
}

const ENDED = ["completed", "voided", "released", "rejected", "denied", "expired"];

function unresolved({ transactions }, payments) {
  return [
    ...transactions.filter(({ status }) => !ENDED.includes(status)).map(({ id, status }) => `${id}: still ${status}`),
    // A token that ended unused is looked at beyond its own end, for what may come late: nothing of it is open.
    ...payments
      .filter(({ watch_at, outcome, status }) => watch_at !== null && !(outcome === "unpaid" && status === "voided"))
      .map(({ id }) => `${id}: still watched`),
    ...payments.filter(({ held }) => held !== 0).map(({ id, held }) => `${id}: still holds ${held}`),
  ];
}

/** Three ways to the same number: what REST says, what the rows say, what was taken. */
function sums({ transactions }, payments, taken) {
  const said = transactions.reduce((total, row) => total + micros(row.amount_settled), 0);
  const booked = sum(payments, "settled");
  const moved = sum(taken, "micros");
  return said === booked && booked === moved
    ? []
    : [`settled ${said} by the API, ${booked} by the rows; ${moved} was taken`];
}

/** Every sum that was taken, with the payment that it belongs to: by our transaction, or by the merchant's session. */
function attribute(taken, payments) {
  const byId = new Map(payments.map((row) => [row.id, row]));
  const bySession = new Map(payments.filter((row) => row.protocol === "acp").map((row) => [row.reference, row]));
  return taken.map((one) => ({ ...one, row: byId.get(one.transaction) ?? bySession.get(one.session) }));
}

/** One purchase takes money once at most, under whatever keys. */
function doubles(attributed) {
  const byOp = Map.groupBy(attributed, ({ row, transaction, session }) => row?.op ?? transaction ?? session);
  return [...byOp]
    .filter(([, found]) => found.length > 1)
    .map(([op, found]) => `${op}: taken ${found.length} times, ${sum(found, "micros")} in all`);
}

function notBooked(attributed) {
  return attributed.flatMap(({ row, transaction, session, micros: amount }) => {
    if (row === undefined) return [`${transaction ?? session}: ${amount} was taken, and no transaction knows of it`];
    return row.status === "completed" && row.settled === amount
      ? []
      : [`${row.id}: ${amount} was taken; the ledger says ${row.status}, ${row.settled}`];
  });
}

function notPaid(payments, attributed) {
  const paid = new Set(attributed.map(({ row }) => row?.id));
  return payments
    .filter(({ id, settled }) => settled > 0 && !paid.has(id))
    .map(({ id, settled }) => `${id}: ${settled} settled, and nobody has taken it`);
}

/** Whatever the merchant delivers was paid by one of ours, and what we call ordered is an order there. */
function ordersDiffer(payments, orders) {
  const bySession = new Map(payments.filter((row) => row.protocol === "acp").map((row) => [row.reference, row]));
  const known = new Set(orders.map(({ id }) => id));
  return [
    ...orders
      .filter(({ session }) => bySession.get(session)?.status !== "completed")
      .map(({ id, session }) => `order ${id} of ${session}: not completed in the ledger`),
    ...payments
      .filter(({ outcome, order_id }) => outcome === "ordered" && !known.has(order_id))
      .map(({ id, order_id }) => `${id}: names the order ${order_id}, which the merchant does not have`),
  ];
}

function keys(purchases, payments) {
  const rows = Map.groupBy(payments, ({ agent_id, idempotency_key }) => `${agent_id} ${idempotency_key}`);
  const ops = Map.groupBy(payments, ({ op }) => op);
  const several = (map) =>
    [...map].filter(([, { length }]) => length > 1).map(([key, { length }]) => `${key}: ${length} rows`);
  const told = purchases.flatMap(({ op, answers, final }) => {
    const ids = [...answers, ...(final ? [final] : [])].filter(
      ({ outcome, transaction_id }) => outcome !== "rejected" && transaction_id !== null,
    );
    return new Set(ids.map(({ transaction_id }) => transaction_id)).size > 1
      ? [`${op}: answered with several ids`]
      : [];
  });
  return [...several(rows), ...several(ops), ...told];
}

function acknowledged(purchases, payments) {
  const byId = new Map(payments.map((row) => [row.id, row]));
  return purchases.flatMap(({ op, answers }) =>
    answers
      .filter(({ outcome }) => outcome === "charged" || outcome === "ordered")
      .filter(({ transaction_id }) => {
        const row = byId.get(transaction_id);
        return row?.status !== "completed" || row.op !== op;
      })
      .map(({ transaction_id }) => `${op}: told paid (${transaction_id}), the ledger says otherwise`),
  );
}

/** Asked again at the end, the same key answers what the ledger says. */
function last(purchases, payments) {
  const byId = new Map(payments.map((row) => [row.id, row]));
  return purchases.flatMap(({ op, final }) => {
    const row = byId.get(final?.transaction_id);
    if (final == null || row === undefined) return [];
    const paid = final.outcome === "charged" || final.outcome === "ordered";
    return paid === (row.status === "completed" && row.outcome !== "paid_no_order")
      ? []
      : [`${op}: answered ${final.outcome}, is ${row.status} ${row.outcome}`];
  });
}

function spared(kills, points) {
  const hit = new Set(kills.map(({ point }) => point));
  return points.filter((point) => !hit.has(point)).map((point) => `nobody was killed at ${point}`);
}
