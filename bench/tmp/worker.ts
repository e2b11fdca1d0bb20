import { Organization as Base } from "/work/main/src/organization/organization.ts";
import { createApp } from "/work/main/src/edge/app.ts";
import { ROUTES } from "/work/main/src/edge/api/routes/index.ts";
import { Work } from "/work/main/src/organization/work.ts";
import { MandateCache, openCase, AGENT_IN_FORCE } from "/work/main/src/organization/judge.ts";
import { evaluate, organizationGovernance } from "/work/main/src/organization/governance.ts";
import { identify } from "/work/main/src/organization/principal.ts";
import { readPurchase } from "/work/main/src/organization/purchase-input.ts";
import { decide } from "/work/main/src/policy/decide.ts";
import { fingerprint } from "/work/main/src/ledger/fingerprint.ts";
import { insertTransaction, findByKey } from "/work/main/src/organization/transactions.ts";
import { appendEvent, readHead, bodyDigest, linkHash } from "/work/main/src/organization/event-log.ts";
import { bindCounter, reserve } from "/work/main/src/organization/counters.ts";
import { newId } from "/work/main/src/keys/ids.ts";
import { parseKey } from "/work/main/src/keys/format.ts";
import { parseSigningSecrets } from "/work/main/src/keys/signing-secrets.ts";
import { mandateBudgets } from "/work/main/src/organization/views.ts";
import { evaluate as evalTool } from "/work/main/src/mcp/tools/evaluate.ts";
import { createOrganizationMcpHandler } from "/work/main/src/mcp/handler.ts";
import { writeCaller } from "/work/main/src/mcp/caller.ts";
import { createMcpServer, toolsFor } from "/work/main/src/mcp/server.ts";
import { runTool } from "/work/main/src/mcp/tool.ts";
import { authorize } from "/work/main/src/organization/authorize.ts";
import { randomBytes, createHash, timingSafeEqual } from "node:crypto";
import { first } from "/work/main/src/organization/sql.ts";
import { isLegacyRequest } from "@modelcontextprotocol/server";

const INS = `INSERT INTO transactions (id, agent_id, idempotency_key, fingerprint, status, vendor, amount, currency,
  category, protocol, country, held, counters, codes, mandate_id, mandate_version, reason, metadata, key_id, settle_by,
  created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const sink = { prepare: (q: string) => ({ bind: (...v: unknown[]) => ({ q, v, run: async () => ({}) }) }), batch: async (s: unknown[]) => { JSON.stringify(s); return []; } };
export class Organization extends Base {
  constructor(ctx: any, env: any) { super(ctx, { ...env, DB: sink }); ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS bench (id TEXT, amount INTEGER, vendor TEXT, at INTEGER)"); }
  async piece(name: string, n: number, o: any): Promise<number> {
    const { storage } = (this as any).ctx; const sql = storage.sql;
    const signing = parseSigningSecrets((this as any).env.KEY_SIGNING_SECRETS) as any;
    const parsed = (parseKey(o.key, signing.value) as any).value;
    const caller = { key_id: parsed.keyId, secret_hash: parsed.secretHash, request_id: "req_0123456789012345", country: null, origin: "http://127.0.0.1" };
    const by = { actor: { type: "key", id: caller.key_id } as const, keyId: caller.key_id, requestId: "req_x", country: null };
    const cache = ((globalThis as any).cache ??= new MandateCache());
    let k = Date.now();
    const input = () => ({ agent_id: o.agent, amount: 0.0001, vendor: "api.example.com", category: "data", currency: "USD", protocol: "external" as const, idempotency_key: `p-${name}-${crypto.randomUUID()}`, reason: "One unit of data" });
    const work = () => new Work(sql, Date.now(), by, () => {});
    const w = work();
    const req: any = readPurchase(input(), null);
    const caseOf = openCase(w, cache, req, true);
    const decision = decide(caseOf.mandate!.compiled, req, caseOf.usage, w.now);
    const row = (id: string) => ({ id, idempotency_key: id, fingerprint: "x".repeat(43), status: "authorized" as const, request: req, held: req.amount, counters: [1, 2], codes: [], mandate_id: caseOf.mandate!.id, mandate_version: 1, reason: "One", metadata: null, settle_by: Date.now() + 86400000 });
    const data = { transaction_id: newId("txn"), outcome: decision.outcome, codes: [], asks: [], request: req, usage: caseOf.usage, mandate: { id: "mdt_0123456789012345678901", version: 1, hash: "a".repeat(64) }, reason: "x", metadata: null };
    const body = { schema: 1, actor: by.actor, key_id: by.keyId, request_id: "req", data } as const;
    let head = readHead(sql);
    const fns: Record<string, () => any> = {
      empty: () => 0,
      "insertTransaction no RETURNING": () => { const r = row(newId("txn")); sql.exec(INS, r.id, o.agent, r.id, r.fingerprint, r.status, "api.example.com", 100, "USD", "data", "external", null, 100, "[1,2]", null, r.mandate_id, 1, "One", null, caller.key_id, r.settle_by, w.now, w.now); },
      "insertTransaction RETURNING seq": () => { const r = row(newId("txn")); sql.exec(INS + " RETURNING seq", r.id, o.agent, r.id, r.fingerprint, r.status, "api.example.com", 100, "USD", "data", "external", null, 100, "[1,2]", null, r.mandate_id, 1, "One", null, caller.key_id, r.settle_by, w.now, w.now).toArray(); },
      "event INSERT only": () => { const seq = head.seq + 1; sql.exec("INSERT INTO events (seq, id, type, at, subject, salt, body, digest, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", seq, newId("evt"), "transaction.approved", 1, "txn_0123456789012345678901", "ab".repeat(16), "x".repeat(800), "a".repeat(64), "b".repeat(64)); head = { seq, hash: head.hash, at: head.at }; },
      "randomBytes hex": () => randomBytes(16).toString("hex"),
      "one sha256 900B": () => createHash("sha256").update("y".repeat(900)).digest("hex"),
      "one sha256 cloudflare": () => createHash("sha256").update("y".repeat(200)).digest("hex"),
      "keys select *": () => first(sql, "SELECT * FROM keys WHERE id = ?", caller.key_id),
      "keys select 6": () => first(sql, "SELECT id, secret_hash, role, agents, expires_at, revoked_at FROM keys WHERE id = ?", caller.key_id),
      "keys select raw": () => [...sql.exec("SELECT * FROM keys WHERE id = ?", caller.key_id).raw()],
      "sameHash": () => timingSafeEqual(Buffer.from(caller.secret_hash, "hex"), Buffer.from(caller.secret_hash, "hex")),
      "counter select": () => first(sql, "SELECT id, owner, ref, period, label, held, settled, warned_at, exhausted_at FROM counters WHERE owner = ? AND ref = ? AND period = ? AND label = ?", caseOf.mandate!.id, "x", "daily", "2026"),
      "counter select 4 cols": () => first(sql, "SELECT id, held, settled, warned_at, exhausted_at FROM counters WHERE owner = ? AND ref = ? AND period = ? AND label = ?", caseOf.counters[0]!.owner, caseOf.counters[0]!.ref.id, caseOf.counters[0]!.ref.period, caseOf.counters[0]!.period.label),
      "counter select hit": () => first(sql, "SELECT id, owner, ref, period, label, held, settled, warned_at, exhausted_at FROM counters WHERE owner = ? AND ref = ? AND period = ? AND label = ?", caseOf.counters[0]!.owner, caseOf.counters[0]!.ref.id, caseOf.counters[0]!.ref.period, caseOf.counters[0]!.period.label),
      "counter by id": () => first(sql, "SELECT held, settled FROM counters WHERE id = ?", 1),
      "tsync + insert bench": () => storage.transactionSync(() => sql.exec("INSERT INTO bench (id, amount, vendor, at) VALUES (?, ?, ?, ?)", "k" + k++, 100, "api.example.com", Date.now())),
      "setAlarm": () => void storage.setAlarm(Date.now() + 86400000 + k++),
      "tsync identify": () => storage.transactionSync(() => { const w = work(); identify(w.sql, caller, w.now); }),
      "tsync work+identify+AGENT+findByKey+openCase": () => storage.transactionSync(() => { const w = work(); identify(w.sql, caller, w.now); const i = input(); const r = readPurchase(i, null); first(w.sql, AGENT_IN_FORCE, o.agent); findByKey(w, o.agent, i.idempotency_key); openCase(w, cache, r, true); }),
      "tsync authorize": () => storage.transactionSync(() => { const w = work(); const i = input(); return authorize(w, cache, { tool: "evaluate", request: readPurchase(i, null), idempotency_key: i.idempotency_key, transaction_id: null, reason: null, metadata: null }, true); }),
      "whole transact+identify+evaluate": () => storage.transactionSync(() => { const w = work(); identify(w.sql, caller, w.now); return evaluate(w, cache, { mayUse: () => true } as any, input(), () => {}); }),
      "transactionSync empty": () => storage.transactionSync(() => 0),
      "new Work (readHead)": () => work(),
      "identify": () => identify(sql, caller, Date.now()),
      "input()": () => input(),
      "readPurchase": () => readPurchase(input(), null),
      "AGENT_IN_FORCE": () => first(sql, AGENT_IN_FORCE, o.agent),
      "fingerprint": () => fingerprint({ tool: "evaluate", ...req }),
      "findByKey miss": () => findByKey(w, o.agent, "nope" + k++),
      "openCase": () => openCase(work2, cache, req, true),
      "organization row": () => first(sql, "SELECT * FROM organization WHERE one = 1"),
      "databaseSize": () => sql.databaseSize,
      "decide": () => decide(caseOf.mandate!.compiled, req, caseOf.usage, w.now),
      "newId": () => newId("txn"),
      "bindCounter": () => bindCounter(w, caseOf.mandate!.id, caseOf.mandate!.compiled.budgets[0]!),
      "reserve x1": () => reserve(w, caseOf.counters[0]!, 1 as any),
      "insertTransaction": () => insertTransaction(w, row(newId("txn"))),
      "appendEvent": () => { head = appendEvent(sql, head, { type: "transaction.approved", at: w.now, subject: data.transaction_id, body }); },
      "body JSON": () => JSON.stringify(body),
      "2 sha256": () => { const d = bodyDigest("ab".repeat(16), "x".repeat(900)); linkHash("a".repeat(64), { seq: 1, id: "evt", type: "t", at: 1, digest: d }); },
      "setTimer": () => w.setTimer(Date.now() + 86400000 + (k++ % 1000), "settle_by", newId("txn")),
      "mandateBudgets": () => mandateBudgets(w, caseOf.mandate!),
      "insert bench": () => sql.exec("INSERT INTO bench (id, amount, vendor, at) VALUES (?, ?, ?, ?)", "k" + k++, 100, "api.example.com", Date.now()),
      "select 1": () => sql.exec("SELECT 1").toArray(),
      "select 1 param": () => sql.exec("SELECT ? AS x", 5).toArray(),
      "zod input parse": () => evalTool.input.safeParse(input()),
      "zod output parse": () => evalTool.output.parse(out),
      "parseKey": () => parseKey(o.key, signing.value),
      "iso": () => new Date(k++).toISOString(),
    };
    const work2 = work(); void work2.organization;
    const out = storage.transactionSync(() => evaluate(work(), cache, { mayUse: () => true } as any, input(), () => {}));
    head = readHead(sql);
    if (name === "list") return Object.keys(fns) as any;
    const asyncFns: Record<string, () => Promise<any>> = {};
    const f = fns[name]!;
    for (let i = 0; i < n; i++) f();
    return n;
  }
  async handler(name: string, n: number, o: any): Promise<number> {
    const gov = { evaluate: () => o.out } as any;
    const h = createOrganizationMcpHandler(() => gov);
    const { headers, body } = o.call;
    const parsed = JSON.parse(body);
    const mk = (withBody: boolean) => { const hs = new Headers(headers); writeCaller(hs, { key_id: "key_x", secret_hash: "00", request_id: "r", country: null, origin: "http://x" }); return new Request("http://o/mcp", { method: "POST", headers: hs, ...(withBody ? { body } : {}) }); };
    const ctx = { request_id: "r", onerror: console.error };
    for (let i = 0; i < n; i++) {
      if (name === "mk request") mk(true);
      if (name === "handler parsed") await (await h(mk(false), parsed)).text();
      if (name === "handler whole") await (await h(mk(true))).text();
      if (name === "isLegacy") await isLegacyRequest(mk(false), parsed);
      if (name === "createMcpServer") createMcpServer({ governance: gov, context: ctx, tools: toolsFor(parsed) });
      if (name === "runTool") await runTool(toolsFor(parsed).tools[0]!, gov, parsed.params.arguments, ctx);
      if (name === "await") await Promise.resolve();
    }
    return n;
  }
  override async fetch(request: Request) {
    const url = new URL(request.url);
    if (url.pathname === "/mcp") return super.fetch(request);
    return new Response("noop");
  }
}
let app: any;
export default { async fetch(request: Request, env: any) {
  const u = new URL(request.url);
  if (u.pathname === "/const") return new Response("ok");
  if (u.pathname.startsWith("/piece/")) {
    const o: any = await request.json(); const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(o.id));
    return Response.json(await stub[u.pathname.slice(7)](o.name, o.n, o));
  }
  if (u.pathname === "/hop") { const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(u.searchParams.get("o"))); return stub.fetch(new Request("http://x/noop", { method: "POST", body: await request.text() })); }
  app ??= createApp({ getStub: (e: any, id) => e.ORGANIZATION.get(e.ORGANIZATION.idFromName(id)), routes: ROUTES, now: Date.now });
  return app.fetch(request, { ...env, DB: sink });
} };
