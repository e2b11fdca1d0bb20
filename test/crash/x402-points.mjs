/**
 * Where a payment can be interrupted: the service's own fault points, and the moments that only others see, because
 * facilitator and chain are reached through here.
 */
import { createServer } from "node:http";
import { readProbeCode } from "../x402/probe.mjs";

/** In the order in which a payment passes them; the watch comes by later, in an alarm. */
export const POINTS = [
  "after_intent",
  "after_sign",
  "settling",
  "settled",
  "after_send",
  "after_observe",
  "before_record",
  "after_record",
  "watching",
];

/** Share of the looks at the chain that fail. */
const UNREADABLE = 0.03;

/**
 * @param options.reached Called with the name of a point; can kill the service before it returns. Whoever else takes
 *   part gets an answer all the same.
 */
export async function startPoints({ chainUrl, facilitatorUrl, reached, random }) {
  /** Nonce of a payment → the life of the runtime in which it was first seen. */
  const births = new Map();
  let life = 0;
  let isCalm = false;

  const routes = {
    "/fault": (search) => {
      reached(search.get("point"));
      return { status: 200, body: "{}" };
    },
    "/rpc": (_search, body) => {
      if (noncesOf(body).some(isWatched)) reached("watching");
      if (!isCalm && random.chance(UNREADABLE)) return { status: 503, body: "{}" };
      return forward(chainUrl, "POST", body);
    },
    "/facilitator/supported": () => forward(`${facilitatorUrl}/supported`, "GET"),
    "/facilitator/verify": (_search, body) => forward(`${facilitatorUrl}/verify`, "POST", body),
    "/facilitator/settle": async (_search, body) => {
      isWatched(JSON.parse(body).paymentPayload.payload.authorization.nonce.slice(2));
      reached("settling");
      const answer = await forward(`${facilitatorUrl}/settle`, "POST", body);
      reached("settled");
      return answer;
    },
  };

  /** The paid call itself asks about its nonce once, in the life in which it was sent; whatever comes later is the watch. */
  function isWatched(nonce) {
    const known = births.has(nonce);
    if (!known) births.set(nonce, { life, asked: 0 });
    const birth = births.get(nonce);
    birth.asked += 1;
    return known && (birth.life < life || birth.asked > 2);
  }

  const server = createServer(async (incoming, outgoing) => {
    try {
      const url = new URL(incoming.url, "http://127.0.0.1");
      const chunks = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const { status, body } = await routes[url.pathname](url.searchParams, Buffer.concat(chunks).toString());
      outgoing.writeHead(status, { "content-type": "application/json" }).end(body);
    } catch {
      // A process that was killed while it spoke.
      outgoing.destroy();
    }
  });
  server.keepAliveTimeout = 120_000;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** The runtime was killed: what it had under way is nobody's any more. */
    died: () => {
      life += 1;
    },
    /** From now on the chain can always be read. */
    calm: () => {
      isCalm = true;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function noncesOf(batch) {
  const calls = [JSON.parse(batch)].flat().filter(({ method }) => method === "eth_call");
  return calls.flatMap(({ params }) => readProbeCode(params[0].data) ?? []).map(({ nonce }) => nonce.slice(2));
}

async function forward(url, method, body) {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body }),
  });
  return { status: response.status, body: await response.text() };
}
