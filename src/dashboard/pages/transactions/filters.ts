import { Temporal } from "temporal-polyfill";
import type { OrganizationVisit } from "../../route.ts";

/** What a list of transactions is narrowed to: as it stands in the address, "" where nothing is asked. */
export interface Filters {
  readonly q: string;
  readonly agent_id: string;
  readonly status: string;
  readonly vendor: string;
  readonly protocol: string;
  readonly currency: string;
  /** Days of the organization's calendar, `2026-11-21`; both are part of what is shown. */
  readonly from: string;
  readonly until: string;
}

const NAMES = [
  "q",
  "agent_id",
  "status",
  "vendor",
  "protocol",
  "currency",
  "from",
  "until",
] as const satisfies readonly (keyof Filters)[];

export const readFilters = ({ searchParams }: URL): Filters =>
  Object.fromEntries(NAMES.map((name) => [name, (searchParams.get(name) ?? "").trim()])) as unknown as Filters;

export const isFiltered = (filters: Filters): boolean => NAMES.some((name) => filters[name] !== "");

/** The same filters as a query string, with `?` where there are any. */
export function filterQuery(filters: Filters, without: readonly (keyof Filters)[] = []): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    if (filters[name] !== "" && !without.includes(name)) query.set(name, filters[name]);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** As the operations want them: days become instants. What is no day goes on as it is, so that it is refused with its name. */
export function operationQuery(filters: Filters, { organization }: Pick<OrganizationVisit, "organization">) {
  const { timezone } = organization;
  return {
    agent_id: filters.agent_id || undefined,
    status: filters.status || undefined,
    vendor: filters.vendor || undefined,
    protocol: filters.protocol || undefined,
    currency: filters.currency.toUpperCase() || undefined,
    since: startOfDay(filters.from, timezone, 0),
    until: startOfDay(filters.until, timezone, 1),
  };
}

function startOfDay(day: string, timezone: string, later: 0 | 1): string | undefined {
  if (day === "") return undefined;
  try {
    const start = Temporal.PlainDate.from(day).add({ days: later }).toZonedDateTime(timezone);
    return start.toInstant().toString({ smallestUnit: "millisecond" });
  } catch {
    return day;
  }
}
