-- The public keys of the organization's statements, a JWK Set (RFC 7517): read by strangers, who must wake no object.
ALTER TABLE organizations ADD COLUMN jwks TEXT NOT NULL DEFAULT '{"keys":[]}';
