import * as z from "zod";
import { alert, alertKind, alertSettings, alertSettingsInput, alertSeverity } from "../../../schema/alert.ts";
import { id } from "../../../schema/common.ts";
import { note, page, pageQuery } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Alerts";

export const alertRoutes = [
  {
    id: "listAlerts",
    method: "GET",
    path: "/alerts",
    tag,
    summary: "Alerts, newest first",
    roles: ["read", "admin"],
    query: pageQuery.extend({
      kind: alertKind.optional(),
      severity: alertSeverity.optional(),
      agent_id: id("agt").optional(),
      acknowledged: z.enum(["true", "false"]).optional(),
    }),
    status: 200,
    response: page(alert),
  },
  {
    id: "getAlert",
    method: "GET",
    path: "/alerts/{alert_id}",
    tag,
    summary: "One alert",
    roles: ["read", "admin"],
    status: 200,
    response: alert,
  },
  {
    id: "acknowledgeAlert",
    method: "POST",
    path: "/alerts/{alert_id}/acknowledge",
    tag,
    summary: "Say that a person has seen an alert",
    description:
      "Changes nothing else: a mandate that the alert paused stays paused. The first acknowledgement stands.",
    roles: ["admin"],
    body: z.strictObject({ note: note.optional() }),
    status: 200,
    response: alert,
  },
  {
    id: "getAlertSettings",
    method: "GET",
    path: "/alerts/settings",
    tag,
    summary: "What raises alerts",
    roles: ["read", "admin"],
    status: 200,
    response: alertSettings,
  },
  {
    id: "replaceAlertSettings",
    method: "PUT",
    path: "/alerts/settings",
    tag,
    summary: "Replace what raises alerts",
    description:
      "Kinds and fields that are left out have their defaults. If-Match takes the settings' version. Amounts in major units.",
    roles: ["admin"],
    body: alertSettingsInput,
    if_match: "required",
    status: 200,
    response: alertSettings,
  },
] as const satisfies readonly RouteDefinition[];
