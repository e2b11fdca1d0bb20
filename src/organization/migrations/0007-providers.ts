/** Stripe and merchants: keys, hooks, profiles, journals of charges, refunds and checkouts. Never edited once landed. */
export default `
CREATE TABLE stripe_keys (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  sealed_key TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('secret', 'restricted')),
  last4 TEXT NOT NULL,
  active INTEGER NOT NULL CHECK (active IN (0, 1)),
  created_at INTEGER NOT NULL,
  retired_at INTEGER
) STRICT;
CREATE UNIQUE INDEX stripe_keys_active ON stripe_keys (active) WHERE active = 1;

CREATE TABLE provider_settings (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  suspend_on_dispute INTEGER NOT NULL DEFAULT 0 CHECK (suspend_on_dispute IN (0, 1))
) STRICT;
INSERT INTO provider_settings (one) VALUES (1);

CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('stripe', 'acp')),
  merchant_id TEXT UNIQUE,
  sealed_secret TEXT,
  previous_secret TEXT,
  previous_until INTEGER,
  created_at INTEGER NOT NULL,
  last_event_at INTEGER,
  CHECK ((kind = 'acp') = (merchant_id IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX hooks_stripe ON hooks (kind) WHERE kind = 'stripe';

CREATE TABLE hook_events (
  hook_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (hook_id, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hook_events_by_age ON hook_events (at);

CREATE TABLE profiles (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('stripe', 'acp')),
  config TEXT NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE merchants (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE,
  protocol TEXT NOT NULL CHECK (protocol IN ('acp')),
  origin TEXT NOT NULL UNIQUE,
  api_base_url TEXT,
  protocol_version TEXT,
  sealed_bearer TEXT NOT NULL,
  bearer_last4 TEXT NOT NULL,
  seller_profile TEXT NOT NULL,
  book_refunds INTEGER NOT NULL CHECK (book_refunds IN (0, 1)),
  version INTEGER NOT NULL CHECK (version >= 1),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE stripe_charges (
  transaction_id TEXT PRIMARY KEY,
  profile_id TEXT NOT NULL,
  profile_name TEXT NOT NULL,
  profile_version INTEGER NOT NULL,
  charge TEXT NOT NULL,
  stripe_key_id TEXT,
  sent_at INTEGER,
  posted_at INTEGER,
  unclear INTEGER NOT NULL DEFAULT 0 CHECK (unclear IN (0, 1)),
  payment_intent TEXT UNIQUE,
  latest_charge TEXT,
  failure TEXT,
  looks INTEGER NOT NULL DEFAULT 0,
  watch_at INTEGER,
  outcome TEXT CHECK (outcome IN ('charged', 'simulated', 'declined', 'needs_cardholder', 'processing', 'canceled',
    'refused', 'absent', 'unknown'))
) STRICT, WITHOUT ROWID;

CREATE TABLE stripe_refunds (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  transaction_id TEXT NOT NULL,
  refund TEXT UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0),
  status TEXT NOT NULL CHECK (status IN ('sending', 'pending', 'succeeded', 'failed', 'refused')),
  booked INTEGER NOT NULL DEFAULT 0 CHECK (booked IN (0, 1)),
  sent_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX stripe_refunds_by_transaction ON stripe_refunds (transaction_id);
CREATE INDEX stripe_charges_open ON stripe_charges (stripe_key_id) WHERE watch_at IS NOT NULL;
CREATE INDEX stripe_refunds_open ON stripe_refunds (transaction_id) WHERE status IN ('sending', 'pending');

CREATE TABLE acp_checkouts (
  transaction_id TEXT PRIMARY KEY,
  merchant_id TEXT NOT NULL,
  merchant_version INTEGER NOT NULL,
  profile_id TEXT NOT NULL,
  profile_name TEXT NOT NULL,
  profile_version INTEGER NOT NULL,
  items TEXT NOT NULL,
  items_hash TEXT NOT NULL,
  session_id TEXT NOT NULL,
  protocol_version TEXT NOT NULL,
  api_base_url TEXT NOT NULL,
  handler_id TEXT,
  seller_profile TEXT NOT NULL,
  payment_method TEXT NOT NULL,
  total INTEGER NOT NULL CHECK (total > 0),
  session_expires_at INTEGER,
  stripe_key_id TEXT,
  began_at INTEGER,
  sealed_token TEXT,
  token_expires_at INTEGER,
  completed_at INTEGER,
  session_status TEXT,
  order_id TEXT,
  refunds TEXT NOT NULL DEFAULT '[]',
  looks INTEGER NOT NULL DEFAULT 0,
  watch_at INTEGER,
  outcome TEXT CHECK (outcome IN ('ordered', 'paid_no_order', 'in_progress', 'needs_human', 'unpaid', 'refused', 'unknown'))
) STRICT, WITHOUT ROWID;
CREATE INDEX acp_checkouts_by_session ON acp_checkouts (merchant_id, session_id);
CREATE INDEX acp_checkouts_by_order ON acp_checkouts (merchant_id, order_id) WHERE order_id IS NOT NULL;
CREATE INDEX acp_checkouts_open ON acp_checkouts (watch_at) WHERE watch_at IS NOT NULL;
`;
