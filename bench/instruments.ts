import { appendEvent, readHead } from "../src/organization/event-log.ts";

/** What one call did to the storage. */
export interface StorageUse {
  readonly transactions: number;
  /** Transactions that wrote, and single statements that wrote outside of any. */
  readonly commits: number;
  readonly statements: number;
  readonly rows_read: number;
  readonly rows_written: number;
}

/** Runs a call with counters on the storage. They are taken off again, so that nothing else is slowed down. */
export async function measured<T>(
  storage: DurableObjectStorage,
  call: () => Promise<T>,
): Promise<{ result: T; use: StorageUse }> {
  const { sql } = storage;
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  /** The transaction of each cursor; null outside of any. */
  const places: (number | null)[] = [];
  let transactions = 0;
  let place: number | null = null;
  const exec = sql.exec.bind(sql);
  const transactionSync = storage.transactionSync.bind(storage);
  const counted = {
    exec(query: string, ...values: unknown[]) {
      const cursor = exec(query, ...values);
      cursors.push(cursor);
      places.push(place);
      return cursor;
    },
    transactionSync<R>(closure: () => R): R {
      transactions += 1;
      place = transactions;
      try {
        return transactionSync(closure);
      } finally {
        place = null;
      }
    },
  };
  // Own properties shadow the prototype's methods of exactly these two objects.
  Object.assign(sql, { exec: counted.exec });
  Object.assign(storage, { transactionSync: counted.transactionSync });
  try {
    const result = await call();
    return {
      result,
      use: {
        transactions,
        commits: commits(cursors, places),
        statements: cursors.length,
        rows_read: cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0),
        rows_written: cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0),
      },
    };
  } finally {
    Reflect.deleteProperty(sql, "exec");
    Reflect.deleteProperty(storage, "transactionSync");
  }
}

function commits(cursors: readonly { readonly rowsWritten: number }[], places: readonly (number | null)[]): number {
  const wrote = places.filter((_, index) => cursors[index]!.rowsWritten > 0);
  const inside = wrote.filter((place) => place !== null);
  return new Set(inside).size + (wrote.length - inside.length);
}

export interface SeedInput {
  readonly agent: string;
  readonly mandate: string;
  readonly count: number;
}

const PER_COUNTER = 1_000;
const AMOUNT = 1_000_000;

/**
 * Adds settled purchases of the past: rows, their counters (one per thousand) and a chained event each. The ledger's
 * self-check and the chain hold afterwards, and the projection counts them as done.
 */
export function seed(storage: DurableObjectStorage, { agent, mandate, count }: SeedInput): number {
  const { sql } = storage;
  return storage.transactionSync(() => {
    let head = readHead(sql);
    const at = Math.max(head.at, Date.now());
    const before = sql.exec<{ n: number }>("SELECT COALESCE(MAX(seq), 0) AS n FROM transactions").one().n;
    let counter = 0;
    for (let done = 0; done < count; done++) {
      const n = before + done;
      if (done % PER_COUNTER === 0) {
        const settled = Math.min(PER_COUNTER, count - done) * AMOUNT;
        counter = sql
          .exec<{ id: number }>(
            "INSERT INTO counters (owner, ref, period, label, settled) VALUES (?, 'bud_past', 'daily', ?, ?) RETURNING id",
            mandate,
            `past-${n}`,
            settled,
          )
          .one().id;
      }
      const id = `txn_seed${crypto.randomUUID()}`;
      sql.exec(
        `INSERT INTO transactions (id, agent_id, idempotency_key, fingerprint, status, vendor, amount, currency, protocol,
         held, settled, counters, mandate_id, mandate_version, key_id, created_at, updated_at)
         VALUES (?, ?, ?, ?, 'completed', 'api.example.com', ?, 'USD', 'external', 0, ?, ?, ?, 1, 'key_seed', ?, ?)`,
        id,
        agent,
        `seed-${n}-${id}`,
        `seed-${id}`,
        AMOUNT,
        AMOUNT,
        `[${counter}]`,
        mandate,
        at,
        at,
      );
      const data = { transaction_id: id, from: "authorized", to: "completed", amount: AMOUNT };
      const body = { schema: 1, actor: { type: "system", id: "seed" }, key_id: null, request_id: null, data } as const;
      head = appendEvent(sql, head, { type: "transaction.completed", at, subject: id, body });
    }
    sql.exec("UPDATE cursors SET seq = ? WHERE name = 'projection'", head.seq);
    return sql.exec<{ n: number }>("SELECT COUNT(*) AS n FROM transactions").one().n;
  });
}
