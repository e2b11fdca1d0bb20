import { createHash } from "node:crypto";

/** What makes two calls the same purchase: no free text, so a reworded reason is still a retry. */
export interface PurchaseIdentity {
  readonly tool: string;
  readonly agent_id: string;
  readonly vendor: string;
  /** Micros; for a payment tool the ceiling that the caller named, or null. */
  readonly amount: number | null;
  readonly currency: string;
  readonly category: string | null;
  readonly protocol: string;
  /** Payment tools only: what exactly is sent where. */
  readonly method?: string;
  readonly url?: string;
  readonly body_hash?: string;
}

/** SHA-256 over the identity's fields in fixed order, base64url. */
export function fingerprint(identity: PurchaseIdentity): string {
  const fields = [
    identity.tool,
    identity.agent_id,
    identity.vendor,
    identity.amount,
    identity.currency,
    identity.category,
    identity.protocol,
    identity.method ?? null,
    identity.url ?? null,
    identity.body_hash ?? null,
  ];
  return createHash("sha256").update(JSON.stringify(fields)).digest("base64url");
}
