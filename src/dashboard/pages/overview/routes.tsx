import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { freeze, unfreeze } from "./freeze.tsx";
import { overview } from "./overview.tsx";
import { pulse } from "./pulse.ts";

export const overviewRoutes: readonly DashboardRoute[] = [
  { id: "overview", method: "GET", path: "/:org", access: EVERYONE, handle: overview },
  { id: "pulse", method: "GET", path: "/:org/pulse", access: EVERYONE, handle: pulse },
  { id: "freeze", method: "POST", path: "/:org/freeze", access: MANAGERS, handle: freeze },
  { id: "unfreeze", method: "POST", path: "/:org/unfreeze", access: MANAGERS, handle: unfreeze },
];

/** What the next page says: see `done.ts`. */
export const OVERVIEW_DONE: Readonly<Record<string, string>> = {
  frozen: "You have frozen all spending.",
  unfrozen: "Agents can spend again, each within its mandate.",
};
