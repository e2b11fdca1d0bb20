import type { Role } from "../api.ts";
import { createKey, listKeys, type NewKey, revokeKey, rotateKey } from "../keys.ts";
import { readInstant } from "../listing.ts";
import type { KeyRow } from "../principal.ts";
import { iso, isoOrNull } from "../views.ts";
import { bodyOf, type Handler, param } from "./desk.ts";

function view(row: KeyRow, now: number) {
  const status =
    row.revoked_at !== null ? "revoked" : row.expires_at !== null && row.expires_at <= now ? "expired" : "active";
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    agents: row.agents === null ? null : (JSON.parse(row.agents) as string[]),
    last4: row.last4,
    status,
    created_at: iso(row.created_at),
    expires_at: isoOrNull(row.expires_at),
    revoked_at: isoOrNull(row.revoked_at),
    replaced_by: row.replaced_by,
  };
}

const shownOnce = ({ row, key }: NewKey, now: number) => ({ ...view(row, now), key });

export const keyHandlers = {
  createKey: ({ work, signingSecrets }, call) => {
    const body = bodyOf<{ name: string; role: Role; agents: string[] | null; expires_at: string | null }>(call);
    const expires = body.expires_at === null ? null : (readInstant(body.expires_at, "expires_at") ?? null);
    return shownOnce(createKey(work, signingSecrets, { ...body, expires_at: expires }), work.now);
  },
  listKeys: ({ work }) => ({ data: listKeys(work).map((row) => view(row, work.now)) }),
  revokeKey: ({ work }, call) =>
    view(revokeKey(work, param(call, "key_id"), bodyOf<{ reason?: string }>(call)?.reason ?? null), work.now),
  rotateKey: ({ work, signingSecrets }, call) =>
    shownOnce(
      rotateKey(work, signingSecrets, param(call, "key_id"), bodyOf<{ overlap_hours: number }>(call).overlap_hours),
      work.now,
    ),
} satisfies Record<string, Handler>;
