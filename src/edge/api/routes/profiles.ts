import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import { newProfileInput, profile, profileInput, removed } from "../../../schema/providers.ts";
import type { RouteDefinition } from "../route.ts";

const tag = "Integrations";
const CHECKED = "With a key of Stripe, Stripe is asked whether customer and payment method belong together.";

export const profileRoutes = [
  {
    id: "listProfiles",
    method: "GET",
    path: "/integrations/profiles",
    tag,
    summary: "Payment profiles: whose card is charged, and where goods go",
    description: `At most ${LIMITS.profilesPerOrganization}, the first one first. Who buys and the address are shown to admin keys only.`,
    roles: ["read", "admin"],
    status: 200,
    response: z.object({ data: z.array(profile) }),
  },
  {
    id: "createProfile",
    method: "POST",
    path: "/integrations/profiles",
    tag,
    summary: "Add a payment profile",
    description: `No agent can use it before its mandate lists it. ${CHECKED}`,
    roles: ["admin"],
    body: newProfileInput,
    status: 201,
    response: profile,
  },
  {
    id: "getProfile",
    method: "GET",
    path: "/integrations/profiles/{profile_name}",
    tag,
    summary: "One payment profile",
    roles: ["read", "admin"],
    status: 200,
    response: profile,
  },
  {
    id: "replaceProfile",
    method: "PUT",
    path: "/integrations/profiles/{profile_name}",
    tag,
    summary: "Change a payment profile",
    description: `Counts at once for every mandate that lists it; what waits for approval has to be approved anew. ${CHECKED}`,
    roles: ["admin"],
    body: profileInput,
    if_match: "required",
    status: 200,
    response: profile,
  },
  {
    id: "deleteProfile",
    method: "DELETE",
    path: "/integrations/profiles/{profile_name}",
    tag,
    summary: "Remove a payment profile",
    description: "Mandates that list it can no longer pay by it, and have no default from there on.",
    roles: ["admin"],
    status: 200,
    response: removed,
  },
] as const satisfies readonly RouteDefinition[];
