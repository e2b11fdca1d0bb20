/** What can go wrong between a shop and who asks it. */
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";

const SERVER_ERROR = { type: "processing_error", code: "internal", message: "Something went wrong here." };
const BUSY = { type: "service_unavailable", code: "rate_limited", message: "Too many requests." };

/**
 * @param {import("hono").Context} c
 * @param {{ kind: string, ms: number, to?: string }} fault
 * @param {Response | null} answer What would have been said; null when nothing was done.
 * @returns {Promise<Response | null>} null = the exchange goes on.
 */
export async function happen(c, { kind, ms, to }, answer) {
  const { incoming, outgoing } = c.env;
  if (kind === "500") return Response.json(SERVER_ERROR, { status: 500 });
  if (kind === "429") return Response.json(BUSY, { status: 429, headers: { "retry-after": "1" } });
  if (kind === "redirect") return new Response(null, { status: 307, headers: { location: to ?? "/elsewhere" } });
  if (kind === "garbage") return new Response("<h1>Be right back</h1>", { headers: { "content-type": "text/html" } });
  if (kind === "slow") {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return answer;
  }
  if (kind === "silent") {
    // Until the other side has had enough, or the shop stops.
    await new Promise((resolve) => incoming.socket.once("close", resolve));
    return RESPONSE_ALREADY_SENT;
  }
  if (kind === "cut" && answer !== null) await half(outgoing, answer);
  incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** The head and half of the body: a length was promised that never comes. */
async function half(outgoing, answer) {
  const body = Buffer.from(await answer.arrayBuffer());
  outgoing.writeHead(answer.status, { "content-type": "application/json", "content-length": body.length });
  await new Promise((resolve) => outgoing.write(body.subarray(0, body.length >> 1), resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
}
