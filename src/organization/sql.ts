/** A value that SQLite keeps unchanged. BigInt, boolean and undefined would be refused or silently altered by the runtime. */
export type SqlValue = string | number | null;
type Row = Record<string, SqlStorageValue>;

/** All rows of a statement. */
export function all<T extends object>(sql: SqlStorage, query: string, ...values: SqlValue[]): T[] {
  return sql.exec<Row>(query, ...values).toArray() as unknown as T[];
}

/** The first row, or undefined. */
export function first<T extends object>(sql: SqlStorage, query: string, ...values: SqlValue[]): T | undefined {
  return all<T>(sql, query, ...values)[0];
}

/** Runs a statement that must change exactly one row; anything else is a bug and rolls the transaction back. */
export function changeOne(sql: SqlStorage, query: string, ...values: SqlValue[]): void {
  const changed = sql.exec(`${query} RETURNING 1`, ...values).toArray().length;
  if (changed !== 1) throw new Error(`a statement changed ${changed} rows instead of one`);
}
