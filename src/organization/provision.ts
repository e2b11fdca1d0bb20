import type { ProvisionAnswer, ProvisionInput } from "./api.ts";
import { createKey } from "./keys.ts";
import type { Work } from "./work.ts";

/** In whose name an organization comes to be. */
export const PROVISIONING = {
  actor: { type: "operator", id: "provisioning" },
  keyId: null,
  requestId: null,
  country: null,
} as const;

/** The organization's own row and, unless none is wanted, its first key, whose text is answered this once. */
export function provision(work: Work, signingSecrets: string | undefined, input: ProvisionInput): ProvisionAnswer {
  const { id, mode, name, region, timezone } = input;
  work.exec(
    `INSERT INTO organization (one, id, name, mode, region, timezone, created_at, updated_at)
     VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    name,
    mode,
    region,
    timezone,
    work.now,
    work.now,
  );
  work.log("organization.created", id, { mode, name, region, timezone });
  if (input.keyless === true) return { created: true };
  const { key } = createKey(work, signingSecrets, {
    name: "First admin key",
    role: "admin",
    agents: null,
    expires_at: null,
  });
  return { created: true, admin_key: key };
}
