import type { Region } from "../keys/format.ts";
import { regionOf } from "../keys/format.ts";
import type { Membership, PersonRole } from "./api.ts";
import type { Desk } from "./desk.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly mode: "test" | "live";
  readonly region: string;
  readonly timezone: string;
  readonly frozen: number;
  readonly role: PersonRole;
}

const SELECT = `SELECT o.id, o.name, o.mode, o.region, o.timezone, o.frozen, m.role
  FROM people_members m JOIN organizations o ON o.id = m.organizationId WHERE m.userId = ?`;

export async function memberships({ db }: Desk, personId: string): Promise<readonly Membership[]> {
  const { results } = await db.prepare(`${SELECT} ORDER BY o.name COLLATE NOCASE, o.id`).bind(personId).all<Row>();
  return results.map(toMembership);
}

export async function membership({ db }: Desk, personId: string, organizationId: string): Promise<Membership | null> {
  const row = await db.prepare(`${SELECT} AND m.organizationId = ?`).bind(personId, organizationId).first<Row>();
  return row === null ? null : toMembership(row);
}

const toMembership = (row: Row): Membership => ({
  organization_id: row.id,
  organization_name: row.name,
  mode: row.mode,
  region: regionOf(row.region) as Region,
  timezone: row.timezone,
  frozen: row.frozen === 1,
  role: row.role,
});

export async function names({ db }: Desk, personIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (personIds.length === 0) return new Map();
  const { results } = await db
    .prepare("SELECT id, name FROM people WHERE id IN (SELECT value FROM json_each(?))")
    .bind(JSON.stringify(personIds))
    .all<{ id: string; name: string }>();
  return new Map(results.map(({ id, name }) => [id, name]));
}
