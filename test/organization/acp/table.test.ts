import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minorToMicros, priceOf } from "../../../src/organization/acp/quote.ts";
import {
  CALL_MS,
  nextLateLook,
  nextLook,
  type Sight,
  type Standing,
  verdictOn,
} from "../../../src/organization/acp/table.ts";
import type { CheckoutSeen, SessionStatus, TokenSeen } from "../../../src/payments/acp/api.ts";

const STATUSES: readonly SessionStatus[] = [
  "open",
  "ready",
  "in_progress",
  "needs_human",
  "authentication_required",
  "completed",
  "canceled",
  "expired",
  "unknown",
];
const session = (status: SessionStatus, more: object = {}): Extract<CheckoutSeen, { kind: "session" }> => ({
  kind: "session",
  session: {
    id: "cs_1",
    version: "2026-04-17",
    api_base_url: "https://shop.example.com",
    status,
    currency: "USD",
    total: 100,
    expires_at: null,
    handler: null,
    lines: [],
    order: null,
    refunds: [],
    words: { messages: [], continue_url: null, order_url: null, lines: [] },
    codes: [],
    ...more,
  },
});

const sessions: fc.Arbitrary<CheckoutSeen | null> = fc.oneof(
  fc.constantFrom(...STATUSES).map((status) => session(status)),
  fc.constantFrom(400, 404, 409, 410, 422, 429).map((status) => ({ kind: "refused" as const, status, code: "x" })),
  fc.constant({ kind: "unclear" as const, why: "timeout" }),
  fc.constant(null),
);
const standings: fc.Arbitrary<Standing> = fc
  .record({
    since: fc.integer({ min: 0, max: 1_000_000 }),
    stopped: fc.boolean(),
    completed: fc.option(fc.integer({ min: 0, max: 30_000 })),
    validity: fc.integer({ min: 60_000, max: 600_000 }),
    session_status: fc.option(fc.constantFrom(...STATUSES)),
    answered: fc.boolean(),
    dead: fc.option(fc.integer({ min: 0, max: 1_000_000 })),
  })
  .map(({ since, stopped, completed, validity, session_status, answered, dead }) => ({
    now: 1_000_000 + since,
    stopped,
    began_at: 1_000_000,
    completed_at: completed === null ? null : 1_000_000 + Math.min(completed, since),
    token_ends_at: 1_000_000 + validity,
    session_status,
    answered,
    dead_at: dead === null ? null : 1_000_000 + Math.min(dead, since),
  }));
const tokens: fc.Arbitrary<TokenSeen | null> = fc.oneof(
  fc.boolean().map((needs_action) => ({ kind: "active" as const, needs_action })),
  fc.integer({ min: 0 }).map((amount) => ({ kind: "consumed" as const, amount, currency: "usd" })),
  fc.constantFrom("expired", "revoked", "other").map((why) => ({ kind: "dead" as const, why: why as "other" })),
  fc.constant({ kind: "unclear" as const, why: "timeout" }),
  fc.constant(null),
);
const sights: fc.Arbitrary<Sight> = fc.record({ token: tokens, session: sessions, answered: fc.boolean() });

describe("the table", () => {
  it("settles for a used token and nothing else, voids none but a dead one, whatever the merchant says", () => {
    fc.assert(
      fc.property(sights, standings, (sight, at) => {
        const verdict = verdictOn(sight, at);
        expect(verdict.do === "settle").toBe(sight.token?.kind === "consumed");
        if (verdict.do === "void" || verdict.do === "cancel") expect(sight.token?.kind).toBe("dead");
      }),
    );
  });

  it("takes back or sends again only a token that Stripe has just called alive", () => {
    fc.assert(
      fc.property(sights, standings, (sight, at) => {
        const verdict = verdictOn(sight, at);
        if (verdict.do === "revoke" || verdict.do === "repeat") expect(sight.token?.kind).toBe("active");
        if (verdict.do === "repeat") {
          expect(at.stopped).toBe(false);
          expect(at.completed_at).not.toBeNull();
          expect(at.now).toBeLessThan(at.token_ends_at);
        }
      }),
    );
  });

  it("never lets a stopped or over-age token live on", () => {
    fc.assert(
      fc.property(sights, standings, (sight, at) => {
        fc.pre(sight.token?.kind === "active");
        if (at.stopped || at.now >= at.token_ends_at) expect(verdictOn(sight, at).do).toBe("revoke");
        if (at.completed_at === null && at.now >= at.began_at + CALL_MS) expect(verdictOn(sight, at).do).toBe("revoke");
      }),
    );
  });

  const at: Standing = {
    now: 10_000,
    stopped: false,
    began_at: 0,
    completed_at: 1_000,
    token_ends_at: 600_000,
    answered: false,
    dead_at: null,
    session_status: null,
  };
  const active: TokenSeen = { kind: "active", needs_action: false };
  const dead: TokenSeen = { kind: "dead", why: "revoked" };
  it.each([
    // status, when the request was answered, when it was not
    ["open", "void", "cancel"],
    ["ready", "void", "cancel"],
    ["canceled", "void", "wait"],
    ["expired", "void", "wait"],
    ["in_progress", "cancel", "cancel"],
    ["needs_human", "cancel", "cancel"],
    ["authentication_required", "cancel", "cancel"],
    ["completed", "cancel", "cancel"],
    ["unknown", "cancel", "cancel"],
  ] as [SessionStatus, string, string][])("frees a revoked token by the merchant's word (%s)", (status, known, not) => {
    const sight = { token: dead, session: session(status), answered: false };
    expect(verdictOn({ ...sight, answered: true }, at).do).toBe(known);
    expect(verdictOn(sight, { ...at, answered: true }).do).toBe(known);
    expect(verdictOn({ ...sight, session: null }, { ...at, answered: true, session_status: status }).do).toBe(known);
    expect(verdictOn(sight, at).do).toBe(not);
    expect(verdictOn(sight, { ...at, completed_at: null }).do).toBe("void");
    expect(verdictOn({ ...sight, token: { kind: "dead", why: "expired" } }, at).do).toBe("void");
  });

  it("always ends a dead token: after a minute, and at its own end where the merchant still works", () => {
    fc.assert(
      fc.property(sights, standings, (sight, before) => {
        const seen = { ...sight, token: dead };
        const since = { ...before, dead_at: before.now };
        const end = Math.max(before.now + 60_000, before.token_ends_at + 5_000);
        expect(verdictOn(seen, { ...since, now: end }).do).toBe("void");
        const silent = { ...seen, session: null };
        const minute = { ...since, session_status: null };
        expect(verdictOn(silent, { ...minute, now: before.now + 60_000 }).do).toBe("void");
        if (before.completed_at !== null) {
          expect(verdictOn(silent, { ...minute, now: before.now + 59_999 }).do).toBe("cancel");
        }
      }),
    );
  });

  it("looks twice more after the end, and no more", () => {
    const ended = { dead_at: 100_000, token_ends_at: 600_000 };
    expect([99_000, 160_000, 665_000].map((now) => nextLateLook(now, ended))).toEqual([160_000, 665_000, null]);
    expect(nextLateLook(700_000, { ...ended, dead_at: 700_000 })).toBe(760_000);
  });

  const rows: [SessionStatus, string, string, string][] = [
    // status, verdict when it is the answer, when it is only read, and read half a minute later
    ["open", "revoke", "wait", "repeat"],
    ["ready", "revoke", "wait", "repeat"],
    ["in_progress", "wait", "wait", "wait"],
    ["needs_human", "wait", "wait", "wait"],
    ["authentication_required", "wait", "wait", "wait"],
    ["completed", "wait", "wait", "wait"],
    ["canceled", "revoke", "revoke", "revoke"],
    ["expired", "revoke", "revoke", "revoke"],
    ["unknown", "wait", "wait", "wait"],
  ];
  it.each(rows)("has a row for %s", (status, answered, read, later) => {
    const sight = { token: active, session: session(status), answered: false };
    expect(verdictOn({ ...sight, answered: true }, at).do).toBe(answered);
    expect(verdictOn(sight, at).do).toBe(read);
    expect(verdictOn(sight, { ...at, now: 31_000 }).do).toBe(later);
  });

  it("looks ever more rarely, at the token's end, and for ever", () => {
    const token = { began_at: 0, token_ends_at: 600_000 };
    const looks: number[] = [];
    for (let now = 0; looks.length < 20; now = looks.at(-1)!) looks.push(nextLook(now, token));
    expect(looks.slice(0, 6)).toEqual([3_000, 6_000, 12_000, 30_000, 60_000, 120_000]);
    expect(looks).toContain(605_000);
    expect(looks).toContain(665_000);
    expect(looks.at(-1)! - looks.at(-2)!).toBe(900_000);
  });
});

describe("a price", () => {
  const price = (more: object, currency = "USD", now = 0) =>
    priceOf(session("ready", more).session, currency, "profile_a", now);

  it("is the total in micros, exactly", () => {
    expect(price({ total: 2_599 })).toMatchObject({ ok: true, value: { total: 25_990_000 } });
    expect(price({ total: 1_200, currency: "JPY" }, "JPY")).toMatchObject({ value: { total: 1_200_000_000 } });
    expect(price({ total: 1_230, currency: "KWD" }, "KWD")).toMatchObject({ value: { total: 1_230_000 } });
  });

  it("is none where ISO 4217 and Stripe count differently, or Stripe does not know the currency", () => {
    for (const currency of ["MGA", "ISK", "UGX", "LYD"]) {
      expect([currency, price({ currency, total: 10_000 }, currency)]).toEqual([
        currency,
        { ok: false, error: "amount_not_exact" },
      ]);
    }
    expect(price({ currency: "KWD", total: 1_234 }, "KWD")).toEqual({ ok: false, error: "amount_not_exact" });
    expect(price({ currency: "XXX" }, "XXX")).toEqual({ ok: false, error: "no_total" });
  });

  it("is paid to the configured payee alone", () => {
    expect(price({ handler: { id: "h", merchant_id: "profile_a" } }).ok).toBe(true);
    expect(price({ handler: { id: "h", merchant_id: null } }).ok).toBe(true);
    expect(price({ handler: { id: "h", merchant_id: "profile_b" } })).toEqual({ ok: false, error: "seller_mismatch" });
  });

  it("needs a minute of the session, and an id that can be kept", () => {
    expect(price({ expires_at: 60 }, "USD", 0).ok).toBe(true);
    expect(price({ expires_at: 60 }, "USD", 1)).toEqual({ ok: false, error: "session_expires" });
    expect(price({ id: "x".repeat(255) }).ok).toBe(true);
    for (const id of ["", "x".repeat(256), "cs\u202e"])
      expect(price({ id })).toEqual({ ok: false, error: "bad_session" });
  });

  it("never rounds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e13 }), fc.constantFrom("USD", "JPY", "KWD", "EUR"), (minor, currency) => {
        const exponent = { USD: 2, EUR: 2, JPY: 0, KWD: 3 }[currency] ?? 0;
        const exact = BigInt(minor) * 10n ** BigInt(6 - exponent);
        const amount = minorToMicros(minor, currency);
        if (exact <= BigInt(Number.MAX_SAFE_INTEGER)) expect(BigInt(amount ?? -1)).toBe(exact);
        else expect(amount).toBeNull();
      }),
    );
  });
});
