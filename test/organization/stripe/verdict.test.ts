import { describe, expect, it } from "vitest";
import { type ChargePast, verdictOf } from "../../../src/organization/stripe/verdict.ts";
import type { StripeFailure, StripeIntent, StripeSeen } from "../../../src/payments/stripe/api.ts";

const PAST: ChargePast = {
  currency: "USD",
  minor: 2000,
  payment_intent: null,
  failure: null,
  unclear: false,
  in_flight: false,
  own_key: true,
  may_repeat: false,
  since_post: 0,
};
const HALF_HOUR = 30 * 60_000;
const failure = (code: string, decline_code: string | null = null): StripeFailure => ({
  code,
  decline_code,
  advice_code: null,
});
const intent = (status: StripeIntent["status"], more: Partial<StripeIntent> = {}): StripeSeen => ({
  kind: "intent",
  intent: {
    id: "pi_1",
    status,
    amount: 2000,
    amount_received: status === "succeeded" ? 2000 : 0,
    currency: "usd",
    charge: null,
    failure: null,
    ...more,
  },
});
const UNCLEAR: StripeSeen = { kind: "unclear", why: "no_answer" };
const REFUSED: StripeSeen = { kind: "refused", code: "resource_missing" };
const BUSY: StripeSeen = { kind: "busy", retry_after_ms: null };
const ABSENT: StripeSeen = { kind: "absent" };

const ASKED = ["charge", "look", "cancel"] as const;

describe("what an answer means for a charge", () => {
  it.each(ASKED)("succeeded is charged at what was received, by %s", (asked) => {
    for (const [currency, received, micros] of [
      ["USD", 1999, 19_990_000],
      ["JPY", 1200, 1_200_000_000],
      ["KWD", 1250, 1_250_000],
    ] as const) {
      const seen = intent("succeeded", { amount_received: received, currency: currency.toLowerCase() });
      expect(verdictOf(seen, asked, { ...PAST, currency, in_flight: true, own_key: false })).toMatchObject({
        is: "charged",
        amount: micros,
      });
    }
  });

  it.each(ASKED)("what contradicts the journal leaves it open, by %s", (asked) => {
    const open = { is: "open", outcome: "unknown", unclear: false };
    expect(verdictOf(intent("succeeded", { amount_received: 0 }), asked, PAST)).toMatchObject(open);
    expect(verdictOf(intent("succeeded", { currency: "eur" }), asked, PAST)).toMatchObject(open);
    expect(verdictOf(intent("canceled", { amount_received: 5 }), asked, PAST)).toMatchObject(open);
    expect(verdictOf(intent("canceled"), asked, { ...PAST, payment_intent: "pi_2" })).toMatchObject(open);
  });

  it.each(ASKED)("processing stays open as such, by %s", (asked) => {
    expect(verdictOf(intent("processing"), asked, PAST)).toMatchObject({ is: "open", outcome: "processing" });
  });

  it.each([
    [null, "canceled"],
    [failure("card_declined", "insufficient_funds"), "declined"],
    [failure("expired_card"), "declined"],
    [failure("authentication_required"), "needs_cardholder"],
    [failure("card_declined", "authentication_required"), "needs_cardholder"],
  ])("canceled ends it; with the failure %j as %s", (reason, outcome) => {
    for (const asked of ASKED) {
      expect(verdictOf(intent("canceled"), asked, { ...PAST, failure: reason })).toMatchObject({
        is: "ended",
        outcome,
      });
      expect(verdictOf(intent("canceled", { failure: reason }), asked, PAST)).toMatchObject({ is: "ended", outcome });
    }
  });

  it.each(["requires_payment_method", "requires_action", "requires_confirmation", "requires_capture"] as const)(
    "%s is canceled at Stripe first, and never ended by itself",
    (status) => {
      expect(verdictOf(intent(status), "charge", PAST).is).toBe("cancel");
      expect(verdictOf(intent(status), "look", PAST).is).toBe("cancel");
      // The first request may still be confirming it.
      expect(verdictOf(intent(status), "look", { ...PAST, in_flight: true }).is).toBe("open");
      const other = { ...PAST, own_key: false };
      expect(verdictOf(intent(status), "look", other).is).toBe("cancel");
      expect(verdictOf(intent(status, { amount: 2001 }), "look", other).is).toBe("open");
      expect(verdictOf(intent(status), "look", { ...other, in_flight: true }).is).toBe("open");
      expect(verdictOf(intent(status), "cancel", PAST).is).toBe("open");
    },
  );

  it("requires_action is the cardholder's to end", () => {
    expect(verdictOf(intent("requires_action"), "charge", PAST)).toMatchObject({
      failure: { code: "authentication_required" },
    });
  });

  it("a refusal ends it only where no request before it can have made anything", () => {
    expect(verdictOf(REFUSED, "charge", PAST)).toMatchObject({ is: "ended", outcome: "refused" });
    expect(verdictOf(REFUSED, "charge", { ...PAST, unclear: true }).is).toBe("open");
    expect(verdictOf(REFUSED, "charge", { ...PAST, payment_intent: "pi_1" }).is).toBe("open");
    for (const asked of ["look", "cancel"] as const) expect(verdictOf(REFUSED, asked, PAST).is).toBe("open");
  });

  it("busy and unclear stay open; only an unclear request makes later refusals prove nothing", () => {
    expect(verdictOf(BUSY, "charge", PAST)).toMatchObject({ is: "open", unclear: false });
    expect(verdictOf(UNCLEAR, "charge", PAST)).toMatchObject({ is: "open", unclear: true });
    expect(verdictOf(UNCLEAR, "look", PAST)).toMatchObject({ is: "open", unclear: false });
  });

  it("absent is asked for again while that may be, and ends it when nothing can be on its way", () => {
    const look = (past: Partial<ChargePast>) => verdictOf(ABSENT, "look", { ...PAST, ...past });
    expect(look({ may_repeat: true })).toEqual({ is: "repeat" });
    expect(look({ may_repeat: true, since_post: HALF_HOUR })).toEqual({ is: "repeat" });
    expect(look({ since_post: HALF_HOUR - 1 }).is).toBe("open");
    expect(look({ since_post: HALF_HOUR })).toMatchObject({ is: "ended", outcome: "absent" });
  });

  it("absent means nothing while a request is under way, through another key, or once it was seen", () => {
    for (const past of [{ in_flight: true }, { own_key: false }, { payment_intent: "pi_1" }]) {
      for (const may_repeat of [true, false]) {
        expect(verdictOf(ABSENT, "look", { ...PAST, since_post: HALF_HOUR, may_repeat, ...past }).is).toBe("open");
      }
    }
  });
});
