/** What the end of a revoked token rests on: the merchant's own answer, and when Stripe first called the token dead. */
export default `
ALTER TABLE acp_checkouts ADD COLUMN answered_at INTEGER;
ALTER TABLE acp_checkouts ADD COLUMN dead_at INTEGER;
`;
