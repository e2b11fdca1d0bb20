import { mintKey, type Region } from "../keys/format.ts";
import { newId } from "../keys/ids.ts";
import { parseSigningSecrets } from "../keys/signing-secrets.ts";
import { LIMITS } from "../limits.ts";
import { stopCheckouts } from "./acp/stop.ts";
import type { Role } from "./api.ts";
import { KEY_BY_ID, type KeyRow } from "./principal.ts";
import { badInput, conflict, notFound } from "./problem.ts";
import { all, changeOne, first } from "./sql.ts";
import type { Work } from "./work.ts";

export interface KeyInput {
  readonly name: string;
  readonly role: Role;
  /** Agents that the key may use; null = all of them, also those to come. */
  readonly agents: readonly string[] | null;
  /** ms, or null = until revoked. */
  readonly expires_at: number | null;
}

/** The key as text: the only time it exists outside its holder's hands. */
export interface NewKey {
  readonly row: KeyRow;
  readonly key: string;
}

export function requireKey(work: Work, id: string): KeyRow {
  const row = first<KeyRow>(work.sql, KEY_BY_ID, id);
  if (row === undefined) throw notFound("key");
  return row;
}

/**
 * Makes a key. The text is returned once and stored nowhere; the table keeps the SHA-256 of its secret.
 *
 * @param replaced The key that this one takes over from: it does not count, or a full organization could not rotate.
 */
export function createKey(
  work: Work,
  signingSecrets: string | undefined,
  input: KeyInput,
  replaced: string | null = null,
): NewKey {
  if (input.agents !== null && input.role !== "spend") {
    throw badInput("Only a spend key can be limited to agents; other roles concern the whole organization.", [
      { path: "/agents", message: "Leave it out for this role." },
    ]);
  }
  const count = first<{ n: number }>(
    work.sql,
    "SELECT COUNT(*) AS n FROM keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) AND id IS NOT ?",
    work.now,
    replaced,
  );
  if ((count?.n ?? 0) >= LIMITS.keys) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.keys} keys that still work.`);
  }
  if (input.expires_at !== null && input.expires_at <= work.now) {
    throw badInput("The key would already be expired.", [{ path: "/expires_at", message: "Must lie in the future." }]);
  }
  for (const [index, agentId] of (input.agents ?? []).entries()) {
    if (first(work.sql, "SELECT 1 AS yes FROM agents WHERE id = ?", agentId) === undefined) {
      throw badInput("An agent of the key does not exist.", [{ path: `/agents/${index}`, message: "No such agent." }]);
    }
  }
  const signing = parseSigningSecrets(signingSecrets);
  if (!signing.ok) throw new Error("no signing secret is configured");
  const { id: orgId, mode, region } = work.organization;
  const keyId = newId("key");
  const minted = mintKey({ mode, region: regionByte(region), orgId, keyId, signing: signing.value });
  work.exec(
    `INSERT INTO keys (id, secret_hash, role, name, agents, last4, signing_secret_id, created_at, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    keyId,
    minted.secretHash,
    input.role,
    input.name,
    input.agents === null ? null : JSON.stringify(input.agents),
    minted.last4,
    minted.signingSecretId,
    work.now,
    input.expires_at,
  );
  work.log("key.created", keyId, {
    key_id: keyId,
    role: input.role,
    name: input.name,
    agents: input.agents,
    expires_at: input.expires_at,
  });
  return { row: requireKey(work, keyId), key: minted.key };
}

export const regionByte = (region: string): Region => (region === "eu" ? 1 : 0);

/** From this transaction on the key authorizes nothing. Revoking twice changes nothing. */
export function revokeKey(work: Work, id: string, reason: string | null): KeyRow {
  const row = requireKey(work, id);
  if (row.revoked_at !== null) return row;
  changeOne(work.sql, "UPDATE keys SET revoked_at = ? WHERE id = ?", work.now, id);
  stopCheckouts(work, null);
  work.log("key.revoked", id, { key_id: id, role: row.role, name: row.name, reason });
  return requireKey(work, id);
}

/**
 * Replaces a key by a new one of the same role and agents; the old one works until the overlap ends.
 *
 * @param overlapHours 0 = the old key stops at once.
 */
export function rotateKey(work: Work, signingSecrets: string | undefined, id: string, overlapHours: number): NewKey {
  const row = requireKey(work, id);
  if (row.revoked_at !== null || (row.expires_at !== null && row.expires_at <= work.now)) {
    throw conflict("key_gone", "This key is revoked or expired. Create a new one.");
  }
  if (row.replaced_by !== null) throw conflict("already_rotated", "This key was already rotated.");
  const input = {
    name: row.name,
    role: row.role,
    agents: row.agents === null ? null : (JSON.parse(row.agents) as string[]),
    expires_at: row.expires_at,
  };
  const created = createKey(work, signingSecrets, input, id);
  const end = work.now + Math.round(overlapHours * 3_600_000);
  const expires = row.expires_at === null ? end : Math.min(row.expires_at, end);
  changeOne(work.sql, "UPDATE keys SET expires_at = ?, replaced_by = ? WHERE id = ?", expires, created.row.id, id);
  if (expires <= work.now) stopCheckouts(work, null);
  work.log("key.rotated", id, { key_id: id, replaced_by: created.row.id, old_expires_at: expires });
  return created;
}

export const listKeys = (work: Work): KeyRow[] =>
  all<KeyRow>(work.sql, "SELECT * FROM keys ORDER BY created_at DESC, id");

/** Active keys by the signing secret that they need, for the operator who wants to retire one. */
export function keysBySigningSecret(sql: SqlStorage, now: number): Record<string, number> {
  const rows = all<{ id: string; n: number }>(
    sql,
    `SELECT signing_secret_id AS id, COUNT(*) AS n FROM keys
     WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) GROUP BY signing_secret_id`,
    now,
  );
  return Object.fromEntries(rows.map((row) => [row.id, row.n]));
}
