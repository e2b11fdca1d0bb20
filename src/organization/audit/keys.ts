import { canonicalJson } from "../../canonical-json.ts";
import { LIMITS } from "../../limits.ts";
import type { PublicSigningJwk, SealedSigningKey } from "../../payments/rails-api.ts";
import { keyVersion } from "../key-version.ts";
import { conflict } from "../problem.ts";
import { all, changeOne, first } from "../sql.ts";
import { iso } from "../views.ts";
import type { Work } from "../work.ts";

/** A key that the organization signs its statements with. The private half is here only as sealed text. */
export interface SigningKeyRow {
  readonly seq: number;
  /** RFC 7638 thumbprint of the public half. */
  readonly kid: string;
  /** Canonical JSON. */
  readonly public_jwk: string;
  readonly sealed_key: string;
  readonly active: number;
  readonly created_at: number;
  readonly retired_at: number | null;
}

export const activeKey = (sql: SqlStorage): SigningKeyRow | undefined =>
  first<SigningKeyRow>(sql, "SELECT * FROM signing_keys WHERE active = 1");

export const requireKey = (work: Work, kid: string): SigningKeyRow => {
  const row = first<SigningKeyRow>(work.sql, "SELECT * FROM signing_keys WHERE kid = ?", kid);
  if (row === undefined) throw new Error("a signing key that is not there");
  return row;
};

/** The first key, unless another call was faster. */
export function keepFirstKey(work: Work, made: SealedSigningKey): void {
  if (activeKey(work.sql) !== undefined) return;
  insert(work, made);
  const { kid, sealed_key } = made;
  work.log("signing_key.created", work.organization.id, { kid, key_version: keyVersion(sealed_key) });
}

/** From this transaction on statements are signed with this key. What older keys have signed stays valid: they stay published. */
export function rotateKey(work: Work, made: SealedSigningKey): SigningKeyRow {
  const count = first<{ n: number }>(work.sql, "SELECT COUNT(*) AS n FROM signing_keys")?.n ?? 0;
  if (count >= LIMITS.signingKeys) {
    throw conflict("limit_reached", `An organization can have at most ${LIMITS.signingKeys} signing keys.`);
  }
  const before = activeKey(work.sql);
  work.exec("UPDATE signing_keys SET active = 0, retired_at = ? WHERE active = 1", work.now);
  insert(work, made);
  const { kid, sealed_key } = made;
  work.log("signing_key.rotated", work.organization.id, {
    kid,
    key_version: keyVersion(sealed_key),
    replaces: before?.kid ?? null,
  });
  return requireKey(work, kid);
}

function insert(work: Work, { kid, public_jwk, sealed_key }: SealedSigningKey): void {
  work.exec(
    "INSERT INTO signing_keys (kid, public_jwk, sealed_key, active, created_at) VALUES (?, ?, ?, 1, ?)",
    kid,
    canonicalJson(public_jwk),
    sealed_key,
    work.now,
  );
}

/** Replaces the sealed text by one under the current secret. Same key. */
export const resealSigningKey = (work: Work, kid: string, sealedKey: string): void =>
  changeOne(work.sql, "UPDATE signing_keys SET sealed_key = ? WHERE kid = ?", sealedKey, kid);

const keysOf = (sql: SqlStorage): SigningKeyRow[] =>
  all<SigningKeyRow>(sql, "SELECT * FROM signing_keys ORDER BY seq LIMIT ?", LIMITS.signingKeys);

const jwkOf = ({ kid, public_jwk }: SigningKeyRow) => ({
  alg: "EdDSA",
  ...(JSON.parse(public_jwk) as PublicSigningJwk),
  kid,
  use: "sig",
});

/** The JWK Set (RFC 7517) that is published: all keys that ever signed, with when they began and ended. */
export const publishedKeys = (sql: SqlStorage) => ({
  keys: keysOf(sql).map((row) => ({
    ...jwkOf(row),
    created_at: iso(row.created_at),
    ...(row.retired_at === null ? {} : { retired_at: iso(row.retired_at) }),
  })),
});

/** The same without instants: in an export every byte is covered by a hash, a signature or a thumbprint. */
export const exportedKeys = (sql: SqlStorage) => ({ keys: keysOf(sql).map(jwkOf) });

export const keyView = (row: SigningKeyRow) => ({
  kid: row.kid,
  public_jwk: jwkOf(row),
  key_version: keyVersion(row.sealed_key),
  created_at: iso(row.created_at),
});
