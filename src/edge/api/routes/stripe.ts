import type * as z from "zod";
import type { NewStripeKey } from "../../../organization/stripe/keys.ts";
import { err, ok } from "../../../result.ts";
import {
  removed,
  stripeHookInput,
  stripeIntegration,
  stripeKeyInput,
  stripeSettingsInput,
} from "../../../schema/providers.ts";
import type { Prepare, RouteDefinition } from "../route.ts";
import { providerRefusal } from "./provider-refusal.ts";

const tag = "Integrations";

/** The key ends here: Stripe is asked whether it works, and what goes on is the sealed text. */
const sealKey: Prepare = async (rails, { organization_id, mode }, given) => {
  const { key } = given as z.output<typeof stripeKeyInput>;
  if (!key.slice(3).startsWith(`${mode}_`)) {
    const message = `This organization is a ${mode} one: it takes keys that start with rk_${mode}_ or sk_${mode}_ only.`;
    return err({ kind: "invalid_request", errors: [{ in: "body", pointer: "/key", message }] });
  }
  const sealed = await rails.sealStripeKey({ organization_id, mode, key });
  if (!sealed.ok) return err(providerRefusal("/key", sealed.error));
  const { sealed_key, kind, last4 } = sealed.value;
  return ok({ body: { sealed_key, kind, last4 } satisfies NewStripeKey });
};

export const stripeRoutes = [
  {
    id: "getStripeIntegration",
    method: "GET",
    path: "/integrations/stripe",
    tag,
    summary: "The key of Stripe that payments use, and where Stripe sends its events",
    roles: ["read", "admin"],
    status: 200,
    response: stripeIntegration,
  },
  {
    id: "saveStripeKey",
    method: "PUT",
    path: "/integrations/stripe",
    tag,
    summary: "Set or replace the key of Stripe",
    description:
      "Stripe is asked whether it works before anything is stored. Payments that are open keep the key that they were " +
      "begun with; it is deleted once they have ended.",
    roles: ["admin"],
    body: stripeKeyInput,
    prepare: sealKey,
    status: 200,
    response: stripeIntegration,
  },
  {
    id: "updateStripeIntegration",
    method: "PATCH",
    path: "/integrations/stripe",
    tag,
    summary: "Say whether a disputed charge suspends its agent",
    roles: ["admin"],
    body: stripeSettingsInput,
    status: 200,
    response: stripeIntegration,
  },
  {
    id: "removeStripeKey",
    method: "DELETE",
    path: "/integrations/stripe",
    tag,
    summary: "Pay nothing new through Stripe",
    description: "What is open is still brought to its end; then the key is deleted. The hook stays.",
    roles: ["admin"],
    status: 200,
    response: removed,
  },
  {
    id: "setStripeHookSecret",
    method: "PUT",
    path: "/integrations/stripe/hook",
    tag,
    summary: "Set the signing secret of the endpoint at Stripe",
    description: "The one before verifies for another 24 hours.",
    roles: ["admin"],
    body: stripeHookInput,
    prepare: async (rails, { organization_id }, given) => {
      const { secret } = given as z.output<typeof stripeHookInput>;
      return ok({ body: { sealed_secret: await rails.sealHookSecret(organization_id, secret) } });
    },
    status: 200,
    response: stripeIntegration,
  },
] as const satisfies readonly RouteDefinition[];
