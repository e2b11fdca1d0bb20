import { canonicalJson } from "../../canonical-json.ts";
import type { Statement } from "../../payments/rails-api.ts";
import { all, first } from "../sql.ts";
import type { Work } from "../work.ts";

/** A version that has come into force and waits for its signature. */
export interface Unsigned {
  readonly mandate_id: string;
  readonly version: number;
  readonly agent_id: string;
  /** Canonical JSON. */
  readonly terms: string;
  readonly hash: string;
}

const UNSIGNED = `SELECT s.mandate_id, s.version, m.agent_id, v.terms, v.hash
  FROM mandate_signatures s JOIN mandates m ON m.id = s.mandate_id
  JOIN mandate_versions v ON v.mandate_id = s.mandate_id AND v.version = s.version
  WHERE s.jws IS NULL LIMIT ?`;

/** A version comes into force: it is signed from the alarm, so that nobody waits for a signature. */
export const awaitSignature = (work: Work, mandateId: string, version: number): void =>
  work.exec("INSERT OR IGNORE INTO mandate_signatures (mandate_id, version) VALUES (?, ?)", mandateId, version);

export const unsignedMandates = (sql: SqlStorage, limit: number): Unsigned[] => all<Unsigned>(sql, UNSIGNED, limit);

/** The canonical terms stand in the statement itself: who verifies computes their hash, and believes no hash that is given. */
export const mandateStatement = (iss: string, { mandate_id, agent_id, version, hash, terms }: Unsigned): Statement => ({
  typ: "quetra-mandate+jwt",
  payload: canonicalJson({
    iss,
    mandate_id,
    agent_id,
    version,
    terms_hash: hash,
    terms: JSON.parse(terms) as Record<string, unknown>,
  }),
});

/** Keeps a signature. Versions never change, so what was signed is what stands unless the row is another one. */
export function keepSignature(work: Work, signed: Unsigned, kid: string, jws: string): void {
  work.exec(
    `UPDATE mandate_signatures SET jws = ?, kid = ?, at = ? WHERE mandate_id = ? AND version = ? AND jws IS NULL
     AND EXISTS (SELECT 1 FROM mandate_versions v WHERE v.mandate_id = mandate_signatures.mandate_id
       AND v.version = mandate_signatures.version AND v.hash = ?)`,
    jws,
    kid,
    work.now,
    signed.mandate_id,
    signed.version,
    signed.hash,
  );
}

/** The JWS of a version, or null where it never was in force or is not signed yet. */
export const signatureOf = (work: Work, mandateId: string, version: number): string | null =>
  first<{ jws: string | null }>(
    work.sql,
    "SELECT jws FROM mandate_signatures WHERE mandate_id = ? AND version = ?",
    mandateId,
    version,
  )?.jws ?? null;
