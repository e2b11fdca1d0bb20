#!/usr/bin/env node
/** Where the object's time goes: `node bench/profile.mjs [evaluate|insert|nothing] [seconds]`. V8's own sampling, self time. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closeConnections, load } from "./load.mjs";
import { bundle, provision, ROOT, serve } from "./service.mjs";

const variant = process.argv[2] ?? "evaluate";
const seconds = Number(process.argv[3] ?? 6);
const folder = mkdtempSync(join(tmpdir(), "quetra-profile-"));
const script = bundle(join(folder, "bundle"), join(ROOT, "bench/worker.ts"));
const service = await serve(script, join(folder, "state"), { inspect: true });
try {
  const organization = await provision(service.origin, variant);
  await load(service, organization, { milliseconds: 2_000 });
  const [target] = await (await fetch(`http://127.0.0.1:${service.inspector}/json`)).json();
  const inspector = await connect(target.webSocketDebuggerUrl);
  await inspector("Profiler.enable");
  await inspector("Profiler.setSamplingInterval", { interval: 200 });
  await inspector("Profiler.start");
  const { perSecond } = await load(service, organization, { milliseconds: seconds * 1_000 });
  const { profile } = await inspector("Profiler.stop");
  const out = join(tmpdir(), `quetra-${variant}.cpuprofile`);
  writeFileSync(out, JSON.stringify(profile));
  console.log(`${perSecond.toFixed(0)} calls/s while sampled; ${out}`);
  report(profile);
} finally {
  closeConnections();
  await service.stop();
  rmSync(folder, { recursive: true });
}
process.exit(0);

async function connect(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const waiting = new Map();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(data);
    waiting.get(id)?.(result);
  };
  let last = 0;
  return (method, params = {}) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
}

function report({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const self = new Map();
  for (const [index, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + timeDeltas[index]);
  const name = ({ callFrame }) => `${callFrame.functionName || "(anonymous)"}:${callFrame.lineNumber + 1}`;
  const own = new Map();
  const whole = new Map();
  let all = 0;
  let idle = 0;
  for (const [id, time] of self) {
    const node = byId.get(id);
    if (/^\((idle|root)\)/.test(name(node))) {
      idle += time;
      continue;
    }
    all += time;
    own.set(name(node), (own.get(name(node)) ?? 0) + time);
    const seen = new Set();
    for (let at = id; at !== undefined; at = parent.get(at)) seen.add(name(byId.get(at)));
    for (const key of seen) whole.set(key, (whole.get(key) ?? 0) + time);
  }
  console.log(`idle ${((100 * idle) / (idle + all)).toFixed(0)} %; shares of the rest:`);
  const top = (map, count) => [...map].sort((a, b) => b[1] - a[1]).slice(0, count);
  const share = (time) => `${((100 * time) / all).toFixed(1)} %`.padStart(8);
  console.log("\nself");
  for (const [key, time] of top(own, 45)) console.log(share(time), key);
  console.log("\nwith callees");
  for (const [key, time] of top(whole, 90)) console.log(share(time), key);
}
