import { LIMITS } from "../../limits.ts";
import type { Book, MemoryBook, Place, Purchase } from "../../rehearsal/book.ts";
import { all, first } from "../sql.ts";

interface PurchaseRow {
  readonly id: string;
  readonly at: number;
  readonly vendor: string;
  readonly amount: number;
  readonly real: number;
  readonly counts: Purchase["counts"];
  readonly waits: number;
  readonly presumed: number;
  readonly satisfied: string;
  readonly places: string;
  readonly shared: string;
}

/** The book of one shadow, in tables of its own. */
export class ShadowBook implements Book {
  readonly #sql: SqlStorage;
  readonly #mandateId: string;
  readonly #needsVendors: boolean;

  /** @param needsVendors Does any rule of the terms ask whether a vendor is known? */
  constructor(sql: SqlStorage, mandateId: string, needsVendors: boolean) {
    this.#sql = sql;
    this.#mandateId = mandateId;
    this.#needsVendors = needsVendors;
  }

  used({ key }: Place): number {
    return (
      first<{ used: number }>(
        this.#sql,
        "SELECT used FROM shadow_counters WHERE mandate_id = ? AND key = ?",
        this.#mandateId,
        key,
      )?.used ?? 0
    );
  }

  add({ key, ends }: Place, change: number): void {
    this.#sql.exec(
      `INSERT INTO shadow_counters (mandate_id, key, used, ends) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET used = used + excluded.used`,
      this.#mandateId,
      key,
      change,
      ends,
    );
  }

  slot(ref: string, nth: number): number | null {
    const newest = this.#newest(ref);
    return (
      first<{ at: number }>(
        this.#sql,
        "SELECT at FROM shadow_slots WHERE mandate_id = ? AND ref = ? AND n = ?",
        this.#mandateId,
        ref,
        newest - nth + 1,
      )?.at ?? null
    );
  }

  takeSlot(ref: string, at: number, keep: number): void {
    const n = this.#newest(ref) + 1;
    const mandateId = this.#mandateId;
    this.#sql.exec("INSERT INTO shadow_slots (mandate_id, ref, n, at) VALUES (?, ?, ?, ?)", mandateId, ref, n, at);
    this.#sql.exec("DELETE FROM shadow_slots WHERE mandate_id = ? AND ref = ? AND n = ?", mandateId, ref, n - keep);
  }

  #newest(ref: string): number {
    return (
      first<{ n: number }>(
        this.#sql,
        "SELECT n FROM shadow_slots WHERE mandate_id = ? AND ref = ? ORDER BY n DESC LIMIT 1",
        this.#mandateId,
        ref,
      )?.n ?? 0
    );
  }

  find(id: string): Purchase | undefined {
    const row = first<PurchaseRow>(
      this.#sql,
      "SELECT * FROM shadow_purchases WHERE mandate_id = ? AND id = ?",
      this.#mandateId,
      id,
    );
    return row === undefined
      ? undefined
      : {
          ...row,
          waits: row.waits === 1,
          presumed: row.presumed === 1,
          satisfied: JSON.parse(row.satisfied) as string[],
          places: JSON.parse(row.places) as Place[],
          shared: JSON.parse(row.shared) as Place[],
        };
  }

  save(it: Purchase): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO shadow_purchases (mandate_id, id, at, vendor, amount, real, counts, waits, presumed,
         satisfied, places, shared) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#mandateId,
      it.id,
      it.at,
      it.vendor,
      it.amount,
      it.real,
      it.counts,
      it.waits ? 1 : 0,
      it.presumed ? 1 : 0,
      JSON.stringify(it.satisfied),
      JSON.stringify(it.places),
      JSON.stringify(it.shared),
    );
  }

  waiting(): number {
    return (
      first<{ n: number }>(
        this.#sql,
        "SELECT COUNT(*) AS n FROM shadow_purchases WHERE mandate_id = ? AND waits = 1",
        this.#mandateId,
      )?.n ?? 0
    );
  }

  knows(vendor: string): boolean {
    return (
      first(
        this.#sql,
        "SELECT 1 AS yes FROM shadow_vendors WHERE mandate_id = ? AND vendor = ?",
        this.#mandateId,
        vendor,
      ) !== undefined
    );
  }

  learn(vendor: string, transactionId: string): void {
    if (!this.#needsVendors) return;
    this.#sql.exec(
      "INSERT OR IGNORE INTO shadow_vendors (mandate_id, vendor, transaction_id) VALUES (?, ?, ?)",
      this.#mandateId,
      vendor,
      transactionId,
    );
  }

  unlearn(transactionId: string): void {
    this.#sql.exec(
      "DELETE FROM shadow_vendors WHERE mandate_id = ? AND transaction_id = ?",
      this.#mandateId,
      transactionId,
    );
  }

  /** Takes over what a book in memory holds. This one must be empty. */
  fill(book: MemoryBook): void {
    const { used, slots, purchases } = book.contents();
    for (const entry of used) this.add(entry.place, entry.used);
    for (const purchase of purchases) this.save(purchase);
    for (const [ref, instants] of slots) {
      for (const at of instants) this.takeSlot(ref, at, instants.length);
    }
  }

  /** Lets go of a few rows whose time is over; called for each event, so that never many are due at once. */
  prune(now: number): void {
    const before = now - LIMITS.shadowKeepMs;
    const mandateId = this.#mandateId;
    const some = all<{ key: string }>(
      this.#sql,
      "SELECT key FROM shadow_counters WHERE mandate_id = ? AND ends < ? LIMIT 10",
      mandateId,
      before,
    );
    for (const { key } of some) {
      this.#sql.exec("DELETE FROM shadow_counters WHERE mandate_id = ? AND key = ?", mandateId, key);
    }
    const old = all<{ id: string }>(
      this.#sql,
      "SELECT id FROM shadow_purchases WHERE mandate_id = ? AND at < ? LIMIT 10",
      mandateId,
      before,
    );
    for (const { id } of old) {
      this.#sql.exec("DELETE FROM shadow_purchases WHERE mandate_id = ? AND id = ?", mandateId, id);
    }
  }
}
