import { createHash } from "node:crypto";

/**
 * The EIP-3009 nonce of a payment: 0x and 64 hex digits, SHA-256 over the organization and the transaction. The same
 * transaction always has the same nonce, and the token takes a nonce once: whatever is signed again, money moves once.
 */
export const paymentNonce = (organizationId: string, transactionId: string): string =>
  `0x${createHash("sha256").update(`quetra/x402/nonce/1\n${organizationId}\n${transactionId}`).digest("hex")}`;
