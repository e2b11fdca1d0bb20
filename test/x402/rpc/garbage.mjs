/** What an endpoint may answer with status 200 that is no whole answer. Made from the honest one. */
const json = (change) => (honest) => JSON.stringify(change(honest));
const each = (change) => json((honest) => (Array.isArray(honest) ? honest.map(change) : change(honest)));

/** @type {Record<string, (honest: any) => string>} */
export const GARBAGE = {
  html: () => "<!doctype html><title>502 Bad Gateway</title>",
  empty: () => "",
  cut: (honest) => JSON.stringify(honest).slice(0, -3),
  null: () => "null",
  object: json((honest) => (Array.isArray(honest) ? honest[0] : [honest])),
  "one-missing": json((honest) => (Array.isArray(honest) ? honest.slice(0, -1) : [])),
  "one-too-many": json((honest) => (Array.isArray(honest) ? [...honest, honest[0]] : [honest, honest])),
  "wrong-ids": each((answer) => ({ ...answer, id: 77 })),
  "text-ids": each((answer) => ({ ...answer, id: String(answer.id) })),
  "no-result": each(({ result, ...rest }) => rest),
  "null-results": each((answer) => ({ ...answer, result: null })),
  "number-results": each((answer) => ({ ...answer, result: 1 })),
  "empty-results": each((answer) => ({ ...answer, result: "0x" })),
  "two-results": each((answer) => ({ ...answer, result: `0x${"0".repeat(63)}2` })),
  "not-utf8": (honest) => JSON.stringify(honest).replace("jsonrpc", "json\ufffdrpc"),
};
