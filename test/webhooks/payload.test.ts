import { describe, expect, it } from "vitest";
import { bodySchema, PUBLIC_TYPES, type PublicType } from "../../src/webhooks/catalogue.ts";
import { type PayloadContext, publicBody } from "../../src/webhooks/payload.ts";

const TXN = "txn_0aB1cD2eF3gH4iJ5kL6mN7";
const AGENT = "agt_2b9fX0cTq7LwVnRk4Zs1Ya";
const MANDATE = "mdt_5yTj0PqWn3XaLs8Vd6Bk2C";
const APPROVAL = "apr_7hGd2Kq0Zt5WcRx9Ls3MnV";
const ENDPOINT = "whk_8vRs3Yd6TnXq1WbLk5Zm0P";
const KEY = "key_1mZ6Qw8tYb3RkA";
const ORGANIZATION = "org_6pLs0XnVq4TbYw8Rk2Zd5M";

/** What an agent or a person wrote, or what is nobody's business: in every event, wherever it can stand. */
const CANARIES = {
  reason: "canary reason",
  metadata: { a: "canary metadata" },
  note: "canary note",
  name: "canary name",
  idempotency_key: "canary-key",
  key_id: "key_canary",
  usage: { canary: true },
  terms: { name: "canary terms" },
  x402: { url: "https://canary.example/?q=canary" },
  proof: { canary: 1 },
  country: "SI",
};

const decided = {
  ...CANARIES,
  transaction_id: TXN,
  outcome: "approved",
  codes: [],
  request: {
    agent_id: AGENT,
    vendor: "api.example.com",
    amount: 3_000,
    currency: "USD",
    category: "data",
    protocol: "x402",
    country: "SI",
    approved_rules: ["canary"],
  },
  mandate: { id: MANDATE, version: 4, hash: "canary-hash" },
};
const stepped = {
  ...CANARIES,
  transaction_id: TXN,
  agent_id: AGENT,
  mandate_id: MANDATE,
  from: "authorized",
  vendor: "api.example.com",
  currency: "USD",
  amount: 20_000_000,
  held: 0,
  settled: 20_000_000,
  refunded: 0,
};
const budget = {
  agent_id: AGENT,
  currency: "USD",
  budget_id: "bud_1",
  period: "daily",
  label: "2026-11-21",
  limit: 10_000_000,
  used: 12_500_000,
  threshold: 0.8,
};
const mandate = { ...CANARIES, mandate_id: MANDATE, agent_id: AGENT, version: 4 };

/** The body that the log holds of every public type. */
const LOGGED: Readonly<Record<PublicType, Readonly<Record<string, unknown>>>> = {
  "transaction.approved": decided,
  "transaction.rejected": { ...decided, repeat_count: 10 },
  "transaction.pending_approval": { ...decided, approval_id: APPROVAL, approval_expires_at: 1_795_257_000_000 },
  "transaction.denied": { ...stepped, to: "denied", approval_id: APPROVAL },
  "transaction.expired": { ...stepped, to: "expired", approval_id: APPROVAL },
  "transaction.completed": {
    ...stepped,
    to: "completed",
    claimed: 30_000_000,
    presumed: true,
    late: true,
    simulated: true,
  },
  "transaction.voided": { ...stepped, to: "voided", settled: 0 },
  "transaction.released": { ...stepped, to: "released", settled: 0 },
  "transaction.unknown": { ...stepped, to: "unknown", settled: 0, held: 20_000_000 },
  "transaction.refunded": { ...stepped, to: "refunded", refunded: 20_000_000 },
  "transaction.refund_failed": { ...stepped, to: "completed" },
  "transaction.overdraft": {
    transaction_id: TXN,
    agent_id: AGENT,
    severity: "critical",
    currency: "USD",
    authorized: 20_000_000,
    settled: 25_000_000,
    budgets: ["bud_1"],
  },
  "transaction.disputed": {
    ...stepped,
    disputed: 5_000_000,
    dispute_id: "dp_1",
    dispute_status: "needs_response",
    dispute_reason: "fraudulent",
  },
  "mandate.budget.warning": { ...budget, mandate_id: MANDATE },
  "mandate.budget.exhausted": { ...budget, mandate_id: MANDATE, agent_id: null },
  "organization.budget.warning": budget,
  "organization.budget.exhausted": budget,
  "mandate.activated": { ...mandate, hash: "h" },
  "mandate.updated": { ...mandate, hash: "h" },
  "mandate.paused": mandate,
  "mandate.resumed": mandate,
  "mandate.revoked": mandate,
  "mandate.expired": mandate,
  "alert.raised": {
    alert_id: "alr_1",
    kind: "overdraft",
    severity: "critical",
    message: "Our own words.",
    agent_id: AGENT,
    figures: { canary: 5 },
  },
  "organization.frozen": { reason: "canary" },
  "organization.unfrozen": { reason: "canary" },
  "key.created": { ...CANARIES, key_id: KEY, role: "spend", agents: ["canary"], expires_at: null },
  "key.revoked": { ...CANARIES, key_id: KEY, role: "spend" },
  "key.rotated": { key_id: KEY, replaced_by: KEY, old_expires_at: 1_795_257_000_000 },
  "webhook.endpoint.disabled": {
    endpoint_id: ENDPOINT,
    host: "hooks.example.com",
    reason: "gone",
    url: "https://canary/",
  },
  "webhook.test": { endpoint_id: ENDPOINT, message: "This is a test." },
};

const CONTEXT: PayloadContext = {
  transaction: {
    vendor: "row.example",
    amount: 7_000_000,
    currency: "USD",
    category: "row-category",
    protocol: "external",
    mandate_id: MANDATE,
    mandate_version: 2,
  },
  reasons: [{ rule: "budget", passed: false, code: "budget_exceeded", detail: "Too much." }],
  asks: ["above 10.00 USD"],
  publicUrl: "https://quetra.example.com",
};

const bodyOf = (type: string, data: object, context = CONTEXT) =>
  publicBody(
    {
      id: "evt_1nXq5WbLk9Zm4PvRs7Yd2T",
      type,
      at: Date.UTC(2026, 10, 21, 8),
      seq: 7,
      subject: type.startsWith("organization.") ? ORGANIZATION : TXN,
      data: data as Readonly<Record<string, unknown>>,
    },
    context,
  );

describe("the public body", () => {
  it.each(PUBLIC_TYPES)("%s fits its schema and holds nobody's words", (type) => {
    const body = bodyOf(type, LOGGED[type]);
    expect(bodySchema(type).safeParse(body).error).toBeUndefined();
    expect(JSON.stringify(body).toLowerCase()).not.toContain("canary");
    expect(body).toMatchObject({
      id: "evt_1nXq5WbLk9Zm4PvRs7Yd2T",
      type,
      timestamp: "2026-11-21T08:00:00.000Z",
      seq: 7,
    });
  });

  it.each([
    "organization.created",
    "organization.updated",
    "organization.budgets_changed",
    "agent.created",
    "agent.updated",
    "mandate.created",
    "member.joined",
    "member.role_changed",
    "member.removed",
    "member.left",
    "member.invited",
    "member.invitation_withdrawn",
    "wallet.created",
    "request.refused",
    "transaction.claimed",
    "transaction.executing",
    "transaction.proof",
    "webhook.endpoint.created",
    "webhook.endpoint.rotated",
    "nothing.of.ours",
    "constructor",
  ])("%s never leaves", (type) => {
    expect(bodyOf(type, { ...decided, ...stepped })).toBeNull();
  });

  it("tells amounts in major units, exactly", () => {
    expect(bodyOf("transaction.approved", decided)?.data.amount).toBe(0.003);
    expect(bodyOf("transaction.completed", LOGGED["transaction.completed"])?.data).toMatchObject({
      amount: 20,
      amount_held: 0,
      amount_settled: 20,
      amount_claimed: 30,
      presumed: true,
      late: true,
    });
    expect(bodyOf("mandate.budget.warning", LOGGED["mandate.budget.warning"])?.data).toMatchObject({
      limit: 10,
      used: 12.5,
      remaining: -2.5,
    });
  });

  it("believes the event before the row, and asks the row for what the event leaves out", () => {
    expect(bodyOf("transaction.approved", decided)?.data).toMatchObject({
      vendor: "api.example.com",
      protocol: "x402",
      category: "data",
      mandate_version: 4,
    });
    expect(bodyOf("transaction.overdraft", LOGGED["transaction.overdraft"])?.data).toMatchObject({
      vendor: "row.example",
      amount: 7,
      category: "row-category",
      protocol: "external",
      mandate_version: 2,
    });
  });

  it("names no mandate where none judged, and no category where there was none", () => {
    const { data } = bodyOf("transaction.rejected", {
      ...decided,
      mandate: null,
      request: { ...decided.request, category: null },
    })!;
    expect(Object.keys(data)).not.toContain("mandate_id");
    expect(Object.keys(data)).not.toContain("mandate_version");
    expect(Object.keys(data)).not.toContain("category");
  });

  it("only locates an approval", () => {
    expect(bodyOf("transaction.pending_approval", LOGGED["transaction.pending_approval"])?.data).toMatchObject({
      approval_url: `https://quetra.example.com/approvals/${APPROVAL}`,
      approval_expires_at: "2026-11-21T10:30:00.000Z",
    });
  });
});
