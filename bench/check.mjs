/** Facts that no machine can change. Parts that were not run have none. */

/** @returns {string[]} What is wrong. */
export function check({ history, x402 }) {
  return [...checkHistory(history), ...(x402 === null ? [] : checkX402(x402.counts))];
}

function checkHistory(history) {
  const uses = Object.entries(history?.use ?? {});
  return uses.flatMap(([name, use]) => [
    ...["rows_read", "rows_written"].flatMap((key) =>
      use[key] === uses[0][1][key] ? [] : [`${name}: ${key} is ${use[key]}, not ${uses[0][1][key]}`],
    ),
    ...(use.transactions === 1 ? [] : [`${name}: ${use.transactions} storage transactions for one evaluate`]),
  ]);
}

function checkX402({ paid, unpaid }) {
  const wrong = [];
  if (paid.requests !== 2 || paid.paying !== 1) {
    wrong.push(`a paid fetch sent ${paid.requests} requests, ${paid.paying} of them with a payment, not 2 and 1`);
  }
  if (paid.use.commits > 3) wrong.push(`a paid fetch made ${paid.use.commits} commits, more than 3`);
  if (unpaid.requests !== 1 || unpaid.paying !== 0) {
    wrong.push(
      `an unpaid fetch sent ${unpaid.requests} requests, ${unpaid.paying} of them with a payment, not 1 and 0`,
    );
  }
  if (unpaid.use.commits !== 0) wrong.push(`an unpaid fetch made ${unpaid.use.commits} commits, not none`);
  return wrong;
}
