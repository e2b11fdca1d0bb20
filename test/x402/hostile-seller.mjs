/**
 * A seller that does what sellers must not do, one path per trick, and writes down all that reaches it.
 *
 *   ANY  /c/<case>/<row>?version=1|2&amount=&validity=&pad=   `case`: a name that the test makes up; `row`: a key of ROWS
 *   GET  /_log/<case>       everything that came in for this case on either port, and what was settled
 *   POST /_settle/<case>    puts a kept signature on the chain: {index?, at?: "before" | "after" its validBefore}
 *   GET  /_forbidden        connections to the port that nobody may call
 *   GET  /_rows             the names of the rows
 *
 * The second port is the same seller as another origin: the log says on which port a request came in.
 */
import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { chainAt } from "../../sandbox/chain-handles.mjs";
import { accountOn } from "../../sandbox/facilitator.mjs";
import { ANSWERS, PAID_BY_QUOTE_ROW, serve } from "./hostile/answers.mjs";
import { BODIES, PAID_BODIES } from "./hostile/bodies.mjs";
import { Case } from "./hostile/case.mjs";
import { POISON, poisonedGoods } from "./hostile/poison.mjs";
import { QUOTES } from "./hostile/quotes.mjs";
import { REDIRECTS } from "./hostile/redirects.mjs";
import { honestOption, plain, render } from "./hostile/render.mjs";

const MAX_BODY_BYTES = 256 * 1024;
const honestQuote = (place) => render(place, [honestOption(place)]);
const entries = (rows, make) => Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, make(row, name)]));

/** @type {Record<string, { ask: Function, paid: Function }>} What a row answers without and with a payment. */
export const ROWS = {
  ...entries(QUOTES, (ask, name) => ({ ask, paid: PAID_BY_QUOTE_ROW[name] ?? serve })),
  ...entries(POISON, (ask) => ({ ask, paid: serve })),
  ...entries(REDIRECTS, (ask) => ({ ask, paid: ask })),
  ...entries(BODIES, (ask) => ({ ask, paid: serve })),
  ...entries(ANSWERS, (paid) => ({ ask: honestQuote, paid })),
  ...entries({ ...PAID_BODIES, "poisoned-goods": poisonedGoods }, (answer) => ({
    ask: honestQuote,
    paid: async (place, deal) => {
      await deal.case.settle(deal.seller, deal.payment);
      return answer(place, deal);
    },
  })),
};

/**
 * @param {{ rpcUrl: string, port?: number, otherPort?: number, forbiddenPort?: number }} options
 */
export async function startHostileSeller({ rpcUrl, port = 0, otherPort = 0, forbiddenPort = 0 }) {
  const [seller, thirdParty] = await Promise.all([
    accountOn(rpcUrl, "hostile seller"),
    accountOn(rpcUrl, "third party"),
  ]);
  const chain = chainAt(rpcUrl);
  /** @type {Map<string, Case>} */
  const cases = new Map();
  const caseOf = (id) => {
    if (!cases.has(id)) cases.set(id, new Case(id));
    return cases.get(id);
  };

  const forbidden = createTcpServer((socket) => {
    forbidden.connections_seen += 1;
    socket.destroy();
  });
  forbidden.connections_seen = 0;
  const origins = [];
  const servers = [];

  const handler = (at) => async (request, response) => {
    try {
      const url = new URL(request.url, origins[at]);
      const body = await readBody(request);
      const [, kind, id, row] = url.pathname.split("/");
      let answer = null;
      if (kind === "c") answer = await answerRow({ at, url, id, row, request, response, body });
      else if (kind.startsWith("_")) answer = await control(kind, id, body);
      else {
        // What comes without a case is written down as well.
        caseOf("_").record(Number(url.port), request, body);
        answer = plain(404, "no such page");
      }
      if (answer !== null) finish(response, answer);
    } catch (error) {
      finish(response, plain(599, `the hostile seller itself failed: ${error.stack}`));
    }
  };

  async function answerRow({ at, url, id, row, request, response, body }) {
    const kept = caseOf(id);
    const payment = kept.record(Number(url.port), request, body);
    const found = Object.hasOwn(ROWS, row) ? ROWS[row] : null;
    if (found === null) return plain(404, `no row ${row}`);
    const place = {
      id,
      row,
      url: url.href,
      query: url.searchParams,
      version: url.searchParams.get("version") === "1" ? 1 : 2,
      amount: url.searchParams.get("amount") ?? "10000",
      validitySeconds: Number(url.searchParams.get("validity") ?? 60),
      pad: Number(url.searchParams.get("pad") ?? 0),
      origin: origins[at],
      other: origins[1 - at],
      forbidden: forbidden.address().port,
    };
    const deal = { case: kept, payment, seller, thirdParty, response };
    return payment === null ? found.ask(place, deal) : found.paid(place, deal);
  }

  async function control(kind, id, body) {
    const json = (value) => plain(200, JSON.stringify(value), { "content-type": "application/json" });
    switch (kind) {
      case "_log":
        return json(caseOf(id));
      case "_rows":
        return json(Object.keys(ROWS));
      case "_forbidden":
        return json({ connections: forbidden.connections_seen });
      case "_settle":
        return json(await settleKept(caseOf(id), body === "" ? {} : JSON.parse(body)));
      default:
        return plain(404, "no such control");
    }
  }

  /** `at` moves the chain's clock for good: see `inFuture` of the chain. */
  async function settleKept(kept, { index = 0, at }) {
    const payment = kept.payments[index];
    if (payment === undefined) throw new Error(`${kept.id} has no signature ${index}`);
    if (at !== undefined) {
      const validBefore = Number(payment.authorization.validBefore);
      // An empty block may come between this and the payment, and take a second more.
      await chain.rpc("evm_setNextBlockTimestamp", [at === "before" ? validBefore - 2 : validBefore]);
    }
    return { ...(await kept.settle(seller, payment)), block_time: await chain.blockTime() };
  }

  for (const [at, wanted] of [port, otherPort].entries()) {
    const server = createHttpServer({ keepAliveTimeout: 120_000, maxHeaderSize: 256 * 1024 }, handler(at));
    await listening(server, wanted);
    servers.push(server);
    origins.push(`http://127.0.0.1:${server.address().port}`);
  }
  await listening(forbidden, forbiddenPort);
  const stop = async () => {
    for (const server of servers) server.closeAllConnections();
    await Promise.all([...servers, forbidden].map((server) => new Promise((resolve) => server.close(resolve))));
  };
  return { url: origins[0], otherUrl: origins[1], forbiddenPort: forbidden.address().port, stop };
}

const listening = (server, port) =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });

async function readBody(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes <= MAX_BODY_BYTES) parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function finish(response, { status, headers, body }) {
  if (response.destroyed) return;
  if (response.headersSent) return response.end();
  response.writeHead(status, headers);
  response.end(body);
}
