/** The ledger: agents, mandates, keys, counters, transactions, approvals, and the event log. Never edited once landed. */
export default `
CREATE TABLE organization (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  region TEXT NOT NULL,
  timezone TEXT NOT NULL,
  frozen INTEGER NOT NULL DEFAULT 0 CHECK (frozen IN (0, 1)),
  budgets TEXT NOT NULL DEFAULT '[]',
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE agents (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'decommissioned')),
  tags TEXT NOT NULL,
  metadata TEXT NOT NULL,
  spend_calls_per_minute INTEGER NOT NULL CHECK (spend_calls_per_minute > 0),
  version INTEGER NOT NULL DEFAULT 1,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE mandates (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  agent_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'paused', 'revoked', 'expired')),
  version INTEGER NOT NULL CHECK (version >= 1),
  status_reason TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  activated_at INTEGER,
  ended_at INTEGER
) STRICT;
CREATE INDEX mandates_by_agent ON mandates (agent_id);
CREATE UNIQUE INDEX mandates_in_force ON mandates (agent_id) WHERE status IN ('active', 'paused');

CREATE TABLE mandate_versions (
  mandate_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  terms TEXT NOT NULL,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (mandate_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  secret_hash TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('spend', 'read', 'approve', 'admin')),
  name TEXT NOT NULL,
  agents TEXT,
  last4 TEXT NOT NULL,
  signing_secret_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  replaced_by TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE counters (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  ref TEXT NOT NULL,
  period TEXT NOT NULL,
  label TEXT NOT NULL,
  held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
  settled INTEGER NOT NULL DEFAULT 0 CHECK (settled >= 0),
  since INTEGER,
  warned_at INTEGER,
  exhausted_at INTEGER,
  UNIQUE (owner, ref, period, label)
) STRICT;

CREATE TABLE rate_slots (
  owner TEXT NOT NULL,
  ref TEXT NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (owner, ref, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE transactions (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  agent_id TEXT NOT NULL,
  idempotency_key TEXT,
  fingerprint TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('rejected', 'pending_approval', 'denied', 'expired', 'authorized',
    'executing', 'unknown', 'completed', 'voided', 'released', 'refunded')),
  vendor TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  currency TEXT NOT NULL,
  category TEXT,
  protocol TEXT NOT NULL CHECK (protocol IN ('external', 'x402', 'acp', 'stripe')),
  country TEXT,
  held INTEGER NOT NULL CHECK (held >= 0),
  settled INTEGER NOT NULL DEFAULT 0 CHECK (settled >= 0),
  refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= settled),
  claimed INTEGER CHECK (claimed >= 0),
  overdraft INTEGER NOT NULL DEFAULT 0,
  presumed INTEGER NOT NULL DEFAULT 0,
  late INTEGER NOT NULL DEFAULT 0,
  simulated INTEGER NOT NULL DEFAULT 0,
  counters TEXT NOT NULL DEFAULT '[]',
  codes TEXT,
  approved_rules TEXT NOT NULL DEFAULT '[]',
  mandate_id TEXT,
  mandate_version INTEGER,
  reason TEXT,
  metadata TEXT,
  waiting_for TEXT,
  waiting_until INTEGER,
  key_id TEXT NOT NULL,
  repeat_count INTEGER NOT NULL DEFAULT 1,
  settle_by INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX transactions_by_key ON transactions (agent_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX transactions_by_agent ON transactions (agent_id, created_at);
CREATE INDEX transactions_rejected ON transactions (agent_id, created_at) WHERE status = 'rejected';
CREATE INDEX transactions_pending ON transactions (agent_id) WHERE status = 'pending_approval';

CREATE TABLE approvals (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  transaction_id TEXT NOT NULL UNIQUE,
  agent_id TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
  asks TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT,
  note TEXT
) STRICT;
CREATE INDEX approvals_pending ON approvals (seq) WHERE status = 'pending';

CREATE TABLE known_vendors (
  agent_id TEXT NOT NULL,
  vendor TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  PRIMARY KEY (agent_id, vendor)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  subject TEXT,
  salt TEXT,
  body TEXT,
  digest TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE timers (
  due_at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  PRIMARY KEY (due_at, kind, ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE request_keys (
  route TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (route, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  name TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO cursors (name, seq) VALUES ('projection', 0);
`;
