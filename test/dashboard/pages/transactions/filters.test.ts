import { describe, expect, it } from "vitest";
import { filterQuery, operationQuery, readFilters } from "../../../../src/dashboard/pages/transactions/filters.ts";
import { pageOfId } from "../../../../src/dashboard/pages/transactions/search.ts";
import type { Membership } from "../../../../src/people/api.ts";

const filters = (query: string) => readFilters(new URL(`https://quetra.test/dashboard/org_1/transactions?${query}`));
const asked = (query: string, timezone: string) =>
  operationQuery(filters(query), { organization: { timezone } as Membership });

describe("filters of the list", () => {
  it("takes days of the organization's own calendar, both of them whole", () => {
    expect(asked("from=2026-11-21&until=2026-11-21", "Europe/Ljubljana")).toMatchObject({
      since: "2026-11-20T23:00:00.000Z",
      until: "2026-11-21T23:00:00.000Z",
    });
  });

  it("knows days of 23 hours, and the end of a month", () => {
    expect(asked("from=2026-03-29&until=2026-03-29", "Europe/Ljubljana")).toMatchObject({
      since: "2026-03-28T23:00:00.000Z",
      until: "2026-03-29T22:00:00.000Z",
    });
    expect(asked("until=2026-12-31", "UTC").until).toBe("2027-01-01T00:00:00.000Z");
  });

  it("hands on what is no day, so that the operation refuses it by its name", () => {
    expect(asked("from=yesterday", "UTC").since).toBe("yesterday");
    expect(asked("until=2026-02-30", "UTC").until).toBe("2026-02-30");
  });

  it("takes a currency in small letters too, and hands on what is none, so that it is refused by its name", () => {
    expect(asked("protocol=x402&currency=eur", "UTC")).toEqual({ protocol: "x402", currency: "EUR" });
    expect(asked("protocol=gold&currency=euro", "UTC")).toEqual({ protocol: "gold", currency: "EURO" });
  });

  it("leaves out what was not asked", () => {
    expect(asked("", "UTC")).toEqual({});
    expect(filterQuery(filters("q=&agent_id=agt_1&status=&other=x"))).toBe("?agent_id=agt_1");
    expect(filterQuery(filters("vendor=a%26b&from=2026-11-21"))).toBe("?vendor=a%26b&from=2026-11-21");
  });
});

describe("an id that somebody looks for", () => {
  it.each([
    ["txn_0HMXcaMDD40M50sYJHZu8J", "/b/transactions/txn_0HMXcaMDD40M50sYJHZu8J"],
    ["apr_0HMXcaMDD40M50sYJHZu8J", "/b/approvals/apr_0HMXcaMDD40M50sYJHZu8J"],
    ["agt_0HMXcaMDD40M50sYJHZu8J", "/b/agents/agt_0HMXcaMDD40M50sYJHZu8J"],
    ["mdt_0HMXcaMDD40M50sYJHZu8J", "/b/mandates/mdt_0HMXcaMDD40M50sYJHZu8J"],
    ["evt_0HMXcaMDD40M50sYJHZu8J", null],
    ["txn_", null],
    ["txn_0HMXcaMDD40M50sYJHZu8J/../../x", null],
    ["example.com", null],
  ])("%s", (text, page) => {
    expect(pageOfId("/b", text)).toBe(page);
  });
});
