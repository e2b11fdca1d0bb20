/**
 * Signing keys, checkpoints of the chain, signatures of mandates, and what was erased. Never edited once landed. Mandates
 * that are in force already get their signature, and an object that has a log already signs it.
 */
export default `
CREATE TABLE signing_keys (
  seq INTEGER PRIMARY KEY,
  kid TEXT NOT NULL UNIQUE CHECK (length(kid) = 43),
  public_jwk TEXT NOT NULL,
  sealed_key TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  created_at INTEGER NOT NULL,
  retired_at INTEGER,
  CHECK ((retired_at IS NULL) = (active = 1))
) STRICT;
CREATE UNIQUE INDEX signing_keys_active ON signing_keys (active) WHERE active = 1;

CREATE TABLE checkpoints (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  jws TEXT NOT NULL,
  kid TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE mandate_signatures (
  mandate_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  jws TEXT,
  kid TEXT,
  at INTEGER,
  PRIMARY KEY (mandate_id, version),
  CHECK ((jws IS NULL) = (kid IS NULL) AND (jws IS NULL) = (at IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX mandate_signatures_open ON mandate_signatures (mandate_id, version) WHERE jws IS NULL;
INSERT INTO mandate_signatures (mandate_id, version)
  SELECT id, version FROM mandates WHERE status IN ('active', 'paused');

CREATE TABLE erasures (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  by_seq INTEGER NOT NULL CHECK (by_seq > seq)
) STRICT;

CREATE TABLE signing (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  timer_at INTEGER,
  not_before INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO timers (due_at, kind, ref) SELECT 0, 'sign', 'head' WHERE EXISTS (SELECT 1 FROM organization);
INSERT INTO signing (one, timer_at) SELECT 1, MAX(due_at) FROM timers WHERE kind = 'sign';
`;
