import { runInDurableObject } from "cloudflare:test";
import type { TestOrganization } from "./service.ts";

type Row = Record<string, SqlStorageValue>;
/** Every table of an organization's object, by name. */
export type Snapshot = Readonly<Record<string, readonly Row[]>>;

/** All rows of all tables in one go: the tests that compare after every call take thousands of these. */
export const snapshot = (organization: TestOrganization): Promise<Snapshot> =>
  runInDurableObject(organization.stub, (_instance, state) => {
    const { sql } = state.storage;
    const tables = sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .toArray()
      .map(({ name }) => name)
      .filter((name) => !/^(_cf|sqlite)/.test(name));
    return Object.fromEntries(tables.map((name) => [name, sql.exec<Row>(`SELECT * FROM ${name}`).toArray()]));
  });

/** What follows the log by itself, a moment later, says nothing about what a call did. */
function apartFromFollowers({ cursors: _, ...tables }: Snapshot): Snapshot {
  const memory = /^alert_(state|marks|amounts|vendors)$/;
  const kept = Object.entries(tables).filter(([name]) => !memory.test(name));
  return {
    ...Object.fromEntries(kept),
    events: (tables.events ?? []).filter(({ type }) => type !== "alert.raised"),
    alerts: (tables.alerts ?? []).filter(({ acknowledged_at }) => acknowledged_at !== null),
    alert_settings: (tables.alert_settings ?? []).map(({ followed: _, storage_looked_at: __, ...row }) => row),
  };
}

export const everything = (snapshot: Snapshot): string => JSON.stringify(apartFromFollowers(snapshot));

/**
 * What a refused purchase must leave alone. It may write one thing, which is documented: a `rejected` row with its
 * event, or one more on the count of an earlier one.
 */
export function apartFromRejections(snapshot: Snapshot): string {
  const { transactions, events, ...tables } = apartFromFollowers(snapshot);
  return JSON.stringify({
    ...tables,
    transactions: transactions?.filter((row) => row.status !== "rejected"),
    events: events
      ?.filter((row) => row.type !== "transaction.rejected")
      .map(({ type, subject, body }) => [type, subject, body]),
  });
}

/**
 * Rows that were ever written in this object. The same number before and after means that nothing at all was written,
 * which is far cheaper to ask than to compare all tables. Needs a clock that keeps alarms from running in between.
 */
export const writes = (organization: TestOrganization): Promise<number> =>
  runInDurableObject(organization.stub, (_instance, state) =>
    Number(state.storage.sql.exec<{ n: number }>("SELECT total_changes() AS n").one().n),
  );
