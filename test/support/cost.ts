import { runInDurableObject } from "cloudflare:test";
import type { TestOrganization } from "./service.ts";

/**
 * Rows that one call reads and writes, its storage transactions, and how many of those wrote anything (commits), counted
 * at the runtime's own cursors.
 */
export async function costOf(organization: TestOrganization, call: () => Promise<unknown>) {
  const cost = { read: 0, written: 0, transactions: 0, commits: 0 };
  await runInDurableObject(organization.stub, (_object, state) => {
    const { storage } = state;
    type Cursor = SqlStorageCursor<Record<string, SqlStorageValue>>;
    const counted: { readonly cursor: Cursor; readonly transaction: number }[] = [];
    const exec = storage.sql.exec.bind(storage.sql);
    const transactionSync = storage.transactionSync.bind(storage);
    storage.sql.exec = ((query: string, ...values: unknown[]) => {
      const cursor = exec(query, ...values);
      counted.push({ cursor, transaction: cost.transactions });
      return cursor;
    }) as typeof storage.sql.exec;
    storage.transactionSync = ((closure: () => unknown) => {
      cost.transactions += 1;
      return transactionSync(closure);
    }) as typeof storage.transactionSync;
    Object.assign(state, {
      countingStops: () => {
        storage.sql.exec = exec;
        storage.transactionSync = transactionSync;
        const wrote = new Set<number>();
        for (const { cursor, transaction } of counted) {
          cost.read += cursor.rowsRead;
          cost.written += cursor.rowsWritten;
          if (cursor.rowsWritten > 0) wrote.add(transaction);
        }
        cost.commits = wrote.size;
      },
    });
  });
  await call();
  await runInDurableObject(organization.stub, (_object, state) => {
    (state as unknown as { countingStops: () => void }).countingStops();
  });
  return cost;
}
