/**
 * Where a charge or a checkout can be interrupted: the service's own fault points, and the moments that only Stripe sees,
 * because it is reached through here.
 */
import { createServer } from "node:http";

/** In the order in which a payment passes them; the watch comes by later, in an alarm. */
export const POINTS = [
  "after_intent",
  "before_send",
  "at_stripe",
  "stripe_done",
  "after_send",
  "after_token",
  "before_record",
  "after_record",
  "looking",
];

/** Share of the looks at Stripe that fail. */
const UNREADABLE = 0.03;
const MAKES_MONEY_MOVE = /^\/v1\/(?:payment_intents|shared_payment\/issued_tokens)$/;
const HOP_HEADERS = ["host", "connection", "content-length", "transfer-encoding"];

/**
 * @param options.reached Called with the name of a point; can kill the service before it returns. Whoever else takes
 *   part gets an answer all the same.
 */
export async function startPoints({ stripeUrl, reached, random }) {
  let isCalm = true;

  async function forward(incoming, outgoing, path) {
    const body = await bodyOf(incoming);
    const moves = incoming.method === "POST" && MAKES_MONEY_MOVE.test(path.split("?")[0]);
    if (moves) reached("at_stripe");
    if (incoming.method === "GET") {
      reached("looking");
      if (!isCalm && random.chance(UNREADABLE)) return outgoing.writeHead(503).end("{}");
    }
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).filter(([name]) => !HOP_HEADERS.includes(name)),
    );
    const answer = await fetch(`${stripeUrl}${path}`, {
      method: incoming.method,
      headers,
      ...(body.length === 0 ? {} : { body }),
    });
    const text = await answer.text();
    if (moves) reached("stripe_done");
    return outgoing.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  }

  const server = createServer(async (incoming, outgoing) => {
    try {
      const url = new URL(incoming.url, "http://127.0.0.1");
      if (url.pathname !== "/fault") return await forward(incoming, outgoing, incoming.url);
      reached(url.searchParams.get("point"));
      outgoing.writeHead(200).end("{}");
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
    /** Can Stripe always be asked from now on? At first it can. */
    calm: (calm) => {
      isCalm = calm;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(incoming) {
  const chunks = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
