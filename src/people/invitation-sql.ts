/**
 * An invitation `i` that can be accepted, at the time `?1` (ISO 8601): it waits, has not ended, and whoever invited could
 * still do so. Somebody who was removed leaves no door open.
 */
export const GOOD_INVITATION = `i.status = 'pending' AND i.expiresAt > ?1 AND EXISTS (
  SELECT 1 FROM people_members inviter
  WHERE inviter.organizationId = i.organizationId AND inviter.userId = i.inviterId
    AND (inviter.role = 'owner' OR (inviter.role = 'admin' AND i.role <> 'owner')))`;
