import type { Micros } from "../money.ts";
import type { OrganizationBudget, PeriodKind } from "../policy/types.ts";
import { type Actor, appendEvent, type ChainHead, readHead } from "./event-log.ts";
import { first, type SqlValue } from "./sql.ts";

/** The organization's own row, with its budgets read. */
export interface OrganizationRow {
  readonly id: string;
  readonly name: string;
  readonly mode: "test" | "live";
  readonly region: string;
  readonly timezone: string;
  readonly frozen: number;
  readonly budgets: string;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface StoredOrganizationBudget {
  readonly id: string;
  readonly currency: string;
  readonly period: PeriodKind;
  /** Micros. */
  readonly limit: Micros;
}

/** What the object remembers between two units of work: only it writes these rows. */
export interface Known {
  readonly head?: ChainHead | undefined;
  readonly organization?: OrganizationRow | undefined;
}

/** In whose name a unit of work runs. */
export interface By {
  readonly actor: Actor;
  readonly keyId: string | null;
  readonly requestId: string | null;
  readonly country: string | null;
  readonly origin?: string | null;
}

/**
 * One unit of work: everything that one call reads and writes, inside ONE synchronous storage transaction.
 * It carries the clock (never earlier than the newest event), the actor, and the head of the event chain.
 */
export class Work {
  readonly sql: SqlStorage;
  readonly now: number;
  readonly actor: Actor;
  readonly keyId: string | null;
  readonly requestId: string | null;
  readonly country: string | null;
  /** Scheme and host that the caller used, for links in an answer; null where nobody called. */
  readonly origin: string | null;
  /** Is there too little room left to record anything more? */
  readonly storageFull: boolean;
  /** Asks for the alarm at an instant; the object keeps the earliest. */
  readonly wake: (at: number) => void;
  #head: ChainHead;
  #organization: OrganizationRow | undefined;

  constructor(
    sql: SqlStorage,
    clock: number,
    by: By,
    storageFull: boolean,
    wake: (at: number) => void,
    known: Known = {},
  ) {
    this.sql = sql;
    this.storageFull = storageFull;
    this.#organization = known.organization;
    this.#head = known.head ?? readHead(sql);
    // Time never runs backwards here, whatever the host's clock does: order is by seq, and `at` follows it.
    this.now = Math.max(clock, this.#head.at);
    this.actor = by.actor;
    this.keyId = by.keyId;
    this.requestId = by.requestId;
    this.country = by.country;
    this.origin = by.origin ?? null;
    this.wake = wake;
  }

  /** What the next unit of work need not read again, if this one is committed. */
  get known(): Known {
    return { head: this.#head, organization: this.#organization };
  }

  get head(): ChainHead {
    return this.#head;
  }

  get organization(): OrganizationRow {
    this.#organization ??= first<OrganizationRow>(this.sql, "SELECT * FROM organization WHERE one = 1");
    if (this.#organization === undefined) throw new Error("this organization was never provisioned");
    return this.#organization;
  }

  /** The organization's budgets as the policy wants them: with their time zone. */
  organizationBudgets(): OrganizationBudget[] {
    const { budgets, timezone } = this.organization;
    if (budgets === "[]") return [];
    return (JSON.parse(budgets) as StoredOrganizationBudget[]).map((budget) => ({ ...budget, timezone }));
  }

  /** Forgets the cached organization row after it was changed. */
  organizationChanged(): void {
    this.#organization = undefined;
  }

  /** Appends one event; `subject` is the id of what it is about. */
  log(type: string, subject: string | null, data: unknown): number {
    this.#head = appendEvent(this.sql, this.#head, {
      type,
      at: this.now,
      subject,
      body: { schema: 1, actor: this.actor, key_id: this.keyId, request_id: this.requestId, data },
    });
    return this.#head.seq;
  }

  /** Sets a timer; the alarm is moved when it becomes the earliest. */
  setTimer(dueAt: number, kind: string, ref: string): void {
    this.sql.exec("INSERT OR IGNORE INTO timers (due_at, kind, ref) VALUES (?, ?, ?)", dueAt, kind, ref);
    this.wake(dueAt);
  }

  /** Takes a timer back. The alarm may still fire; it then finds nothing due. */
  clearTimer(dueAt: number, kind: string, ref: string): void {
    this.sql.exec("DELETE FROM timers WHERE due_at = ? AND kind = ? AND ref = ?", dueAt, kind, ref);
  }

  exec(query: string, ...values: SqlValue[]): void {
    this.sql.exec(query, ...values);
  }
}
