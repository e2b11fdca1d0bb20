import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stripeRails } from "../../../src/payments/stripe/rails.ts";
import { issueToken, readToken } from "../../../src/payments/stripe/tokens.ts";
import {
  account,
  chargeOrder,
  context,
  declined,
  intentBody,
  list,
  lookOrder,
  refundBody,
  refundOrder,
  sealed,
  stripe,
  tokenBody,
  tokenOrder,
} from "./support.ts";

beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

const handle = { ...account, sealed_token: await sealed("payment_token", "spt_1Canary") };
const paths = { ...lookOrder, payment_intent: "pi_1" };

/** Every call that reads an answer, with the outcomes that it can have. */
const CALLS = {
  charge: (rails: Rails) => rails.stripeCharge(chargeOrder),
  cancel: (rails: Rails) => rails.stripeCancel(paths),
  read: (rails: Rails) => rails.stripeLook(paths),
  look: (rails: Rails) => rails.stripeLook(lookOrder),
  refund: (rails: Rails) => rails.stripeRefund(refundOrder),
  refunds: (rails: Rails) => rails.stripeRefunds(paths),
};
type Rails = ReturnType<typeof stripeRails>;

const statuses = fc.constantFrom(200, 201, 400, 401, 402, 403, 404, 409, 429, 500, 503);
/** A right answer of which one member, somewhere, is anything at all. */
const bent = fc
  .tuple(
    fc.constantFrom(intentBody(), declined(), list([intentBody()]), refundBody(), list([refundBody()]), tokenBody()),
    fc.nat(),
    fc.jsonValue(),
  )
  .map(([body, at, value]) => {
    const text = JSON.stringify(body);
    const colons = [...text.matchAll(/":/g)].map((match) => match.index + 2);
    const from = colons[at % colons.length]!;
    const after = text.slice(from).search(/[,}\]]/);
    return `${text.slice(0, from)}${JSON.stringify(value)}${text.slice(from + Math.max(after, 0))}`;
  });
const bodies = fc.oneof(
  bent,
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.string(),
);

describe("whatever Stripe answers", () => {
  it.each(Object.entries(CALLS))(
    "%s has an outcome, and it claims no more than the answer proves",
    async (name, call) => {
      await fc.assert(
        fc.asyncProperty(statuses, bodies, async (status, body) => {
          const out = stripe(() => new Response(body, { status }));
          const seen = await call(stripeRails(context(out)));
          expect(JSON.stringify(seen)).not.toContain("Canary");
          if (seen.kind === "refused") {
            expect([name === "charge" || name === "refund", [400, 401, 403, 404].includes(status)]).toEqual([
              true,
              true,
            ]);
          }
          if (seen.kind === "absent") expect([name, status < 300]).toEqual(["look", true]);
          if (seen.kind === "intent") {
            const { amount, amount_received } = seen.intent;
            expect([amount, amount_received].every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
            expect(status < 500 && status !== 409 && status !== 429).toBe(true);
          }
          if (name !== "look" && name !== "refunds") expect(out.seen).toHaveLength(1);
        }),
        { numRuns: 400 },
      );
    },
  );

  it("a token is dead only by Stripe's own word for it", async () => {
    await fc.assert(
      fc.asyncProperty(statuses, bodies, async (status, body) => {
        const out = stripe(() => new Response(body, { status }));
        const [made, seen] = [await issueToken(context(out), tokenOrder), await readToken(context(out), handle)];
        expect(JSON.stringify([made, seen])).not.toContain("Canary");
        if (seen.kind === "dead") expect(body).toMatch(/"(?:expired|revoked|resolved)"/);
        if (seen.kind !== "unclear") expect(status).toBeLessThan(300);
        if (made.kind === "refused") expect([400, 401, 402, 403, 404]).toContain(status);
      }),
      { numRuns: 400 },
    );
  });

  it.each(["[", '{"a":', "{}".repeat(2)])("half a megabyte of %j is over soon, and unclear", async (piece) => {
    const body = piece.repeat(Math.floor((500 * 1024) / piece.length));
    for (const call of Object.values(CALLS)) {
      const seen = await call(stripeRails(context(stripe(() => new Response(body)))));
      expect(seen.kind).toBe("unclear");
    }
  });
});
