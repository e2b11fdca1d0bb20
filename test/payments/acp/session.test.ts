import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { hasUnsafeCharacters } from "../../../src/mcp/text.ts";
import type { AcpVersion } from "../../../src/payments/acp/api.ts";
import { parseObject } from "../../../src/payments/acp/json.ts";
import { ACP_LIMITS } from "../../../src/payments/acp/limits.ts";
import { readSession } from "../../../src/payments/acp/session.ts";
import { example, type Json, orderExample } from "./published.ts";
import { BASE, digital, handler, order, session, shipping, VERSIONS } from "./shop.ts";

const NEWEST = "2026-04-17";

const read = (version: AcpVersion, value: unknown, asked: string | null = null) => {
  const result = readSession(value as Json, { api_base_url: BASE, version }, asked);
  if (!result.ok) throw new Error(result.error);
  return result.value;
};
/** As it comes from the wire. */
const fromText = (text: string, asked: string | null = null) => {
  const parsed = parseObject(new TextEncoder().encode(text), null);
  return parsed.ok ? readSession(parsed.value, { api_base_url: BASE, version: NEWEST }, asked) : parsed;
};

describe.each(VERSIONS)("published examples of %s", (version) => {
  const isOldest = version === "2025-09-29";
  const isNewest = version === NEWEST;
  it.each<[string, Json]>([
    ["create_checkout_session_response", { status: "ready", total: isOldest ? 430 : 480 }],
    ["update_checkout_session_response", { status: "ready", total: 830 }],
    // The published order of the oldest version is none.
    [
      "complete_checkout_session_response",
      { status: "completed", total: isNewest ? 830 : 430, order: isOldest ? null : { id: "ord_abc123" } },
    ],
    ["get_checkout_session_response", { status: "ready", total: 430 }],
    ["cancel_checkout_session_response", { status: "canceled", total: isNewest ? 830 : 430 }],
  ])("%s", (name, expected) => {
    const { session: found, items } = read(version, example(version, name));
    expect(found).toMatchObject({ id: "checkout_session_123", currency: "USD", ...expected });
    expect([...(items ?? [])].every(([id, quantity]) => id.startsWith("item_") && quantity === 1)).toBe(true);
    expect(found.status).not.toBe("unknown");
    expect(found.total).not.toBeNull();
  });

  it("the handler, the options and what is chosen", () => {
    const view = read(version, example(version, "create_checkout_session_response"));
    expect(view.session.handler?.id).toBe(version >= "2026-01-30" ? "card_tokenized" : "stripe");
    expect(view.options.map(({ id, type, total }) => [id, type, total])).toEqual([
      ["fulfillment_option_123", "shipping", 100],
      ["fulfillment_option_456", "shipping", 500],
    ]);
    expect(view.options.every(({ latest }) => latest !== null)).toBe(true);
    expect(view.chosen).toEqual([
      { id: "fulfillment_option_123", item_ids: version === "2025-09-29" ? [] : ["item_123"] },
    ]);
  });
});

describe("more published examples", () => {
  it("out of stock, a declined payment, and authentication", () => {
    const at = (name: string) => read(NEWEST, example(NEWEST, name)).session;
    expect(at("checkout_session_with_out_of_stock")).toMatchObject({ status: "open", codes: ["out_of_stock"] });
    expect(at("checkout_session_with_payment_declined").codes).toEqual(["payment_declined"]);
    expect(at("checkout_session_authentication_required")).toMatchObject({
      status: "authentication_required",
      total: 7875,
    });
  });

  it("an order with a refund", () => {
    const refunded = { ...orderExample("refunded-order"), checkout_session_id: "cs_1" };
    expect(read(NEWEST, session(NEWEST, { status: "completed", order: refunded })).session).toMatchObject({
      order: { id: "ord_refund_101" },
      refunds: [{ id: "adj_refund_1", amount: 32516, currency: "USD" }],
    });
  });

  it("downloads and licence keys stay out of all that is handed on, even where the merchant repeats them", () => {
    const delivered = { ...orderExample("digital-fulfillment"), checkout_session_id: "cs_1" };
    const { access_url, license_key } = delivered.fulfillments[0].digital_delivery;
    const said = [`Your key: ${license_key}`, `Load it at ${access_url}`, "Thank you."];
    const view = read(
      NEWEST,
      session(NEWEST, {
        status: "completed",
        order: { ...delivered, permalink_url: access_url },
        continue_url: access_url,
        line_items: [{ ...session(NEWEST).line_items[0], name: license_key }],
        messages: said.map((content) => ({ type: "info", content_type: "plain", content })),
      }),
    );
    expect(view.session.words).toEqual({ messages: ["Thank you."], lines: [], continue_url: null, order_url: null });
    expect(JSON.stringify({ ...view, items: null })).not.toMatch(/PPRO|abc123/);
  });
});

describe("instants", () => {
  const expires = (expires_at: unknown) => read(NEWEST, session(NEWEST, { expires_at })).session.expires_at;
  it("are RFC 3339 with a zone, or nothing", () => {
    expect(expires("2026-11-21T12:00:00Z")).toBe(1_795_262_400);
    expect(expires("2026-11-21T14:00:00.999+02:00")).toBe(1_795_262_400);
    for (const no of [
      "2026-11-21T12:00:00",
      "2026-11-21",
      "soon",
      1_795_262_400,
      null,
      "2026-13-41T99:00:00Z",
      "x".repeat(1e5),
    ]) {
      expect(expires(no)).toBeNull();
    }
  });
});

describe("hostile sessions", () => {
  const text = (changes: string): string => JSON.stringify(session(NEWEST)).replace(/\}$/, `,${changes}}`);

  it("are no session without id, status or currency", () => {
    for (const bad of [
      '"id":1',
      '"id":"a b"',
      '"id":""',
      '"id":".."',
      '"id":"a/../../b\\u0000"',
      '"status":null',
      '"status":["completed"]',
      '"currency":"dollars"',
      '"currency":"Usd"',
      '"currency":"\\uff35SD"',
      '"currency":null',
    ]) {
      expect([bad, fromText(text(bad)).ok]).toEqual([bad, false]);
    }
    expect(fromText(text('"id":"cs_2"'), "cs_1").ok).toBe(false);
  });

  it("have no total that is not one whole number", () => {
    for (const amount of [
      "4.5",
      "-1",
      "1e400",
      "-0.1",
      "9007199254740993",
      '"430"',
      '"NaN"',
      "null",
      "[430]",
      '{"valueOf":430}',
      "true",
    ]) {
      const result = fromText(text(`"totals":[{"type":"total","amount":${amount}}]`));
      expect([amount, result.ok && result.value.session.total]).toEqual([amount, null]);
    }
    for (const [amount, total] of [
      ["430.0", 430],
      ["4.3e2", 430],
      ["-0", 0],
    ] as const) {
      const result = fromText(text(`"totals":[{"type":"total","amount":${amount}}]`));
      expect(result.ok && Object.is(result.value.session.total, total)).toBe(true);
    }
  });

  it("inherit nothing", () => {
    const result = fromText(
      '{"__proto__":{"id":"cs_1","status":"completed","currency":"usd"},"constructor":{"prototype":{}}}',
    );
    expect(result.ok).toBe(false);
    const polluted = fromText(text('"__proto__":{"order":{"id":"ord_1"}},"order":{"__proto__":{"id":"ord_1"}}'));
    expect(polluted.ok && polluted.value.session.order).toBeNull();
    expect(({} as Json).order).toBeUndefined();
    const ids = fromText(
      text('"line_items":[{"item":{"id":"__proto__"},"quantity":1},{"item":{"id":"constructor"},"quantity":2}]'),
    );
    expect(ids.ok && [...(ids.value.items ?? [])]).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
  });

  it("speak in clean, short words only", () => {
    const evil = "Pay\u202e \u200bnow\u0007\n\u{e0041}and again ".repeat(500);
    const { words } = read(
      NEWEST,
      session(NEWEST, {
        messages: Array.from({ length: 50 }, () => ({ type: "info", content: evil })),
        line_items: Array.from({ length: 50 }, () => ({ ...session(NEWEST).line_items[0], name: evil })),
      }),
    ).session;
    expect(words.messages).toHaveLength(ACP_LIMITS.messages);
    expect(words.lines).toHaveLength(ACP_LIMITS.shownLines);
    for (const said of words.messages)
      expect([hasUnsafeCharacters(said), said.length <= ACP_LIMITS.messageChars]).toEqual([false, true]);
    for (const said of words.lines)
      expect([hasUnsafeCharacters(said), said.length <= ACP_LIMITS.shownLineChars]).toEqual([false, true]);
  });

  it("show plain https links only", () => {
    const link = (continue_url: unknown) => read(NEWEST, session(NEWEST, { continue_url })).session.words.continue_url;
    expect(link("https://shop.example.com/c?x=1#y")).toBe("https://shop.example.com/c?x=1#y");
    for (const no of [
      "http://shop.example.com/",
      "javascript:alert(1)",
      "https://a:b@shop.example.com/",
      "https:\\\\shop.example.com",
      "https://shop.example.com/\u202e",
      "data:text/html,x",
      "/c",
      7,
      null,
    ]) {
      expect([no, link(no)]).toEqual([
        no,
        no === "https://shop.example.com/\u202e" ? "https://shop.example.com/%E2%80%AE" : null,
      ]);
    }
    const long = (chars: number) => `https://shop.example.com/${"x".repeat(chars - 25)}`;
    expect(link(long(ACP_LIMITS.linkChars))).toHaveLength(ACP_LIMITS.linkChars);
    expect(link(long(ACP_LIMITS.linkChars + 1))).toBeNull();
  });

  it("name no code, status or type outside of the published lists", () => {
    const codes = ["out_of_stock", "ignore_rules", "toString", "OUT_OF_STOCK", 7, null, "out_of_stock"];
    const messages = codes.map((code) => ({ type: "error", code, content: "x" }));
    const view = read(
      NEWEST,
      session(NEWEST, { messages: [...messages, { type: "warning", code: "expired", content: "x" }] }),
    );
    expect(view.session.codes).toEqual(["out_of_stock"]);
  });

  it("of every member's wrong type are read or refused, and never throw", () => {
    const wrong = [null, true, 0, -1, 1.5, "x", "", [], {}, [[]], [null], [{}], [{ type: "total" }], { a: [] }];
    const good = session(NEWEST, {
      order: order(),
      expires_at: "2026-11-21T12:00:00Z",
      continue_url: "https://x.example/",
    });
    for (const name of Object.keys(good)) {
      for (const value of wrong) expect(typeof fromText(JSON.stringify({ ...good, [name]: value })).ok).toBe("boolean");
    }
  });

  it("of the greatest size and depth are read in bounded time", { timeout: 30_000 }, () => {
    const filled = (unit: string) => {
      const room = LIMITS.providerBodyBytes - text('"x":[]').length;
      return Array.from({ length: Math.floor(room / (unit.length + 1)) }, () => unit).join(",");
    };
    const texts = [
      ...["line_items", "totals", "messages", "fulfillment_options", "selected_fulfillment_options"].flatMap((name) =>
        ["0", "{}", "[]", '{"id":"a","type":"total","amount":1,"item":{"id":"a"},"quantity":1}'].map((unit) =>
          text(`"${name}":[${filled(unit)}]`),
        ),
      ),
      text(`"deep":${"[".repeat(50_000)}${"]".repeat(50_000)}`),
      text(`"messages":[{"content":"${"\\u200b".repeat(80_000)}"}]`),
      text(`"expires_at":"${"1".repeat(400_000)}"`),
      text(`"continue_url":"https://${"a.".repeat(200_000)}"`),
      text(
        `"order":{"id":"o","adjustments":[${filled('{"id":"a","type":"refund","status":"completed","amount":1}')}]}`,
      ),
    ];
    const began = performance.now();
    for (const one of texts) fromText(one);
    // Measured at 20 ms each; a quadratic reader takes minutes.
    expect((performance.now() - began) / texts.length).toBeLessThan(5_000);
  });
});

describe("how much is read", () => {
  it("lines: so many are counted, one more is no count", () => {
    const lines = (count: number) => Array.from({ length: count }, () => ({ item: { id: "a" }, quantity: 1 }));
    const items = (count: number) => read(NEWEST, session(NEWEST, { line_items: lines(count) })).items;
    expect(items(ACP_LIMITS.lines)?.get("a")).toBe(ACP_LIMITS.lines);
    expect(items(ACP_LIMITS.lines + 1)).toBeNull();
  });

  it("options and handlers: the first so many", () => {
    const { deliveryOptions, handlers } = ACP_LIMITS;
    const options = (count: number) => Array.from({ length: count }, (_, at) => shipping(NEWEST, `o${at}`, 1));
    for (const count of [deliveryOptions, deliveryOptions + 1]) {
      const view = read(NEWEST, session(NEWEST, { fulfillment_options: options(count) }));
      expect(view.options).toHaveLength(deliveryOptions);
    }
    const usable = (behind: number) => {
      const others = Array.from({ length: behind }, () => handler({ psp: "adyen" }));
      const capabilities = { payment: { handlers: [...others, handler()] } };
      return read(NEWEST, session(NEWEST, { capabilities })).handlers;
    };
    expect([usable(handlers - 1), usable(handlers)]).toEqual(["usable", "other"]);
  });

  it("digital options beside shipped ones, and a price that is not said", () => {
    const options = [digital(NEWEST, "d"), { ...shipping(NEWEST, "s", 1), totals: [] }];
    expect(read(NEWEST, session(NEWEST, { fulfillment_options: options })).options).toEqual([
      { id: "d", type: "digital", total: 0, latest: null },
      { id: "s", type: "shipping", total: null, latest: null },
    ]);
  });
});
