import { LIMITS } from "../../limits.ts";
import type { CellSum } from "../../rehearsal/memory-sink.ts";
import type { Cell, Difference, Note, Sink } from "../../rehearsal/sink.ts";
import { all, first } from "../sql.ts";

/** The running counts of one shadow, in tables of its own. */
export class ShadowSink implements Sink {
  readonly #sql: SqlStorage;
  readonly #mandateId: string;

  constructor(sql: SqlStorage, mandateId: string) {
    this.#sql = sql;
    this.#mandateId = mandateId;
  }

  count({ kind, name, rule, currency }: Cell, amount: number): void {
    this.#add(kind, name, rule, currency, 1, amount);
  }

  note(name: Note, times: number): void {
    this.#add("note", name, "", "", times, 0);
  }

  #add(kind: string, name: string, rule: string, currency: string, n: number, amount: number): void {
    this.#sql.exec(
      `INSERT INTO shadow_tallies (mandate_id, kind, name, rule, currency, n, amount) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET n = n + excluded.n, amount = MIN(amount + excluded.amount, ${Number.MAX_SAFE_INTEGER})`,
      this.#mandateId,
      kind,
      name,
      rule,
      currency,
      n,
      amount,
    );
  }

  difference(difference: Difference): void {
    const text = JSON.stringify(difference);
    this.#sql.exec(
      "UPDATE shadows SET first_difference = COALESCE(first_difference, ?) WHERE mandate_id = ?",
      text,
      this.#mandateId,
    );
    this.#sql.exec("INSERT INTO shadow_differences (mandate_id, difference) VALUES (?, ?)", this.#mandateId, text);
    this.#sql.exec(
      `DELETE FROM shadow_differences WHERE mandate_id = ?1 AND seq <= (SELECT seq FROM shadow_differences
         WHERE mandate_id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ${LIMITS.shadowDifferences})`,
      this.#mandateId,
    );
  }

  /** A shadow tells no peaks. */
  use(): void {}

  cells(): CellSum[] {
    return all<CellSum>(
      this.#sql,
      "SELECT kind, name, rule, currency, n, amount FROM shadow_tallies WHERE mandate_id = ? AND kind <> 'note'",
      this.#mandateId,
    );
  }

  noted(name: Note): number {
    return (
      first<{ n: number }>(
        this.#sql,
        "SELECT n FROM shadow_tallies WHERE mandate_id = ? AND kind = 'note' AND name = ? AND rule = '' AND currency = ''",
        this.#mandateId,
        name,
      )?.n ?? 0
    );
  }

  newest(limit: number): Difference[] {
    return all<{ difference: string }>(
      this.#sql,
      "SELECT difference FROM shadow_differences WHERE mandate_id = ? ORDER BY seq DESC LIMIT ?",
      this.#mandateId,
      limit,
    ).map(({ difference }) => JSON.parse(difference) as Difference);
  }
}
