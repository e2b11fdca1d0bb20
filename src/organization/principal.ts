import type { Caller, PersonCaller, Role } from "./api.ts";
import { isPerson, personPrincipal } from "./person.ts";
import { first } from "./sql.ts";

export interface KeyRow {
  readonly id: string;
  readonly secret_hash: string;
  readonly role: Role;
  readonly name: string;
  /** JSON array of agent ids, or null for every agent. */
  readonly agents: string | null;
  readonly last4: string;
  readonly signing_secret_id: string;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly replaced_by: string | null;
}

/** Who is calling: a key, as its row says in this very transaction, or a person, as the edge says. */
export interface Principal {
  /** A key has one, a person those that its role counts as. */
  readonly roles: ReadonlySet<Role>;
  readonly mayUse: (agentId: string) => boolean;
}

export type Identity =
  | { readonly ok: true; readonly principal: Principal }
  /** `gone`: the key was ours and is revoked or has expired. `nobody`: no person that could be one. */
  | { readonly ok: false; readonly why: "unknown" | "gone" | "nobody" };

type KeyIdentity =
  | { readonly ok: true; readonly principal: Principal & { readonly role: Role } }
  | { readonly ok: false; readonly why: "unknown" | "gone" };

/** Key or person. What is neither, or both, is refused. */
export function identifyCaller(sql: SqlStorage, caller: Caller | PersonCaller, now: number): Identity {
  if (!isPerson(caller)) return identify(sql, caller, now);
  const principal = personPrincipal(caller);
  return principal === null ? { ok: false, why: "nobody" } : { ok: true, principal };
}

export const KEY_BY_ID = "SELECT * FROM keys WHERE id = ?";

/**
 * The credential is the SHA-256 of the key's secret in this object's own table. It is read again inside every money
 * transaction, so that nothing is authorized after a revocation.
 */
export function identify(sql: SqlStorage, caller: Caller, now: number): KeyIdentity {
  if (typeof caller.key_id !== "string" || typeof caller.secret_hash !== "string") return { ok: false, why: "unknown" };
  const row = first<KeyRow>(sql, KEY_BY_ID, caller.key_id);
  if (row === undefined || !sameHash(row.secret_hash, caller.secret_hash)) return { ok: false, why: "unknown" };
  if (!stillWorks(row, now)) return { ok: false, why: "gone" };
  const agents = row.agents === null ? null : new Set(JSON.parse(row.agents) as string[]);
  return {
    ok: true,
    principal: {
      role: row.role,
      roles: new Set([row.role]),
      mayUse: (agentId) => agents === null || agents.has(agentId),
    },
  };
}

export const stillWorks = (row: KeyRow, now: number): boolean =>
  row.revoked_at === null && (row.expires_at === null || row.expires_at > now);

/** Looks at every character, so that its time tells nothing about where two hashes differ. */
function sameHash(stored: string, given: string): boolean {
  if (stored.length !== 64 || given.length !== 64) return false;
  let difference = 0;
  for (let index = 0; index < 64; index++) difference |= stored.charCodeAt(index) ^ given.charCodeAt(index);
  return difference === 0;
}
