import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import { instant } from "../../../schema/common.ts";
import { key, name, newKey, note, role } from "../../../schema/resources.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Keys";

export const keyRoutes = [
  {
    id: "createKey",
    method: "POST",
    path: "/keys",
    tag,
    summary: "Create a key; its text is shown this once",
    roles: ["admin"],
    body: z.strictObject({
      name,
      role,
      agents: z.array(z.string().max(64)).min(1).max(LIMITS.agents).nullable().default(null),
      expires_at: instant.nullable().default(null),
    }),
    status: 201,
    response: newKey,
  },
  {
    id: "listKeys",
    method: "GET",
    path: "/keys",
    tag,
    summary: "All keys, newest first, without their texts",
    roles: ["admin"],
    status: 200,
    response: z.object({ data: z.array(key) }),
  },
  {
    id: "revokeKey",
    method: "POST",
    path: "/keys/{key_id}/revoke",
    tag,
    summary: "Revoke a key at once",
    roles: ["admin"],
    body: z.strictObject({ reason: note.optional() }),
    status: 200,
    response: key,
  },
  {
    id: "rotateKey",
    method: "POST",
    path: "/keys/{key_id}/rotate",
    tag,
    summary: "Replace a key; the old one works until the overlap ends",
    roles: ["admin"],
    body: z.strictObject({
      overlap_hours: z.number().min(0).max(LIMITS.keyRotationOverlapHours).default(24),
    }),
    status: 201,
    response: newKey,
  },
] as const satisfies readonly RouteDefinition[];
