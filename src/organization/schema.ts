import ledger from "./migrations/0001-ledger.ts";
import x402 from "./migrations/0002-x402.ts";
import webhooks from "./migrations/0003-webhooks.ts";
import alerts from "./migrations/0004-alerts.ts";
import audit from "./migrations/0005-audit.ts";
import rehearsal from "./migrations/0006-rehearsal.ts";
import providers from "./migrations/0007-providers.ts";
import disputes from "./migrations/0008-disputes.ts";
import lateCaptures from "./migrations/0009-late-captures.ts";
import hookOrder from "./migrations/0010-hook-order.ts";

/**
 * The object's own tables: docs/storage-schema.md describes each column. A migration is never edited once landed.
 * STRICT and CHECK because SQLite would otherwise take `true`, "0x10" or 0.1 for money.
 */
const MIGRATIONS: readonly string[] = [
  ledger,
  x402,
  webhooks,
  alerts,
  audit,
  rehearsal,
  providers,
  disputes,
  lateCaptures,
  hookOrder,
];

/** Brings the object's tables to the current version, each migration once, all in one transaction. Never swallows an error. */
export function migrate(storage: DurableObjectStorage): void {
  storage.transactionSync(() => {
    const { sql } = storage;
    sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT");
    const row = sql.exec<{ version: number }>("SELECT version FROM schema_version").toArray()[0];
    const current = row?.version ?? 0;
    if (current > MIGRATIONS.length) throw new Error("this object was migrated by a newer version of the service");
    for (const migration of MIGRATIONS.slice(current)) sql.exec(migration);
    if (row === undefined) sql.exec("INSERT INTO schema_version (version) VALUES (?)", MIGRATIONS.length);
    else if (current < MIGRATIONS.length) sql.exec("UPDATE schema_version SET version = ?", MIGRATIONS.length);
  });
}
