-- What is held now, of however long ago: few rows at any time, so the index stays small.
CREATE INDEX transactions_with_hold ON transactions (organization_id, currency, held) WHERE held > 0;
