import type { OrganizationVisit } from "../../route.ts";
import { Card, When } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { Severity } from "../alerts/severity.tsx";
import type { OverviewData } from "./data.ts";

/** Alerts that nobody has acknowledged yet. */
export function OpenAlerts({ visit, data }: { readonly visit: OrganizationVisit; readonly data: OverviewData }) {
  const { base, now, organization } = visit;
  const { data: alerts, next_cursor } = data.alerts;
  const critical = alerts.some(({ severity }) => severity === "critical");
  return (
    <Card
      id="alerts"
      live
      title="Alerts"
      {...(critical ? { tone: "bad" as const } : {})}
      actions={<a href={`${base}/alerts`}>{next_cursor === null ? "All alerts" : "More alerts"}</a>}
    >
      {alerts.length === 0 ? (
        <p class="soft">Nothing unusual that nobody has seen.</p>
      ) : (
        <ul class="lines">
          {alerts.map(({ id, severity, message, raised_at }) => (
            <li>
              <p>
                <Severity of={severity} /> <When at={raised_at} now={now} timezone={organization.timezone} />
              </p>
              <a href={`${base}/alerts/${id}`}>{plain(message)}</a>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
