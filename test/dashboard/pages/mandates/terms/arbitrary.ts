import fc from "fast-check";
import { parseTerms } from "../../../../../src/policy/parse-terms.ts";
import type { MandateTerms } from "../../../../../src/policy/terms.ts";
import { PERIOD_KINDS, PROTOCOLS } from "../../../../../src/policy/types.ts";
import { counter } from "../../../../policy/fixtures.ts";

/** Any terms that can be stored, with everything that a form could lose: line breaks, empty texts and lists, odd numbers. */
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Micros as major units, over the whole range. */
const amount = fc
  .oneof(
    fc.integer({ min: 1, max: 200_000_000 }),
    fc.maxSafeInteger().map((n) => 1 + (Math.abs(n) % 100_000_000_000_000)),
  )
  .map((micros) => micros / 1_000_000);

const word = fc.string({ unit: "grapheme", maxLength: 20 });
const line = fc.oneof(
  word,
  fc.constantFrom('a "b" <c>', "A & B", "  two  spaces ", "x,y", "{}", "&amp;", "\u00a0n\u00a0"),
);
const paragraphs = fc.oneof(line, fc.constantFrom("", " ", "a\nb", "a\r\nb\r\n\r\nc", "a\n\n b", "</textarea>"));

const vendor = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "example.com",
      "api.example.com",
      "acme data",
      "10.0.0.1",
      "[2001:db8::1]",
      "xn--bcher-kva.example",
    ),
  },
  fc.constantFrom("a.b, c.d", "acme, inc.", "a,b", "x; y", "a.b,c"),
  line,
);
const category = fc.oneof(fc.constantFrom("data", "food & drink", "a,b", "saas"), line);
const listOf = (entry: fc.Arbitrary<string>, minLength: number) => fc.array(entry, { minLength, maxLength: 6 });
const countries = fc.array(fc.constantFrom("DE", "SI", "us", "GB"), { maxLength: 3 });
const days = fc.array(fc.constantFrom("sun", "mon", "tue", "wed", "thu", "fri", "sat"), { minLength: 1, maxLength: 7 });
const zone = fc.constantFrom(
  "UTC",
  "Europe/Ljubljana",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Africa/Monrovia",
);
const time = fc.constantFrom("00:00", "01:30", "08:00", "17:59", "23:59");
const period = fc.constantFrom(...PERIOD_KINDS);
const expression = fc.constantFrom(
  "amount < 40.0",
  'vendor.endsWith(".org") || amount < 5.0',
  "hour >= 8\n  && hour < 18",
  "hour >= 8\r\n&& hour < 18",
  "hour\t< 9 ? vendor.contains('<') : true",
  "vendor == 'a\u0000b'",
);

const rule = fc.oneof(
  fc.record({ type: fc.constantFrom("vendor_allowlist", "vendor_blocklist"), vendors: listOf(vendor, 0) }),
  fc.record({
    type: fc.constant("category"),
    allow: optional(listOf(category, 0)),
    deny: optional(listOf(category, 0)),
  }),
  fc.record({
    type: fc.constant("max_amount"),
    limit: amount,
    vendors: optional(listOf(vendor, 1)),
    categories: optional(listOf(category, 1)),
  }),
  fc.record({ type: fc.constant("vendor_budget"), vendors: listOf(vendor, 1), period, limit: amount }),
  fc.record({
    type: fc.constant("rate_limit"),
    max_transactions: fc.integer({ min: 1, max: 100_000 }),
    window_minutes: fc.integer({ min: 1, max: 44_640 }),
    vendors: optional(listOf(vendor, 1)),
  }),
  fc.record({
    type: fc.constant("time_window"),
    days,
    start: time,
    end: fc.oneof(time, fc.constant("24:00")),
    timezone: optional(zone),
  }),
  fc.record({ type: fc.constant("geo"), allow: optional(countries), deny: optional(countries) }),
  fc.record({ type: fc.constant("protocol"), allow: fc.array(fc.constantFrom(...PROTOCOLS), { maxLength: 4 }) }),
  fc.record({
    type: fc.constant("approval"),
    above: optional(fc.oneof(amount, fc.constant(0))),
    period: optional(period),
    first_purchase_from_vendor: optional(fc.boolean()),
    categories: optional(listOf(category, 1)),
    timeout_minutes: optional(fc.integer({ min: 1, max: 10_080 })),
  }),
  fc.record({ type: fc.constant("custom"), expression, description: optional(line) }),
);

/** Instants in odd seconds, in hours that come twice, and at both ends of the calendar. */
const instant = fc.oneof(
  fc
    .date({ min: new Date("1880-01-01"), max: new Date("2200-01-01"), noInvalidDate: true })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:30:00Z",
    "2026-11-01T06:30:00.500Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999Z",
  ),
);

const whole = fc.record({
  agent_id: fc.constant("agt_1"),
  name: fc.oneof(line, fc.constant("Research")),
  description: optional(paragraphs),
  currency: fc.constantFrom("USD", "EUR", "JPY"),
  timezone: zone,
  per_transaction_limit: amount,
  budgets: fc.array(fc.record({ period, limit: amount }), { minLength: 1, maxLength: 8 }),
  rules: fc.array(rule, { maxLength: 5 }),
  valid_from: optional(instant),
  valid_until: optional(instant),
  warning_threshold: optional(
    fc.oneof(fc.constantFrom(0.8, 0.07, 0.29, 1, 0.001), fc.double({ min: 0, max: 1, minExcluded: true, noNaN: true })),
  ),
  agent_may_release: fc.boolean(),
  profiles: optional(fc.uniqueArray(fc.constantFrom("card", "office-card", "x402"), { minLength: 1 })),
});

/** Stored terms: the arbitrary's guesses that parse, in their canonical form. */
export const storedTerms: fc.Arbitrary<MandateTerms> = whole
  .map((input) => parseTerms(JSON.parse(JSON.stringify(repaired(input))), { timezone: "UTC", newId: counter() }))
  .filter((parsed) => parsed.ok)
  .map((parsed) => (parsed as Extract<typeof parsed, { ok: true }>).value);

/** Single rules that cannot be stored are left out, so that most documents with several rules remain. */
function repaired<T extends { rules: unknown[] }>(input: T): T {
  const alone = (one: unknown) => ({
    ...input,
    valid_from: undefined,
    valid_until: undefined,
    name: "x",
    description: undefined,
    rules: [one],
  });
  return {
    ...input,
    rules: input.rules.filter(
      (one) => parseTerms(JSON.parse(JSON.stringify(alone(one))), { timezone: "UTC", newId: counter() }).ok,
    ),
  };
}
