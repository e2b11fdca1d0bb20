/** Drafts that follow the log without effect. Never edited once landed. */
export default `
-- Existing organizations begin with what happens from now on.
INSERT INTO cursors (name, seq) SELECT 'shadow', COALESCE(MAX(seq), 0) FROM events;

CREATE TABLE shadows (
  mandate_id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  from_seq INTEGER NOT NULL CHECK (from_seq >= 0),
  started_at INTEGER NOT NULL,
  since INTEGER NOT NULL,
  purchases INTEGER NOT NULL DEFAULT 0 CHECK (purchases >= 0),
  first_difference TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE shadow_counters (
  mandate_id TEXT NOT NULL,
  key TEXT NOT NULL,
  used INTEGER NOT NULL,
  ends INTEGER,
  PRIMARY KEY (mandate_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX shadow_counters_by_end ON shadow_counters (mandate_id, ends) WHERE ends IS NOT NULL;

CREATE TABLE shadow_slots (
  mandate_id TEXT NOT NULL,
  ref TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 1),
  at INTEGER NOT NULL,
  PRIMARY KEY (mandate_id, ref, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE shadow_purchases (
  mandate_id TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  vendor TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  real INTEGER NOT NULL CHECK (real >= 0),
  counts TEXT NOT NULL CHECK (counts IN ('real', 'full', 'nothing')),
  waits INTEGER NOT NULL CHECK (waits IN (0, 1)),
  presumed INTEGER NOT NULL CHECK (presumed IN (0, 1)),
  satisfied TEXT NOT NULL,
  places TEXT NOT NULL,
  shared TEXT NOT NULL,
  PRIMARY KEY (mandate_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shadow_purchases_by_age ON shadow_purchases (mandate_id, at);
CREATE INDEX shadow_purchases_waiting ON shadow_purchases (mandate_id) WHERE waits = 1;

CREATE TABLE shadow_vendors (
  mandate_id TEXT NOT NULL,
  vendor TEXT NOT NULL,
  transaction_id TEXT NOT NULL,
  PRIMARY KEY (mandate_id, vendor)
) STRICT, WITHOUT ROWID;
CREATE INDEX shadow_vendors_by_transaction ON shadow_vendors (mandate_id, transaction_id);

CREATE TABLE shadow_tallies (
  mandate_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('real', 'rehearsed', 'refused_by', 'asked_by', 'note')),
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  currency TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (mandate_id, kind, name, rule, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE shadow_differences (
  seq INTEGER PRIMARY KEY,
  mandate_id TEXT NOT NULL,
  difference TEXT NOT NULL
) STRICT;
CREATE INDEX shadow_differences_by_mandate ON shadow_differences (mandate_id, seq);
`;
