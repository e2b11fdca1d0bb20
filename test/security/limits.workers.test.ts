import { runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { type Ids, populated, purchase, terms } from "../support/samples.ts";
import { type Answer, api, type Json, newAgent, send, type TestOrganization, tool } from "../support/service.ts";
import { modern, modernHeaders, raw } from "../support/wire.ts";

/** Each limit at N, which works, and at N + 1, which does not, through the real Worker. */

let organization: TestOrganization;
let ids: Ids;
let agent: string;
beforeAll(async () => {
  ({ organization, ids } = await populated());
  ({ agent } = await newAgent(organization, { budgets: [{ period: "total", limit: 100_000_000 }] }));
});

const text = (length: number) => "x".repeat(length);
const list = <T>(length: number, item: (index: number) => T): T[] => Array.from({ length }, (_, index) => item(index));
const admin = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
  api(organization.admin, method, path, body, headers);
const mandate = (more: object) => admin("POST", "/mandates", terms(agent, more));
const rules = (...some: unknown[]) => mandate({ rules: some });
const evaluate = (more: object): Promise<Json> =>
  tool(
    organization.spend,
    "quetra_evaluate",
    purchase(agent, { amount: 0.01, idempotency_key: crypto.randomUUID(), ...more }),
  );

/** A call in which something has the size `n`; `true` when it was accepted. */
type Try = (n: number) => Promise<boolean>;
const created = async (answer: Promise<Answer>) => {
  const { status, body } = await answer;
  if (status >= 500) throw new Error(JSON.stringify(body));
  return status < 300;
};
const decided = async (answer: Promise<Json>) => (await answer).error === undefined;
const agentWith = (field: object) => created(admin("POST", "/agents", { name: "x", preset: "none", ...field }));

const checkout = (items: { id: string; quantity: number }[]) =>
  decided(
    tool(organization.spend, "quetra_acp_checkout", {
      agent_id: agent,
      merchant_url: "https://shop.example.com",
      items,
      max_amount: 1,
      idempotency_key: crypto.randomUUID(),
    }),
  );

/** The whole text of a field's limit: name of the limit, and one try per place that keeps it. */
const SIZES: readonly (readonly [keyof typeof LIMITS, string, Try])[] = [
  ["nameChars", "an agent's name", (n) => agentWith({ name: text(n) })],
  ["nameChars", "a mandate's name", (n) => created(mandate({ name: text(n) }))],
  ["nameChars", "a key's name", (n) => created(admin("POST", "/keys", { name: text(n), role: "read" }))],
  ["nameChars", "the organization's name", (n) => created(admin("PATCH", "/organization", { name: text(n) }))],
  ["descriptionChars", "an agent's description", (n) => agentWith({ description: text(n) })],
  ["descriptionChars", "a mandate's description", (n) => created(mandate({ description: text(n) }))],
  ["vendorChars", "a vendor's name", (n) => decided(evaluate({ vendor: text(n) }))],
  ["categoryChars", "a category", (n) => decided(evaluate({ category: text(n) }))],
  ["reasonChars", "a purchase's reason", (n) => decided(evaluate({ reason: text(n) }))],
  ["reasonChars", "a note", (n) => created(admin("POST", "/organization/unfreeze", { reason: text(n) }))],
  ["idempotencyKeyChars", "over MCP", (n) => decided(evaluate({ idempotency_key: text(n) }))],
  [
    "idempotencyKeyChars",
    "over REST",
    (n) =>
      created(
        api(
          organization.spend,
          "POST",
          "/evaluate",
          purchase(agent, { idempotency_key: text(n).replace("x", "y"), amount: 0.01 }),
        ),
      ),
  ],
  [
    "idempotencyKeyChars",
    "as a header",
    async (n) =>
      (
        await admin(
          "POST",
          `/transactions/${ids.transaction}/resolve`,
          { outcome: "voided", evidence: "x" },
          { "idempotency-key": text(n) },
        )
      ).status === 409,
  ],
  [
    "metadataEntries",
    "of a purchase",
    (n) => decided(evaluate({ metadata: Object.fromEntries(list(n, (index) => [`k${index}`, ""])) })),
  ],
  [
    "metadataEntries",
    "of an agent",
    (n) => agentWith({ metadata: Object.fromEntries(list(n, (index) => [`k${index}`, ""])) }),
  ],
  ["metadataKeyChars", "of a purchase", (n) => decided(evaluate({ metadata: { [text(n)]: "" } }))],
  ["metadataValueChars", "of a purchase", (n) => decided(evaluate({ metadata: { k: text(n) } }))],
  ["tags", "of an agent", (n) => agentWith({ tags: list(n, String) })],
  ["tagChars", "of an agent", (n) => agentWith({ tags: [text(n)] })],
  ["budgetsPerMandate", "", (n) => created(mandate({ budgets: list(n, () => ({ period: "daily", limit: 1 })) }))],
  ["rulesPerMandate", "", (n) => created(rules(...list(n, () => ({ type: "max_amount", limit: 1 }))))],
  [
    "listEntriesPerRule",
    "vendors",
    (n) => created(rules({ type: "vendor_allowlist", vendors: list(n, (index) => `v${index}.example`) })),
  ],
  [
    "listEntriesPerRule",
    "categories",
    (n) => created(rules({ type: "category", allow: list(n, (index) => `c${index}`) })),
  ],
  [
    "customExpressionChars",
    "",
    (n) => created(rules({ type: "custom", expression: `amount < 5.0${" ".repeat(n - 12)}` })),
  ],
  ["rateLimitTransactions", "", (n) => created(rules({ type: "rate_limit", max_transactions: n, window_minutes: 1 }))],
  ["rateLimitWindowMinutes", "", (n) => created(rules({ type: "rate_limit", max_transactions: 1, window_minutes: n }))],
  ["approvalTimeoutMinutes", "", (n) => created(rules({ type: "approval", above: 1, timeout_minutes: n }))],
  ["spendCallsPerMinuteMax", "", (n) => agentWith({ spend_calls_per_minute: n })],
  [
    "keyRotationOverlapHours",
    "",
    async (n) =>
      created(
        admin("POST", `/keys/${(await admin("POST", "/keys", { name: "x", role: "read" })).body.id}/rotate`, {
          overlap_hours: n,
        }),
      ),
  ],
  ["listMax", "agents", (n) => created(admin("GET", `/agents?limit=${n}`))],
  ["listMax", "transactions", (n) => created(admin("GET", `/transactions?limit=${n}`))],
  ["listMax", "events", (n) => created(admin("GET", `/audit/events?limit=${n}`))],
  [
    "listMax",
    "over MCP",
    (n) => decided(tool(organization.spend, "quetra_transactions", { agent_id: agent, limit: n })),
  ],
  ["exportRows", "of an export", (n) => created(admin("GET", `/transactions.csv?limit=${n}`))],
  ["exportRows", "of an export of the log", (n) => created(admin("GET", `/audit/export?limit=${n}`))],
  ["exportRows", "of a verification", (n) => created(admin("GET", `/audit/verify?limit=${n}`))],
  ["checkoutItems", "of a checkout", (n) => checkout(list(n, (index) => ({ id: `i${index}`, quantity: 1 })))],
  ["checkoutItemIdChars", "of a checkout's item", (n) => checkout([{ id: text(n), quantity: 1 }])],
  ["checkoutQuantity", "of a checkout's item", (n) => checkout([{ id: "a", quantity: n }])],
];

describe("sizes in a request", () => {
  it.each(SIZES)("%s %s", async (limit, _place, accepts) => {
    // Mandates of the agent are limited too; this test is about what is in them.
    await runInDurableObject(organization.stub, (_instance, { storage }) =>
      storage.sql.exec("DELETE FROM mandates WHERE status = 'draft'"),
    );
    const n = LIMITS[limit] as number;
    expect([await accepts(n), await accepts(n + 1)]).toEqual([true, false]);
  });

  it("requestBodyBytes, on every surface", async () => {
    const padded = (body: (pad: string) => unknown, bytes: number) =>
      JSON.stringify(body(text(bytes - JSON.stringify(body("")).length)));
    const over = (n: number) => {
      const body = padded((pad) => modern("tools/list", { pad }), n);
      return raw(`/${organization.spend}/mcp`, { method: "POST", headers: modernHeaders("tools/list"), body });
    };
    expect((await over(LIMITS.requestBodyBytes)).status).toBe(200);
    expect((await over(LIMITS.requestBodyBytes + 1)).status).toBe(413);
    for (const path of ["/agents", "/can-spend", "/evaluate"]) {
      const key = path === "/agents" ? organization.admin : organization.spend;
      expect(
        (
          await api(
            key,
            "POST",
            path,
            padded((pad) => ({ pad }), LIMITS.requestBodyBytes),
          )
        ).status,
      ).toBe(400);
      expect(
        (
          await api(
            key,
            "POST",
            path,
            padded((pad) => ({ pad }), LIMITS.requestBodyBytes + 1),
          )
        ).status,
      ).toBe(413);
    }
  });

  it("urlBytes", async () => {
    const path = (bytes: number) => `/healthz?${text(bytes - "http://quetra.test/healthz?".length)}`;
    expect((await send(path(LIMITS.urlBytes))).status).toBe(200);
    expect((await send(path(LIMITS.urlBytes + 1))).status).toBe(414);
  });

  it("termsBytes", async () => {
    // Long hosts: every list stays within its own limit, the whole does not.
    const host = (index: number) => `${text(60)}.${text(60)}.${text(60)}.v${String(index).padStart(4, "0")}.example`;
    const make = (entries: number, description: number) =>
      mandate({ description: text(description), rules: [{ type: "vendor_allowlist", vendors: list(entries, host) }] });
    const size = (answer: Answer) => new TextEncoder().encode(JSON.stringify(answer.body.terms)).length;
    const entries = 100 + Math.floor((LIMITS.termsBytes - size(await make(100, 1))) / (host(0).length + 3));
    const fitting = 1 + LIMITS.termsBytes - size(await make(entries, 1));
    expect(size(await make(entries, fitting))).toBe(LIMITS.termsBytes);
    const refused = await make(entries, fitting + 1);
    expect(refused.body.errors[0].message).toContain(`${LIMITS.termsBytes} bytes`);
  });

  it("amountMicros and amountDecimals", async () => {
    const most = LIMITS.amountMicros / 1e6;
    const ask = (amount: number) => tool(organization.spend, "quetra_can_spend", purchase(agent, { amount }));
    expect((await ask(most)).outcome).toBe("rejected");
    expect((await ask(most + 0.000001)).error).toContain("at most");
    expect((await ask(0.000001)).outcome).toBe("approved");
    expect((await ask(0.0000001)).error).toContain("6 decimals");
  });
});

// Known: handlers/agents.ts names the preset's mandate `${name}: standard limits`, which is then too long by itself.
it("nameChars, an agent's name with the standard preset", async () => {
  expect((await admin("POST", "/agents", { name: text(LIMITS.nameChars) })).status).toBe(201);
});

it("every limit has its test, here or where it says", () => {
  const here = ["requestBodyBytes", "urlBytes", "termsBytes", "amountMicros", "amountDecimals"];
  const elsewhere = {
    "limits-rows":
      "agents mandatesPerAgent versionsPerMandate keys organizationBudgets walletsPerOrganization signingKeys listDefault",
    "test/interop": "requestsPerKeyPerMinute spendCallsPerMinute",
    "test/organization/providers and test/edge/hooks":
      "stripeKeys profilesPerOrganization profilesPerMandate profileNameChars merchantsPerOrganization merchantsPerProfile hookBodyBytes hookEventsKept hookEventMs",
    "test/policy/custom": "customExpressionNodes customExpressionDepth",
    "test/organization":
      "pendingApprovalsPerAgent settleByMs toolAuthorizationMs approvalDefaultMs rejectionShareMs rejectionRowsPerMinute rejectionEventCounts walletBalanceMs fetchBodyBytes keptAnswersPerAgent keptAnswerBytes keptAnswerMs fetchesAtOnce fetchesAtOncePerAgent fetchesWaiting",
    "test/organization/person": "requestsPerPersonPerMinute demoHistorySteps",
    "test/edge/history": "demoHistoryBytes",
    "test/organization/stripe":
      "refundsPerTransaction providerCallsAtOnce providerCallsAtOncePerAgent providerCallsWaiting",
    "test/organization/acp": "tokenMs",
    "test/organization/alerts and test/alerts":
      "alertsKept alertCountMax alertWindowMinutesMax alertCooldownMinutesMax alertUnknownMinutesMax alertScoreMax alertSample alertVendorsPerAgent alertBurst alertStorageBytes alertStorageLookMs",
    "test/organization/webhooks and test/payments/webhooks":
      "webhookEndpoints webhookUrlChars webhookFilters webhookInFlight webhookProbeAfter webhookTimeoutMs webhookLeaseMs webhookExcerptBytes webhookDisableAfterMs webhookDisableFailures webhookFailingGapMs webhookBacklog webhookBacklogRoom webhookDeliveriesKept webhookKeptMs webhookPruneBatch webhookReplayEvents webhookOverlapHours",
    "test/organization/rehearsal":
      "rehearsalEvents rehearsalPage rehearsalsAtOnce rehearsalDefaultMs rehearsalPurchases rehearsalDifferences shadowsPerOrganization shadowDifferences shadowCarried shadowPurchases shadowKeepMs",
    "test/rehearsal": "rehearsalDays",
    "test/dashboard/form": "dashboardFormBytes",
    "test/edge and the projection":
      "sweepOrganizations projectionBatch projectionBatchBytes followDelayMs followBatch followBatchShadow followAttempts timersPerAlarm",
    "test/organization/audit": "checkpointEvents checkpointMs signRetryMs signaturesPerTurn exportBytes erasedPerCall",
    "test/payments/mail": "emailChars mailSubjectChars mailBodyBytes mailTimeoutMs",
    "test/payments/acp": "providerCallMs providerBodyBytes",
    "test/edge/approve": "approvalFormBytes approvalLinkVisitsPerMinute",
    "test/payments/stripe": "providerCallMs providerBodyBytes",
    "test/dashboard/transactions and audit": "dashboardExportParts dashboardSearchRows dashboardEvents",
    "test/people":
      "organizationsPerPerson membersPerOrganization invitationsPerOrganization invitationMs invitationsPerPersonPerHour foundingsPerPersonPerDay memberChangesPerPersonPerMinute sessionMs sessionAgeMs sessionsPerPerson emailChars passwordCharsMin passwordCharsMax signInsPerAccount signInWindowMs mailsPerAddressPerHour mailRequestsPerClient signInAttemptsPerClient signUpsPerClient confirmationMs unconfirmedMs resetMs codeMs",
    "cannot be reached in a test": "storageRefuseBytes",
  };
  const known = [
    ...SIZES.map(([name]) => name),
    ...here,
    ...Object.values(elsewhere).flatMap((names) => names.split(" ")),
  ];
  expect(Object.keys(LIMITS).filter((name) => !known.includes(name))).toEqual([]);
});
