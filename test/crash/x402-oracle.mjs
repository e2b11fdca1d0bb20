/**
 * Compares what agents were told, what the ledger says, and what the chain has done. Each point answers the findings
 * against it; none = passed. Knows nothing of the service's code: sums are made here, from rows and from the chain's logs.
 */
import { chain as chainOfEvents, killed, micros, missing, overspent } from "./oracle.mjs";

const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);

export function judgePayments({ diary, ledger, disk, journal, chain, visits, kills, wanted, points }) {
  const { payments, kept } = journal;
  const purchases = [...diary.purchases.values()].filter(({ answers }) => answers.length > 0);
  const transfers = withNonces(chain);
  return [
    { name: "UNRESOLVED", findings: unresolved(ledger, payments) },
    { name: "SUMS DIFFER", findings: sums(ledger, payments, chain) },
    { name: "DOUBLE PAYMENTS", findings: doubles(payments, transfers.rows, visits) },
    { name: "PAID, NOT IN LEDGER", findings: [...transfers.findings, ...notBooked(payments, transfers.rows)] },
    { name: "IN LEDGER, NOT PAID", findings: notPaid(payments, transfers.rows) },
    { name: "ONE KEY, ONE TRANSACTION", findings: keys(purchases, payments) },
    { name: "ACKED PAYMENTS LOST", findings: acknowledged(purchases, payments) },
    { name: "LAST ANSWERS DIFFER", findings: last(purchases, payments, kept) },
    { name: "ANSWERS LOST", findings: answersLost(payments, kept) },
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

const ENDED = ["completed", "voided", "released", "rejected", "denied"];

function unresolved({ transactions }, payments) {
  return [
    ...transactions.filter(({ status }) => !ENDED.includes(status)).map(({ id, status }) => `${id}: still ${status}`),
    ...payments.filter(({ watch_at }) => watch_at !== null).map(({ id }) => `${id}: still watched`),
    ...payments.filter(({ held }) => held !== 0).map(({ id, held }) => `${id}: still holds ${held}`),
  ];
}

/** Four ways to the same number: what REST says, what the rows say, what the chain logged, what the wallet is short of. */
function sums({ transactions }, payments, { start, balance, transfers }) {
  const said = transactions.reduce((total, row) => total + micros(row.amount_settled), 0);
  const booked = sum(payments, "settled");
  const moved = sum(transfers, "value");
  const spent = start - balance;
  return said === booked && booked === moved && moved === spent
    ? []
    : [`settled ${said} by the API, ${booked} by the rows; moved ${moved} by the logs, ${spent} by the balance`];
}

/** Each authorization moves money in a transaction of its own: anything else would be money that nobody can attribute. */
function withNonces({ used, transfers }) {
  const nonces = Map.groupBy(used, ({ hash }) => hash);
  const moved = Map.groupBy(transfers, ({ hash }) => hash);
  const hashes = [...new Set([...nonces.keys(), ...moved.keys()])];
  const odd = hashes.filter((hash) => nonces.get(hash)?.length !== 1 || moved.get(hash)?.length !== 1);
  const even = hashes.filter((hash) => !odd.includes(hash));
  return {
    rows: even.map((hash) => ({ ...moved.get(hash)[0], nonce: nonces.get(hash)[0].nonce })),
    findings: odd.map(
      (hash) => `${hash}: ${nonces.get(hash)?.length ?? 0} nonces, ${moved.get(hash)?.length ?? 0} moves`,
    ),
  };
}

/** One purchase of one agent moves money once at most, under whatever keys; and one signature at most leaves the service. */
function doubles(payments, transfers, visits) {
  const opOf = new Map(payments.map(({ nonce, op }) => [nonce, op]));
  const paid = Map.groupBy(transfers, ({ nonce }) => opOf.get(nonce) ?? nonce);
  const several = [...paid].filter(([, found]) => found.length > 1);
  const sent = [...visits].filter(([, { nonces }]) => nonces.length > 1);
  return [
    ...several.map(([op, found]) => `${op}: paid ${found.length} times, ${sum(found, "value")} in all`),
    ...sent.map(([op, { nonces }]) => `${op}: sent with a payment ${nonces.length} times`),
  ];
}

function notBooked(payments, transfers) {
  const byNonce = new Map(payments.map((row) => [row.nonce, row]));
  return transfers.flatMap(({ nonce, value, to }) => {
    const row = byNonce.get(nonce);
    if (row === undefined) return [`${nonce}: ${value} moved, and no transaction has this nonce`];
    const right = row.status === "completed" && row.settled === value && row.value === value && row.pay_to === to;
    return right
      ? []
      : [`${row.id}: ${value} to ${to} moved; the ledger says ${row.status}, ${row.settled} to ${row.pay_to}`];
  });
}

function notPaid(payments, transfers) {
  const moved = new Map(transfers.map((row) => [row.nonce, row]));
  return payments.flatMap(({ id, status, settled, nonce, settlement_hash }) => {
    if (status !== "completed") return settled === 0 ? [] : [`${id}: ${status}, with ${settled} settled`];
    const transfer = moved.get(nonce);
    if (transfer === undefined) return [`${id}: completed with ${settled}, and the chain has nothing of it`];
    return [null, transfer.hash].includes(settlement_hash)
      ? []
      : [`${id}: names ${settlement_hash}, was ${transfer.hash}`];
  });
}

function keys(purchases, payments) {
  const rows = Map.groupBy(payments, ({ agent_id, idempotency_key }) => `${agent_id} ${idempotency_key}`);
  const ops = Map.groupBy(payments, ({ op }) => op);
  const several = (map) =>
    [...map].filter(([, { length }]) => length > 1).map(([key, { length }]) => `${key}: ${length} rows`);
  const told = purchases.flatMap(({ op, answers, final }) => {
    const ids = [...answers, ...(final ? [final] : [])].filter(({ outcome }) => outcome !== "rejected");
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
      .filter(({ outcome }) => outcome === "paid")
      .filter(({ transaction_id, hash }) => {
        const row = byId.get(transaction_id);
        return row?.status !== "completed" || row.op !== op || (hash !== null && hash !== row.settlement_hash);
      })
      .map(({ transaction_id, hash }) => `${op}: told paid (${transaction_id}, ${hash}), the ledger says otherwise`),
  );
}

/** Asked again at the end, the same key answers what the ledger says, and delivers what is kept. */
function last(purchases, payments, kept) {
  const byId = new Map(payments.map((row) => [row.id, row]));
  return purchases.flatMap(({ op, final }) => {
    if (final === undefined || final === null) return [];
    const row = byId.get(final.transaction_id);
    const expected = row?.status === "completed" ? "paid" : row?.status === "denied" ? "rejected" : "already_used";
    if (final.outcome !== expected) return [`${op}: answered ${final.outcome}, is ${row?.status}`];
    const isKept = row.http_status === 200 && kept.has(row.id);
    return isKept === final.delivered
      ? []
      : [`${op}: what was paid for is ${isKept ? "kept" : "not kept"}, and is not shown so`];
  });
}

/** How many answers the service promises to keep for each agent. */
const KEPT_PER_AGENT = 100;

/** What a seller answered to a payment is kept, whatever was killed afterwards. */
function answersLost(payments, kept) {
  const answered = payments.filter(({ http_status }) => http_status !== null);
  return [...Map.groupBy(answered, ({ agent_id }) => agent_id)].flatMap(([agent, rows]) => {
    const there = rows.filter(({ id }) => kept.has(id)).length;
    const promised = Math.min(rows.length, KEPT_PER_AGENT);
    return there >= promised ? [] : [`${agent}: ${there} of ${promised} answers are kept`];
  });
}

function spared(kills, points) {
  const hit = new Set(kills.map(({ point }) => point));
  return points.filter((point) => !hit.has(point)).map((point) => `nobody was killed at ${point}`);
}
