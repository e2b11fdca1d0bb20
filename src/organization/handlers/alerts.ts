import type { AlertKind, Severity } from "../../alerts/kinds.ts";
import type { AlertSettingsInput } from "../../alerts/settings.ts";
import { acknowledgeAlert, alertView, listAlerts, requireAlert } from "../alerts/alerts.ts";
import { replaceSettings, viewSettings } from "../alerts/settings.ts";
import { decodeCursor } from "../listing.ts";
import { bodyOf, type Handler, param, queryOf } from "./desk.ts";
import { versionFrom } from "./if-match.ts";

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly kind?: AlertKind;
  readonly severity?: Severity;
  readonly agent_id?: string;
  readonly acknowledged?: "true" | "false";
}

export const alertHandlers = {
  listAlerts: ({ work }, call) => {
    const { limit, cursor, acknowledged, ...filter } = queryOf<ListQuery>(call);
    const { rows, next_cursor } = listAlerts(work, {
      ...filter,
      acknowledged: acknowledged === undefined ? undefined : acknowledged === "true",
      before_seq: decodeCursor(cursor),
      limit,
    });
    return { data: rows.map(alertView), next_cursor };
  },
  getAlert: ({ work }, call) => alertView(requireAlert(work, param(call, "alert_id"))),
  acknowledgeAlert: ({ work }, call) =>
    alertView(acknowledgeAlert(work, param(call, "alert_id"), bodyOf<{ note?: string }>(call).note ?? null)),
  getAlertSettings: ({ work }) => viewSettings(work),
  replaceAlertSettings: ({ work }, call) => {
    replaceSettings(work, bodyOf<{ settings: AlertSettingsInput }>(call).settings, versionFrom(call));
    return viewSettings(work);
  },
} satisfies Record<string, Handler>;
