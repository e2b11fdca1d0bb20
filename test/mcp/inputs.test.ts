import { describe, expect, it } from "vitest";
import { LIMITS } from "../../src/limits.ts";
import { findTool } from "../../src/mcp/catalog.ts";

/** What the SDK gets from a tool's input schema: the value that reaches the handler, or the messages that go back. */
function judge(name: string, args: unknown): { value: unknown } | { messages: string } {
  const result = findTool(name)!.registered.config.inputSchema["~standard"].validate(args);
  if (result instanceof Promise) throw new Error("validation must be synchronous");
  if (result.issues === undefined) return { value: result.value };
  return { messages: result.issues.map((issue) => `${issue.path?.join(".")}: ${issue.message}`).join(", ") };
}
const accepts = (name: string, args: unknown) => expect(judge(name, args)).toHaveProperty("value");
const refuses = (name: string, args: unknown, why: RegExp = /./) =>
  expect(judge(name, args)).toHaveProperty("messages", expect.stringMatching(why));

const purchase = (more: Record<string, unknown> = {}) => ({
  agent_id: "agt_1",
  amount: 2.5,
  vendor: "api.example.com",
  ...more,
});
const evaluation = (more: Record<string, unknown> = {}) => purchase({ idempotency_key: "k1", ...more });
const settlement = (amount_charged: unknown) => ({ agent_id: "agt_1", transaction_id: "txn_1", amount_charged });

const EVALUATE = "quetra_evaluate";
const CAN_SPEND = "quetra_can_spend";
const MAX = LIMITS.amountMicros / 1_000_000;

describe("amounts", () => {
  it.each([0.000001, 0.003, 1, 25, 99.999999, MAX])("accepts %d", (amount) => {
    accepts(CAN_SPEND, purchase({ amount }));
    accepts(EVALUATE, evaluation({ amount }));
    accepts("quetra_settle", settlement(amount));
  });

  it.each([
    [0, /greater than zero/],
    [-0, /greater than zero/],
    [-1, /must not be negative/],
    [0.0000001, /at most 6 decimals/],
    [1.1234567, /at most 6 decimals/],
    [MAX + 0.01, /at most 100000000/],
    [1e21, /at most 100000000/],
    [JSON.parse("1e400"), /JSON number in major units/],
    [Number.NaN, /JSON number in major units/],
    ["25", /JSON number in major units/],
    ["0x10", /JSON number in major units/],
    ["$5", /JSON number in major units/],
    [true, /JSON number in major units/],
    [null, /JSON number in major units/],
    [undefined, /JSON number in major units/],
    [[5], /JSON number in major units/],
    [{ valueOf: 5 }, /JSON number in major units/],
  ])("refuses %j with its own sentence", (amount, why) => {
    refuses(CAN_SPEND, purchase({ amount }), why);
    refuses(EVALUATE, evaluation({ amount }), why);
  });

  it("allows zero where it means that the purchase did not happen", () => {
    accepts("quetra_settle", settlement(0));
    refuses("quetra_settle", settlement(-0.01), /must not be negative/);
    refuses("quetra_settle", settlement("0"), /JSON number/);
  });
});

describe("limits at N and N + 1", () => {
  it.each([
    ["vendor", LIMITS.vendorChars, /host name alone/],
    ["category", LIMITS.categoryChars, /category/],
    ["reason", LIMITS.reasonChars, /reason/],
    ["idempotency_key", LIMITS.idempotencyKeyChars, /idempotency_key/],
    ["agent_id", 64, /agent_id/],
  ])("%s", (field, max, why) => {
    accepts(EVALUATE, evaluation({ [field]: "a".repeat(max) }));
    refuses(EVALUATE, evaluation({ [field]: "a".repeat(max + 1) }), why);
    if (field !== "reason") refuses(EVALUATE, evaluation({ [field]: "" }));
  });

  it("metadata: entries, keys and values", () => {
    const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
    accepts(EVALUATE, evaluation({ metadata: entries(LIMITS.metadataEntries) }));
    refuses(EVALUATE, evaluation({ metadata: entries(LIMITS.metadataEntries + 1) }), /At most 10/);
    accepts(EVALUATE, evaluation({ metadata: { ["k".repeat(LIMITS.metadataKeyChars)]: "v" } }));
    refuses(EVALUATE, evaluation({ metadata: { ["k".repeat(LIMITS.metadataKeyChars + 1)]: "v" } }));
    accepts(EVALUATE, evaluation({ metadata: { k: "v".repeat(LIMITS.metadataValueChars) } }));
    refuses(EVALUATE, evaluation({ metadata: { k: "v".repeat(LIMITS.metadataValueChars + 1) } }));
    refuses(EVALUATE, evaluation({ metadata: { k: 5 } }));
    refuses(EVALUATE, evaluation({ metadata: ["v"] }));
  });

  it("pages", () => {
    for (const tool of ["quetra_list_agents", "quetra_transactions"]) {
      const page = (limit: unknown) => (tool === "quetra_transactions" ? { agent_id: "agt_1", limit } : { limit });
      accepts(tool, page(1));
      accepts(tool, page(LIMITS.listMax));
      for (const bad of [0, -1, LIMITS.listMax + 1, 1.5, "20", null]) refuses(tool, page(bad), /limit/);
    }
  });
});

describe("quetra_evaluate", () => {
  it("takes exactly one of idempotency_key and transaction_id", () => {
    accepts(EVALUATE, purchase({ idempotency_key: "k" }));
    accepts(EVALUATE, purchase({ transaction_id: "txn_1" }));
    refuses(EVALUATE, purchase(), /idempotency_key for a new purchase/);
    refuses(EVALUATE, purchase({ idempotency_key: "k", transaction_id: "txn_1" }), /not both/);
  });

  it("needs amount and vendor for a continuation too", () => {
    refuses(EVALUATE, { agent_id: "agt_1", transaction_id: "txn_1" }, /amount.*vendor/);
  });

  it("fills in currency and protocol", () => {
    expect(judge(EVALUATE, evaluation())).toMatchObject({ value: { currency: "USD", protocol: "external" } });
    expect(judge(CAN_SPEND, purchase({ currency: "EUR", protocol: "x402" }))).toMatchObject({
      value: { currency: "EUR", protocol: "x402" },
    });
  });

  it.each(["usd", "US", "USDC", "$", "", null, 840])("refuses the currency %j", (currency) => {
    refuses(EVALUATE, evaluation({ currency }), /currency/);
  });

  it.each(["cash", "EXTERNAL", "", null])("refuses the protocol %j", (protocol) => {
    refuses(EVALUATE, evaluation({ protocol }), /protocol/);
  });

  it.each(["a b", "ключ", "k\n", "k\u200B", 5, null])("refuses the idempotency key %j", (idempotency_key) => {
    refuses(EVALUATE, evaluation({ idempotency_key }), /idempotency_key/);
  });

  it("keeps the visible part of a reason", () => {
    expect(judge(EVALUATE, evaluation({ reason: "two\nlines \u202Ehere" }))).toMatchObject({
      value: { reason: "two lines here" },
    });
  });
});

describe("hostile values", () => {
  it.each(["agent_id", "vendor", "category"])("%s with invisible or control characters is refused", (field) => {
    for (const character of ["\u0000", "\n", "\u200B", "\u202E", "\u{E0041}"]) {
      refuses(EVALUATE, evaluation({ [field]: `a${character}b` }), /invisible/);
    }
  });

  it("so are metadata keys and values", () => {
    refuses(EVALUATE, evaluation({ metadata: { "k\u202E": "v" } }), /invisible/);
    refuses(EVALUATE, evaluation({ metadata: { k: "v\u200B" } }), /invisible/);
  });

  it("a metadata key __proto__ does not get through as a prototype", () => {
    const judged = judge(
      EVALUATE,
      JSON.parse(
        JSON.stringify(evaluation({ metadata: {} })).replace('"metadata":{}', '"metadata":{"__proto__":"x","k":"v"}'),
      ),
    );
    const metadata = "value" in judged ? (judged.value as { metadata: object }).metadata : {};
    expect(Object.getPrototypeOf(metadata) ?? Object.prototype).toBe(Object.prototype);
  });

  it("unknown parameters are refused, and their names come back clean and short", () => {
    refuses(EVALUATE, evaluation({ force: true }), /force/);
    const judged = judge(EVALUATE, evaluation({ ["\u202Eevil\n".repeat(200)]: 1 })) as { messages: string };
    expect(judged.messages).not.toMatch(/[\u202E\n]/);
    expect(judged.messages.length).toBeLessThan(400);
  });

  it("many mistakes give few messages", () => {
    const metadata = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
    expect((judge(EVALUATE, evaluation({ metadata })) as { messages: string }).messages.length).toBeLessThan(2_000);
  });

  it.each([null, 5, "x", [], undefined])("arguments that are %j are refused", (args) => {
    refuses("quetra_check_budget", args);
  });
});

describe("quetra_transactions", () => {
  const filter = (more: object) => ({ agent_id: "agt_1", ...more });
  it.each(["2026-11-01T00:00:00Z", "2026-11-01T00:00:00.123Z", "2026-11-01T01:00:00+01:00"])(
    "takes the instant %s",
    (since) => {
      accepts("quetra_transactions", filter({ since, until: since }));
    },
  );
  it.each(["2026-11-01", "yesterday", "2026-13-01T00:00:00Z", "2026-11-01T00:00:00", 1_700_000_000, ""])(
    "refuses the instant %j",
    (since) => {
      refuses("quetra_transactions", filter({ since }), /since/);
    },
  );
  it("takes a known status only", () => {
    accepts("quetra_transactions", filter({ status: "pending_approval" }));
    refuses("quetra_transactions", filter({ status: "pending" }), /status/);
  });
});
