/** Disputes as an alert, and the key that a refund was begun with. Never edited once landed. */
export default `
ALTER TABLE alerts RENAME TO alerts_before;
CREATE TABLE alerts (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('large_transaction', 'rate_spike', 'new_vendor', 'budget_threshold', 'unusual_amount',
    'repeated_rejections', 'overdraft', 'unknown_outcome', 'storage', 'webhook_disabled', 'dispute')),
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
INSERT INTO alerts SELECT * FROM alerts_before;
DROP TABLE alerts_before;

ALTER TABLE stripe_refunds ADD COLUMN stripe_key_id TEXT;
`;
