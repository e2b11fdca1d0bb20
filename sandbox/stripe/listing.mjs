/** Lists, newest first, with Stripe's cursors; and search. */
import { invalid, noSuch } from "./errors.mjs";

/**
 * @param {any[]} all In the order in which they were made.
 * @param {Record<string, any>} params `limit`, `starting_after`, `ending_before`, `created`
 */
export function page(all, params, url, keep = () => true) {
  const { limit = 10, starting_after, ending_before, created } = params;
  if (starting_after !== undefined && ending_before !== undefined)
    throw invalid(undefined, "You can only provide one of starting_after and ending_before.", "starting_after");
  const rows = all.filter((each) => keep(each) && within(each.created, created)).reverse();
  let data;
  let has_more;
  if (ending_before === undefined) {
    const from = starting_after === undefined ? 0 : positionOf(all, rows, starting_after, "starting_after") + 1;
    data = rows.slice(from, from + limit);
    has_more = from + limit < rows.length;
  } else {
    const to = positionOf(all, rows, ending_before, "ending_before");
    data = rows.slice(Math.max(to - limit, 0), to);
    has_more = to > limit;
  }
  return { object: "list", data, has_more, url };
}

function positionOf(all, rows, id, param) {
  if (!all.some((each) => each.id === id)) throw noSuch("object", id, param);
  const at = rows.findIndex((each) => each.id === id);
  if (at === -1) throw invalid(undefined, "The cursor is not in this list.", param);
  return at;
}

function within(created, range) {
  if (range === undefined) return true;
  if (typeof range === "number") return created === range;
  const { gt, gte, lt, lte } = range;
  return (
    (gt === undefined || created > gt) &&
    (gte === undefined || created >= gte) &&
    (lt === undefined || created < lt) &&
    (lte === undefined || created <= lte)
  );
}

const CLAUSE =
  /^(?:metadata\[(['"])(?<key>[^'"]+)\1\]|(?<field>status|customer|currency)):(['"])(?<value>(?:[^'"\\]|\\.)*)\4$/;

/** The index follows what happened after a while only (`search_delay_ms`), so an empty answer proves nothing. */
export function search({ world, account, params }) {
  const clauses = params.query.split(/\s+AND\s+/).map((clause) => {
    const found = CLAUSE.exec(clause.trim());
    if (found === null) throw invalid(undefined, `The sandbox cannot read this search clause: ${clause}`, "query");
    return found.groups;
  });
  const rows = [...account.intents.values()].filter(({ searchable, intent }) => {
    const matches = ({ key, field, value }) => (key === undefined ? intent[field] : intent.metadata[key]) === value;
    return searchable <= world.clock.now() && clauses.every(matches);
  });
  const { limit = 10, page: after } = params;
  const found = page(
    rows.map(({ intent }) => intent),
    { limit, starting_after: after },
    "/v1/payment_intents/search",
  );
  const next_page = found.has_more ? found.data.at(-1).id : null;
  return { ...found, object: "search_result", next_page };
}
