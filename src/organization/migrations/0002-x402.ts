/** Wallets, the journal of payments, and answers kept for retries. Never edited once landed. */
export default `
CREATE TABLE wallets (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  network TEXT NOT NULL,
  address TEXT NOT NULL UNIQUE,
  sealed_key TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('created', 'imported')),
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  balance INTEGER CHECK (balance >= 0),
  balance_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX wallets_active ON wallets (active) WHERE active = 1;

CREATE TABLE x402_payments (
  transaction_id TEXT PRIMARY KEY,
  method TEXT NOT NULL,
  url TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  network TEXT NOT NULL,
  asset TEXT NOT NULL,
  pay_to TEXT NOT NULL,
  value INTEGER NOT NULL CHECK (value > 0),
  version INTEGER NOT NULL CHECK (version IN (1, 2)),
  from_address TEXT,
  nonce TEXT UNIQUE,
  valid_before INTEGER,
  signed_at INTEGER,
  polls INTEGER NOT NULL DEFAULT 0,
  watch_at INTEGER,
  http_status INTEGER,
  receipt TEXT,
  settlement_hash TEXT,
  outcome TEXT CHECK (outcome IN ('paid', 'paid_not_delivered', 'paid_late', 'held', 'delivered_held', 'unknown',
    'released', 'not_sent'))
) STRICT, WITHOUT ROWID;

CREATE TABLE x402_answers (
  transaction_id TEXT PRIMARY KEY,
  agent_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  answer TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  UNIQUE (agent_id, n)
) STRICT;
`;
