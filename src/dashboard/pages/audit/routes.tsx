import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { rotateKey, signHead } from "./actions.tsx";
import { checkpointList } from "./checkpoints.tsx";
import { erase, erasePage } from "./erase.tsx";
import { eventPage } from "./event.tsx";
import { eventList } from "./events.tsx";
import { auditExport } from "./export.ts";
import { auditOverview } from "./overview.tsx";
import { verifyPage } from "./verify.tsx";

export const auditRoutes: readonly DashboardRoute[] = [
  { id: "audit", method: "GET", path: "/:org/audit", access: EVERYONE, handle: auditOverview },
  {
    id: "audit.verify",
    method: "GET",
    path: "/:org/audit/verify",
    access: EVERYONE,
    handle: (visit) => verifyPage(visit),
  },
  { id: "audit.events", method: "GET", path: "/:org/audit/events", access: EVERYONE, handle: eventList },
  // By its number, which every organization has: a foreign one is never asked for.
  { id: "audit.event", method: "GET", path: "/:org/audit/event", access: EVERYONE, handle: eventPage },
  { id: "audit.checkpoints", method: "GET", path: "/:org/audit/checkpoints", access: EVERYONE, handle: checkpointList },
  { id: "audit.export", method: "GET", path: "/:org/audit/export.jsonl", access: EVERYONE, handle: auditExport },
  { id: "audit.sign", method: "POST", path: "/:org/audit/sign", access: MANAGERS, handle: signHead },
  { id: "audit.rotate_key", method: "POST", path: "/:org/audit/keys/rotate", access: MANAGERS, handle: rotateKey },
  { id: "audit.erase_page", method: "GET", path: "/:org/audit/erase", access: MANAGERS, handle: erasePage },
  { id: "audit.erase", method: "POST", path: "/:org/audit/erase", access: MANAGERS, handle: erase },
];

/** What the next page says: see `done.ts`. */
export const AUDIT_DONE: Readonly<Record<string, string>> = {
  audit_signed:
    "The newest event is signed. Keep the signature outside of Quetra to prove later that the log still leads through it.",
  audit_key_rotated: "There is a new signing key. It shows among the public keys in a moment; the old ones stay there.",
  audit_erased: "It is erased for good. The log says that it was, and still verifies.",
};
