import * as z from "zod";
import { LIMITS } from "../../../limits.ts";
import type { MerchantInput } from "../../../organization/merchants.ts";
import { err, ok, type Result } from "../../../result.ts";
import { merchant, merchantHookInput, merchantInput, newMerchantInput, removed } from "../../../schema/providers.ts";
import type { Refusal } from "../../errors.ts";
import type { Prepare, RouteDefinition } from "../route.ts";
import { providerRefusal } from "./provider-refusal.ts";

const tag = "Integrations";

const wrong = (pointer: string, message: string): Result<never, Refusal> =>
  err({ kind: "invalid_request", errors: [{ in: "body", pointer, message }] });

/**
 * Scheme and host as they are called, or null. A path, a query or another spelling is refused and not dropped: one
 * seller's page at a marketplace must not let the whole marketplace in.
 */
function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { origin } = new URL(text);
  return text.toLowerCase().replace(/\/$/, "") === origin ? origin : null;
}

/** Without a slash at its end; null where it is no plain address of an API. */
function baseOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { origin, pathname, search, hash } = new URL(text);
  return search === "" && hash === "" && !text.includes("?") && !text.includes("#")
    ? `${origin}${pathname.replace(/\/+$/, "")}`
    : null;
}

/** The bearer ends here: Rails finds the merchant's API, and what goes on is the sealed text. */
const sealBearer: Prepare = async (rails, { organization_id }, given) => {
  const body = given as z.output<typeof merchantInput>;
  const origin = originOf(body.url);
  if (origin === null) return wrong("/url", "Give scheme and host alone, in ASCII: https://shop.example.com");
  const base = body.api_base_url === null ? null : baseOf(body.api_base_url);
  if (base === null && body.api_base_url !== null) return wrong("/api_base_url", "Give an https URL without a query.");
  const { name, protocol_version, seller_profile, book_refunds } = body;
  const fields = { name, origin, api_base_url: base, protocol_version, seller_profile, book_refunds };
  if (body.bearer === undefined) return ok({ body: { ...fields, bearer: null } satisfies MerchantInput });
  const sealed = await rails.sealMerchant({
    organization_id,
    origin,
    api_base_url: base,
    version: protocol_version,
    bearer: body.bearer,
  });
  if (!sealed.ok) return err(providerRefusal("/url", sealed.error));
  const { sealed_bearer, last4 } = sealed.value;
  return ok({ body: { ...fields, bearer: { sealed_bearer, last4 } } satisfies MerchantInput });
};

export const acpRoutes = [
  {
    id: "listMerchants",
    method: "GET",
    path: "/integrations/acp/merchants",
    tag,
    summary: "Merchants that can be bought from",
    description: `At most ${LIMITS.merchantsPerOrganization}, the first one first.`,
    roles: ["read", "admin"],
    status: 200,
    response: z.object({ data: z.array(merchant) }),
  },
  {
    id: "createMerchant",
    method: "POST",
    path: "/integrations/acp/merchants",
    tag,
    summary: "Add a merchant",
    description: "Nothing is bought there before a profile lists it.",
    roles: ["admin"],
    body: newMerchantInput,
    prepare: sealBearer,
    status: 201,
    response: merchant,
  },
  {
    id: "getMerchant",
    method: "GET",
    path: "/integrations/acp/merchants/{merchant_id}",
    tag,
    summary: "One merchant, and where it sends its order events",
    roles: ["read", "admin"],
    status: 200,
    response: merchant,
  },
  {
    id: "replaceMerchant",
    method: "PUT",
    path: "/integrations/acp/merchants/{merchant_id}",
    tag,
    summary: "Change a merchant",
    description: "While a purchase there is open, its address stays.",
    roles: ["admin"],
    body: merchantInput,
    if_match: "required",
    prepare: sealBearer,
    status: 200,
    response: merchant,
  },
  {
    id: "setMerchantHookSecret",
    method: "PUT",
    path: "/integrations/acp/merchants/{merchant_id}/hook",
    tag,
    summary: "Set the secret that a merchant signs its order events with",
    description: "The one before verifies for another 24 hours.",
    roles: ["admin"],
    body: merchantHookInput,
    prepare: async (rails, { organization_id }, given) => {
      const { secret } = given as z.output<typeof merchantHookInput>;
      return ok({ body: { sealed_secret: await rails.sealHookSecret(organization_id, secret) } });
    },
    status: 200,
    response: merchant,
  },
  {
    id: "deleteMerchant",
    method: "DELETE",
    path: "/integrations/acp/merchants/{merchant_id}",
    tag,
    summary: "Remove a merchant with its bearer and hook",
    description: "Not while a purchase there is open. Profiles that list it buy nothing there any more.",
    roles: ["admin"],
    status: 200,
    response: removed,
  },
] as const satisfies readonly RouteDefinition[];
