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
  await inspector("Profiler.setSamplingInterval", { interval: 100 });
  await inspector("Profiler.start");
  const { perSecond, calls } = await load(service, organization, { milliseconds: seconds * 1_000 });
  const { profile } = await inspector("Profiler.stop");
  const out = join(tmpdir(), `quetra-${variant}.cpuprofile`);
  writeFileSync(out, JSON.stringify(profile));
  console.log(`${perSecond.toFixed(0)} calls/s while sampled; ${out}`);
  report(profile, calls);
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

/** Microseconds per call: by function alone, and as a tree from the object's door down. */
function report({ nodes, samples, timeDeltas }, calls) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parent = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const name = ({ callFrame }) => `${callFrame.functionName || "(anonymous)"}:${callFrame.lineNumber + 1}`;
  const own = new Map();
  const whole = new Map();
  for (const [index, id] of samples.entries()) {
    const key = name(byId.get(id));
    own.set(key, (own.get(key) ?? 0) + timeDeltas[index]);
    for (let at = id; at !== undefined; at = parent.get(at)) whole.set(at, (whole.get(at) ?? 0) + timeDeltas[index]);
  }
  const each = (time) => (time / calls).toFixed(1).padStart(8);
  console.log("\nµs per call, self");
  for (const [key, time] of [...own].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log(each(time), key);
  console.log("\nµs per call, with callees");
  const print = (id, depth) => {
    const node = byId.get(id);
    if ((whole.get(id) ?? 0) / calls < 4) return;
    console.log(`${each(whole.get(id))} ${"  ".repeat(depth)}${name(node)}`);
    const children = [...(node.children ?? [])].sort((a, b) => (whole.get(b) ?? 0) - (whole.get(a) ?? 0));
    for (const child of children) print(child, depth + 1);
  };
  print(nodes[0].id, 0);
}
