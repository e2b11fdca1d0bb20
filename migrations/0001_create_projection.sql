-- The projection: D1 follows each organization's event log and is never asked for a spending decision.

CREATE TABLE organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('test', 'live')),
  region TEXT NOT NULL,
  timezone TEXT NOT NULL,
  frozen INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  swept_at INTEGER NOT NULL DEFAULT 0,
  -- The newest event that has arrived here.
  as_of_seq INTEGER NOT NULL DEFAULT 0,
  -- Active keys by id of the signing secret that they need: {"k1": 3}. A secret is retired when no row names it.
  signing_secrets TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX organizations_by_swept_at ON organizations (swept_at);

CREATE TABLE transactions (
  organization_id TEXT NOT NULL,
  id TEXT NOT NULL,
  -- Guard of the upsert: the newest event of this transaction that the row reflects.
  event_seq INTEGER NOT NULL,
  agent_id TEXT NOT NULL,
  status TEXT NOT NULL,
  vendor TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  category TEXT,
  protocol TEXT NOT NULL,
  held INTEGER NOT NULL,
  settled INTEGER NOT NULL,
  refunded INTEGER NOT NULL,
  claimed INTEGER,
  overdraft INTEGER NOT NULL,
  presumed INTEGER NOT NULL,
  late INTEGER NOT NULL,
  simulated INTEGER NOT NULL,
  codes TEXT,
  mandate_id TEXT,
  mandate_version INTEGER,
  repeat_count INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (organization_id, id)
) STRICT;
CREATE INDEX transactions_by_time ON transactions (organization_id, created_at);
CREATE INDEX transactions_by_agent ON transactions (organization_id, agent_id, created_at);

CREATE TABLE events (
  organization_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  subject TEXT,
  salt TEXT,
  body TEXT,
  digest TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (organization_id, seq)
) STRICT;
CREATE INDEX events_by_subject ON events (organization_id, subject) WHERE subject IS NOT NULL;
