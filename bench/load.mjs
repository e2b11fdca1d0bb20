/** A closed loop of keep-alive connections: each sends its next call when the last one is answered. */
import { Agent, request } from "node:http";
import { purchase, toolCall } from "./service.mjs";

const agents = new Map();

function connections(count) {
  if (!agents.has(count)) agents.set(count, new Agent({ keepAlive: true, maxSockets: count }));
  return agents.get(count);
}

function send(agent, port, organization) {
  const { headers, body } = toolCall("quetra_evaluate", purchase(organization));
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        port,
        host: "127.0.0.1",
        method: "POST",
        path: `/${organization.key}/mcp`,
        headers: { ...headers, "content-length": Buffer.byteLength(body), "x-bench-variant": organization.variant },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Answers approved evaluates per second, and the median and 99th percentile of their latency in ms. */
export async function load(service, organization, { concurrency = 16, milliseconds = 2_000 } = {}) {
  const agent = connections(concurrency);
  const latencies = [];
  const start = performance.now();
  const until = start + milliseconds;
  const one = async () => {
    while (performance.now() < until) {
      const sent = performance.now();
      const text = await send(agent, service.http, organization);
      // The exact place in the text, instead of a parse: the generator shares the machine with what it measures.
      if (!text.includes('"outcome":"approved"')) throw new Error(`not approved: ${text.slice(0, 600)}`);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor(latencies.length * share)];
  return { calls: latencies.length, perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

export function closeConnections() {
  for (const agent of agents.values()) agent.destroy();
}
