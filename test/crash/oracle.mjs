/**
 * Compares what clients were told with what is there. Each point answers the findings against it; none = passed.
 * Knows nothing of the service's code: sums are made here, from rows.
 */
export const micros = (major) => Math.round(major * 1_000_000);

export function judge({ diary, ledger, disk, heads, kills, wanted, webhooks }) {
  const byOp = Map.groupBy(
    ledger.transactions.filter(({ metadata, status }) => metadata?.op !== undefined && status !== "rejected"),
    ({ metadata }) => metadata.op,
  );
  const byId = new Map(ledger.transactions.map((row) => [row.id, row]));
  const purchases = [...diary.purchases.values()].filter(({ answers }) => answers.length > 0);
  return [
    { name: "ACKED-LOST", findings: lost(purchases, byOp, byId) },
    { name: "ACK-DIFFERS", findings: different(purchases, byOp, byId) },
    { name: "DUPLICATES", findings: duplicates(purchases, byOp) },
    { name: "IN-DOUBT UNRESOLVED", findings: Array(diary.gave_up).fill("a call found no answer at all") },
    { name: "UNEXPECTED ANSWERS", findings: diary.unexpected },
    { name: "OVERSPENT", findings: overspent(ledger) },
    { name: "COUNTERS ≠ RESERVATIONS", findings: ledger.ledger.problems },
    { name: "CHAIN", findings: chain(ledger, disk) },
    { name: "ACKED HEADS LOST", findings: headsLost(heads, disk) },
    { name: "EVENTS MISSING IN D1", findings: missing(disk.events, disk.d1.events, ({ seq }) => seq) },
    { name: "TRANSACTIONS DIFFER IN D1", findings: missing(disk.transactions, disk.d1.transactions, ({ id }) => id) },
    { name: "EVENTS NOT DELIVERED", findings: undelivered(webhooks, disk) },
    { name: "DELIVERIES WRONG", findings: webhooks.findings },
    { name: "DISK", findings: disk.integrity.filter((text) => text !== "ok") },
    { name: "KILLS", findings: killed(kills, wanted) },
  ];
}

/** A purchase that was answered must be there, under the id that was told. Rejections share rows, so only the id counts. */
function lost(purchases, byOp, byId) {
  return purchases.flatMap(({ op, answers }) => {
    const last = answers.at(-1);
    const there = last.status === "rejected" ? byId.has(last.transaction_id) : byOp.has(op);
    return there ? [] : [`${op}: answered ${last.status}, and nothing of it is left`];
  });
}

/**
 * The last answer about a purchase is where it must stand: status, held, settled, refunded, to the micro. Only the row of a
 * rejection may be another purchase's: a flood of refusals shares rows.
 */
function different(purchases, byOp, byId) {
  return purchases.flatMap(({ op, agent, amount, vendor, state }) => {
    const row = state === undefined ? byOp.get(op)?.[0] : byId.get(state.id);
    if (row === undefined) return [];
    const shared = state?.status === "rejected";
    const wrong = [];
    const compare = (what, told, is) => {
      if (told !== is) wrong.push(`${what} told ${told}, is ${is}`);
    };
    compare("agent", agent, row.agent_id);
    if (!shared) {
      compare("vendor", vendor, row.vendor);
      compare("amount", amount, micros(row.amount));
      compare("op", op, row.metadata?.op);
    }
    if (state !== undefined) {
      compare("status", state.status, row.status);
      compare("held", micros(state.held), micros(row.amount_held));
      compare("settled", micros(state.settled), micros(row.amount_settled));
      compare("refunded", micros(state.refunded), micros(row.amount_refunded ?? 0));
    }
    return wrong.length === 0 ? [] : [`${op}: ${wrong.join("; ")}`];
  });
}

function duplicates(purchases, byOp) {
  const rows = [...byOp].filter(([, found]) => found.length > 1).map(([op, found]) => `${op}: ${found.length} rows`);
  const answers = purchases
    .filter(({ answers }) => new Set(answers.map(({ transaction_id }) => transaction_id)).size > 1)
    .map(({ op }) => `${op}: repeated calls were answered with different transactions`);
  return [...rows, ...answers];
}

/** Every budget of the run is a total, so what counts on it is the sum over all its transactions. */
export function overspent({ transactions, mandates, organization }) {
  const findings = [];
  const check = (name, budget, rows) => {
    const held = rows.reduce((sum, row) => sum + micros(row.amount_held), 0);
    const settled = rows.reduce((sum, row) => sum + micros(row.amount_settled) - micros(row.amount_refunded ?? 0), 0);
    if (held + settled > micros(budget.limit)) findings.push(`${name}: ${held + settled} of ${micros(budget.limit)}`);
    if (micros(budget.held) !== held || micros(budget.settled) !== settled) {
      findings.push(`${name}: shows held ${budget.held}, settled ${budget.settled}; its rows say ${held}, ${settled}`);
    }
  };
  for (const mandate of mandates) {
    const rows = transactions.filter(({ mandate_id }) => mandate_id === mandate.id);
    for (const budget of mandate.budgets) check(mandate.id, budget, rows);
  }
  for (const budget of organization.budgets) check("organization", budget, transactions);
  for (const row of transactions) if (row.overdraft === true) findings.push(`${row.id}: overdraft`);
  return findings;
}

export function chain({ chains, head }, { events }) {
  const broken = chains.filter(({ valid }) => !valid).map(({ broken_at, problem }) => `event ${broken_at}: ${problem}`);
  if (events.some(({ seq }, index) => seq !== index + 1)) broken.push("the numbers of the events have a gap");
  if (chains.at(-1).last_seq !== head.seq || events.at(-1).hash !== head.hash) broken.push("the head is another event");
  return broken;
}

/** Who was told a head of the chain holds proof of all before it: every one of them must still be in the chain. */
function headsLost(heads, { events }) {
  return heads
    .filter(({ seq, hash }) => events[seq - 1]?.hash !== hash)
    .map(({ seq }) => `head ${seq} was shown, and is not in the chain`);
}

export function missing(here, there, key) {
  const arrived = new Map(there.map((row) => [key(row), JSON.stringify(row)]));
  const findings = here
    .filter((row) => arrived.get(key(row)) !== JSON.stringify(row))
    .map((row) => `${key(row)}: ${arrived.has(key(row)) ? "differs" : "is missing"}`);
  if (there.length > here.length) findings.push(`${there.length - here.length} more than there are`);
  return findings;
}

/** What the endpoint was subscribed to, from its creation on: each must have arrived, and nothing that did not happen. */
export function undelivered({ types, since, seen }, { events }) {
  const wanted = events.filter(({ seq, type }) => seq > since && types.includes(type));
  const known = new Set(wanted.map(({ id }) => id));
  const invented = [...seen].filter((id) => !known.has(id)).map((id) => `${id}: there is no such event`);
  const arrived = new Set(seen);
  return [
    ...wanted.filter(({ id }) => !arrived.has(id)).map(({ id, seq, type }) => `${seq} ${type} ${id}`),
    ...invented,
  ];
}

export function killed(kills, wanted) {
  const findings = kills.filter(({ recovery_ms }) => recovery_ms === null).map(({ pid }) => `${pid}: no recovery`);
  if (kills.length < wanted) findings.push(`${kills.length} of ${wanted} kills happened`);
  if (new Set(kills.map(({ pid }) => pid)).size < kills.length) findings.push("a process was counted twice");
  return findings;
}
