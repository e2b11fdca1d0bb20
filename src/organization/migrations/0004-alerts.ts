/** What the watch over the event log has raised, and what it remembers. Never edited once landed. */
export default `
CREATE TABLE alerts (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('large_transaction', 'rate_spike', 'new_vendor', 'budget_threshold', 'unusual_amount',
    'repeated_rejections', 'overdraft', 'unknown_outcome', 'storage', 'webhook_disabled')),
  severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  agent_id TEXT,
  mandate_id TEXT,
  transaction_id TEXT,
  message TEXT NOT NULL,
  figures TEXT NOT NULL,
  event_seq INTEGER,
  at INTEGER NOT NULL,
  raised_at INTEGER NOT NULL,
  suppressed INTEGER NOT NULL DEFAULT 0 CHECK (suppressed >= 0),
  last_suppressed_at INTEGER,
  paused_mandate_id TEXT,
  acknowledged_at INTEGER,
  acknowledged_by TEXT,
  note TEXT
) STRICT;

CREATE TABLE alert_settings (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  settings TEXT NOT NULL,
  followed TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  updated_at INTEGER,
  storage_looked_at INTEGER
) STRICT;
INSERT INTO alert_settings (one, settings, followed, version) VALUES (1, '{}', '{}', 1);

CREATE TABLE alert_state (
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  since INTEGER NOT NULL,
  raised INTEGER NOT NULL CHECK (raised >= 1),
  level INTEGER NOT NULL CHECK (level >= 0),
  alert_id TEXT NOT NULL,
  PRIMARY KEY (kind, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_state_by_since ON alert_state (since);

CREATE TABLE alert_marks (
  kind TEXT NOT NULL CHECK (kind IN ('purchase', 'refusal')),
  agent_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 1),
  weight INTEGER NOT NULL CHECK (weight >= 1),
  total INTEGER NOT NULL CHECK (total >= weight),
  PRIMARY KEY (kind, agent_id, at, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_amounts (
  agent_id TEXT NOT NULL,
  currency TEXT NOT NULL,
  seq INTEGER NOT NULL,
  transaction_id TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (agent_id, currency, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX alert_amounts_by_transaction ON alert_amounts (transaction_id);

CREATE TABLE alert_vendors (
  agent_id TEXT NOT NULL,
  vendor TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 1),
  PRIMARY KEY (agent_id, vendor)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX alert_vendors_by_age ON alert_vendors (agent_id, n);
-- A vendor from which an agent has bought before is no news when the watch begins.
INSERT INTO alert_vendors (agent_id, vendor, n)
  SELECT agent_id, vendor, ROW_NUMBER() OVER (PARTITION BY agent_id ORDER BY first) FROM (
    SELECT agent_id, vendor, MIN(seq) AS first FROM transactions
    WHERE status NOT IN ('rejected', 'pending_approval', 'denied', 'expired') GROUP BY agent_id, vendor);

-- Existing organizations begin with what happens from now on.
INSERT INTO cursors (name, seq) SELECT 'alerts', COALESCE(MAX(seq), 0) FROM events;
`;
