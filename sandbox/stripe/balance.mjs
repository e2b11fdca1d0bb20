/** What an account has: what was captured, less what was refunded, or taken back by a dispute that is not won. */

export function balance({ account }) {
  const sums = new Map([["usd", 0]]);
  const add = (currency, amount) => sums.set(currency, (sums.get(currency) ?? 0) + amount);
  for (const charge of account.charges.values())
    if (charge.captured) add(charge.currency, charge.amount - charge.amount_refunded);
  for (const dispute of account.disputes.values()) if (dispute.status !== "won") add(dispute.currency, -dispute.amount);
  const rows = [...sums].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }));
  return {
    object: "balance",
    available: rows,
    livemode: false,
    pending: rows.map(({ currency }) => ({ amount: 0, currency, source_types: { card: 0 } })),
  };
}
