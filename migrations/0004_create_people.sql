-- People who sign in to the dashboard, as Better Auth keeps them. Tables have our names; the columns keep the names that
-- Better Auth gives them, because it writes them. Its times are ISO 8601 texts in UTC, so they sort as they stand; its
-- booleans are 0 and 1. Nothing here decides about money: the object is told a role, read anew for each request.

CREATE TABLE people (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  -- Lower case.
  email TEXT NOT NULL UNIQUE,
  emailVerified INTEGER NOT NULL CHECK (emailVerified IN (0, 1)),
  image TEXT,
  createdAt TEXT NOT NULL,
  updatedAt TEXT NOT NULL,
  twoFactorEnabled INTEGER CHECK (twoFactorEnabled IN (0, 1))
) STRICT;
CREATE INDEX people_unconfirmed ON people (createdAt) WHERE emailVerified = 0;

CREATE TABLE people_sessions (
  id TEXT PRIMARY KEY,
  expiresAt TEXT NOT NULL,
  token TEXT NOT NULL UNIQUE,
  createdAt TEXT NOT NULL,
  updatedAt TEXT NOT NULL,
  ipAddress TEXT,
  userAgent TEXT,
  userId TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  activeOrganizationId TEXT
) STRICT;
CREATE INDEX people_sessions_by_person ON people_sessions (userId, createdAt);

-- How a person signs in: with a password (`credential`), or through GitHub or Google.
CREATE TABLE people_accounts (
  id TEXT PRIMARY KEY,
  accountId TEXT NOT NULL,
  providerId TEXT NOT NULL,
  userId TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  accessToken TEXT,
  refreshToken TEXT,
  idToken TEXT,
  accessTokenExpiresAt TEXT,
  refreshTokenExpiresAt TEXT,
  scope TEXT,
  -- scrypt, `salt:key` in hex.
  password TEXT,
  createdAt TEXT NOT NULL,
  updatedAt TEXT NOT NULL,
  UNIQUE (providerId, accountId)
) STRICT;
CREATE INDEX people_accounts_by_person ON people_accounts (userId);

CREATE TABLE people_verifications (
  id TEXT PRIMARY KEY,
  identifier TEXT NOT NULL,
  value TEXT NOT NULL,
  expiresAt TEXT NOT NULL,
  createdAt TEXT NOT NULL,
  updatedAt TEXT NOT NULL
) STRICT;
CREATE INDEX people_verifications_by_identifier ON people_verifications (identifier);
CREATE INDEX people_verifications_by_end ON people_verifications (expiresAt);

-- The id is the one of `organizations`; the rest of an organization stands there.
CREATE TABLE people_organizations (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  logo TEXT,
  createdAt TEXT NOT NULL,
  metadata TEXT
) STRICT;

CREATE TABLE people_members (
  id TEXT PRIMARY KEY,
  organizationId TEXT NOT NULL REFERENCES people_organizations (id) ON DELETE CASCADE,
  userId TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'approver', 'viewer')),
  createdAt TEXT NOT NULL,
  UNIQUE (organizationId, userId)
) STRICT;
CREATE INDEX people_members_by_person ON people_members (userId);

CREATE TABLE people_invitations (
  id TEXT PRIMARY KEY,
  organizationId TEXT NOT NULL REFERENCES people_organizations (id) ON DELETE CASCADE,
  email TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'approver', 'viewer')),
  status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected', 'canceled')),
  expiresAt TEXT NOT NULL,
  createdAt TEXT NOT NULL,
  inviterId TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX people_invitations_by_email ON people_invitations (email);
-- One address waits once per organization.
CREATE UNIQUE INDEX people_invitations_waiting ON people_invitations (organizationId, email) WHERE status = 'pending';

CREATE TABLE people_two_factors (
  id TEXT PRIMARY KEY,
  -- Both encrypted with the deployment's AUTH_SECRET.
  secret TEXT NOT NULL,
  backupCodes TEXT NOT NULL,
  userId TEXT NOT NULL UNIQUE REFERENCES people (id) ON DELETE CASCADE,
  verified INTEGER CHECK (verified IN (0, 1)),
  failedVerificationCount INTEGER,
  lockedUntil TEXT
) STRICT;

-- Better Auth's throttle, by address of the client and path.
CREATE TABLE people_rate_limits (
  id TEXT PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  count INTEGER NOT NULL,
  -- ms
  lastRequest INTEGER NOT NULL
) STRICT;

-- Our own counters of failed sign-ins, codes and mails, per account wherever they come from. The key is a hash of the
-- address.
CREATE TABLE people_throttles (
  key TEXT PRIMARY KEY,
  count INTEGER NOT NULL,
  -- ms
  since INTEGER NOT NULL
) STRICT;
CREATE INDEX people_throttles_by_since ON people_throttles (since);

-- Codes of authenticators that were used: each counts once. The key is a hash of person and code.
CREATE TABLE people_used_codes (
  key TEXT PRIMARY KEY,
  -- ms
  used_at INTEGER NOT NULL
) STRICT;
CREATE INDEX people_used_codes_by_time ON people_used_codes (used_at);
