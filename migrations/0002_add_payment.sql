-- What a payment tool's journal says of a transaction: network, asset, payee, outcome, settlement hash. JSON.
ALTER TABLE transactions ADD COLUMN payment TEXT;
