import { first } from "./sql.ts";
import type { Work } from "./work.ts";

export const LINK_ENDPOINT =
  "SELECT 1 AS yes FROM webhook_endpoints WHERE id = ? AND status = 'enabled' AND approval_links = 1 AND links_since < ?";

/**
 * May the link of this approval that was sent to this webhook endpoint still decide? Read anew for every visit, so that
 * deleting, disabling or moving an endpoint, or turning its links off, ends every link that it was ever sent. An approval
 * of the very millisecond of such a change has no link that works: which of them was first is not known.
 *
 * @param requestedAt When the approval was asked for, ms.
 */
export const linkEndpointIsGood = (work: Work, endpointId: string, requestedAt: number): boolean =>
  first(work.sql, LINK_ENDPOINT, endpointId, requestedAt) !== undefined;
