import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { acknowledge, alertPage } from "./detail.tsx";
import { alertList } from "./list.tsx";

const one = "/:org/alerts/:alert_id";

export const alertRoutes: readonly DashboardRoute[] = [
  { id: "alerts", method: "GET", path: "/:org/alerts", access: EVERYONE, handle: alertList },
  { id: "alerts.one", method: "GET", path: one, access: EVERYONE, handle: alertPage },
  { id: "alerts.acknowledge", method: "POST", path: `${one}/acknowledge`, access: MANAGERS, handle: acknowledge },
];

/** What the next page says: see `done.ts`. */
export const ALERT_DONE: Readonly<Record<string, string>> = {
  acknowledged: "The alert is acknowledged.",
};
