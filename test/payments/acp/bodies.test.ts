import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcpVersion, CheckoutBuyer } from "../../../src/payments/acp/api.ts";
import { BODIES, linesOf } from "../../../src/payments/acp/bodies.ts";
import { violations } from "./published.ts";
import { BUYER, VERSIONS } from "./shop.ts";

const word = fc.string({ minLength: 1, maxLength: 40 });
const address = fc.record({
  name: word,
  line_one: word,
  line_two: fc.option(word),
  city: word,
  state: word,
  country: fc.constantFrom("US", "JP", "KW"),
  postal_code: word,
});
const buyers: fc.Arbitrary<CheckoutBuyer> = fc.record({
  first_name: word,
  last_name: word,
  email: fc.constantFrom("ada@example.com", "a.b+c@sub.example.org"),
  phone_number: fc.option(word),
  address: fc.option(address),
});
const items = fc.array(fc.record({ id: word, quantity: fc.integer({ min: 1, max: 20 }) }), {
  minLength: 1,
  maxLength: 8,
});
const options = fc.record({
  id: word,
  type: fc.constantFrom("shipping" as const, "digital" as const),
  total: fc.constant(null),
  latest: fc.constant(null),
});
const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(VERSIONS)("bodies of %s against the published schema", (version) => {
  const valid = (definition: string, body: unknown): void => {
    expect(violations(version, definition, asSent(body))).toEqual([]);
  };

  it("create", () => {
    fc.assert(
      fc.property(items, buyers, (some, buyer) =>
        valid("CheckoutSessionCreateRequest", BODIES[version].create({ items: some, buyer, currency: "USD" })),
      ),
    );
  });

  it("update", () => {
    fc.assert(
      fc.property(options, buyers, fc.array(word), (option, buyer, item_ids) => {
        valid(
          "CheckoutSessionUpdateRequest",
          BODIES[version].update({ kind: "delivery", selections: [{ option, item_ids }] }),
        );
        valid("CheckoutSessionUpdateRequest", BODIES[version].update({ kind: "buyer", buyer }));
      }),
    );
  });

  it("complete", () => {
    fc.assert(
      fc.property(word, word, buyers, (token, handler_id, buyer) =>
        valid("CheckoutSessionCompleteRequest", BODIES[version].complete({ token, handler_id, buyer })),
      ),
    );
  });

  it("cancel", () => {
    if (version === "2025-09-29") expect(BODIES[version].cancel).toBeNull();
    else valid("CancelSessionRequest", BODIES[version].cancel);
  });

  it("says the same for the same order, byte for byte", () => {
    const make = () =>
      JSON.stringify(BODIES[version].complete({ token: "spt_1", handler_id: "h", buyer: { ...BUYER } }));
    expect(make()).toBe(make());
    expect(make()).not.toContain("null");
  });

  it("control: the schema refuses the other way to count", () => {
    const basket = { items: [{ id: "a", quantity: 2 }], buyer: BUYER, currency: "USD" };
    const other: AcpVersion = version >= "2026-01-30" ? "2025-12-12" : "2026-04-17";
    expect(violations(version, "CheckoutSessionCreateRequest", asSent(BODIES[other].create(basket)))).not.toEqual([]);
  });
});

describe("two of one", () => {
  const some = [
    { id: "a", quantity: 2 },
    { id: "b", quantity: 1 },
  ];
  const create = (version: AcpVersion) => BODIES[version].create({ items: some, buyer: BUYER, currency: "JPY" });

  it("is a quantity until 2026-01-16, and two entries after", () => {
    expect(create("2026-01-16")).toMatchObject({ items: some });
    expect(create("2026-01-30")).toMatchObject({
      line_items: [{ id: "a" }, { id: "a" }, { id: "b" }],
      currency: "jpy",
    });
    expect([linesOf("2026-01-16", some), linesOf("2026-01-30", some)]).toEqual([2, 3]);
  });

  it("declares that we can do no interventions", () => {
    expect(create("2026-04-17")).toMatchObject({ capabilities: { interventions: { supported: [] } } });
  });
});
