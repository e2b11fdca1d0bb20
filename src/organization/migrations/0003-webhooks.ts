/** Endpoints, messages, deliveries and their attempts. Never edited once landed. */
export default `
-- Not before this instant does a follower try an event again on which it failed.
ALTER TABLE cursors ADD COLUMN retry_at INTEGER NOT NULL DEFAULT 0;
-- Existing organizations begin with what happens from now on.
INSERT INTO cursors (name, seq) SELECT 'webhooks', COALESCE(MAX(seq), 0) FROM events;

CREATE TABLE webhook_endpoints (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  url TEXT NOT NULL,
  url_version INTEGER NOT NULL DEFAULT 1,
  description TEXT NOT NULL,
  events TEXT NOT NULL,
  approval_links INTEGER NOT NULL CHECK (approval_links IN (0, 1)),
  links_since INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('enabled', 'disabled')),
  disabled_reason TEXT CHECK (disabled_reason IN ('gone', 'failing', 'backlog', 'administrator')),
  from_seq INTEGER NOT NULL,
  sealed_secret TEXT NOT NULL,
  previous_secret TEXT,
  previous_until INTEGER,
  failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
  failing_since INTEGER,
  last_failure_at INTEGER,
  timer_at INTEGER,
  open INTEGER NOT NULL DEFAULT 0 CHECK (open >= 0),
  done INTEGER NOT NULL DEFAULT 0 CHECK (done >= 0),
  open_at_enable INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK ((status = 'disabled') = (disabled_reason IS NOT NULL)),
  CHECK ((failing_since IS NULL) = (last_failure_at IS NULL)),
  CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
) STRICT;

CREATE TABLE webhook_messages (
  id TEXT PRIMARY KEY,
  seq INTEGER NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_deliveries (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  endpoint_id TEXT NOT NULL,
  message_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'replay', 'test')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'queued', 'sending', 'delivered', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  attempts_before INTEGER NOT NULL DEFAULT 0 CHECK (attempts_before BETWEEN 0 AND attempts),
  due_at INTEGER,
  last_status INTEGER,
  last_error TEXT,
  created_at INTEGER NOT NULL,
  ended_at INTEGER,
  CHECK ((status IN ('delivered', 'failed')) = (due_at IS NULL)),
  CHECK ((status IN ('delivered', 'failed')) = (ended_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX webhook_deliveries_once ON webhook_deliveries (message_id, endpoint_id) WHERE kind = 'event';
CREATE INDEX webhook_deliveries_by_message ON webhook_deliveries (message_id, endpoint_id);
CREATE INDEX webhook_deliveries_by_endpoint ON webhook_deliveries (endpoint_id, seq);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, status, due_at);

CREATE TABLE webhook_attempts (
  delivery_id TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n > 0),
  at INTEGER NOT NULL,
  url_version INTEGER NOT NULL,
  status INTEGER,
  ms INTEGER,
  error TEXT,
  excerpt TEXT,
  PRIMARY KEY (delivery_id, n)
) STRICT, WITHOUT ROWID;
`;
