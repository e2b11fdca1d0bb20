import { log } from "../../edge/log.ts";
import type { Env } from "../../env.ts";
import { LIMITS } from "../../limits.ts";
import { err, ok, type Result } from "../../result.ts";
import { deadline, guardUrl } from "../guard.ts";
import { open, seal } from "../seal.ts";
import type { RailContext } from "../stripe/rails.ts";
import {
  ACP_VERSIONS,
  type CheckoutRefusal,
  type MerchantHandle,
  type MerchantOrder,
  type SealedMerchant,
} from "./api.ts";
import { judgeBase } from "./discovery.ts";
import { ACP_LIMITS } from "./limits.ts";
import { type CheckoutProtocol, type Place, PROTOCOLS } from "./protocol.ts";

const FIELD = "merchant_bearer";
const PRINTABLE = /^[\x21-\x7e]+$/;

/** What a merchant is configured with, checked against the merchant itself where it has a discovery document. */
export async function sealMerchant(
  order: MerchantOrder,
  desk: RailContext,
): Promise<Result<SealedMerchant, CheckoutRefusal>> {
  const { organization_id, origin, bearer } = order;
  const url = guardUrl(origin, desk.outbound.policy);
  if (!url.ok) return err({ code: "merchant_address", message: url.error.message });
  if (url.value.origin !== origin) return err(NOT_AN_ORIGIN);
  if (order.version !== null && !ACP_VERSIONS.includes(order.version)) return err(UNKNOWN_VERSION);
  const isBearer =
    bearer.length >= ACP_LIMITS.bearerCharsLeast && bearer.length <= ACP_LIMITS.bearerChars && PRINTABLE.test(bearer);
  if (!isBearer) return err(NOT_A_BEARER);
  const place = await placeOf(order, PROTOCOLS.acp, desk, deadline(LIMITS.providerCallMs));
  if (!place.ok) return err(place.error);
  const sealed = await seal(desk.env.SEALING_SECRETS, organization_id, FIELD, bearer);
  if (!sealed.ok) {
    log("error", "merchant_bearer_not_sealed", { reason: sealed.error.reason, hint: sealed.error.message });
    return err(NOT_SEALED);
  }
  return ok({ sealed_bearer: sealed.value, last4: bearer.slice(-4), ...place.value });
}

/** Where the merchant's API is: as configured, or as its discovery document says now. */
export async function placeOf(
  merchant: Pick<MerchantHandle, "origin" | "api_base_url" | "version">,
  protocol: CheckoutProtocol,
  desk: RailContext,
  signal: AbortSignal,
): Promise<Result<Place, CheckoutRefusal>> {
  if (merchant.api_base_url === null) return protocol.discover(merchant.origin, desk, signal);
  const base = judgeBase(merchant.api_base_url, desk.outbound.policy);
  return base.ok ? ok({ api_base_url: base.value, version: merchant.version ?? ACP_VERSIONS[0] }) : err(base.error);
}

/** Null when the seal cannot be opened; why is for the operator's log alone. */
export async function openBearer(merchant: MerchantHandle, env: Pick<Env, "SEALING_SECRETS">): Promise<string | null> {
  const opened = await open(env.SEALING_SECRETS, merchant.organization_id, FIELD, merchant.sealed_bearer);
  if (opened.ok) return opened.value.plaintext;
  log("error", "merchant_bearer_unreadable", { reason: opened.error.reason, hint: opened.error.message });
  return null;
}

const NOT_AN_ORIGIN: CheckoutRefusal = {
  code: "merchant_address",
  message:
    "Write the merchant's address as an origin, as in https://shop.example.com, in lower case and without a path.",
};
const UNKNOWN_VERSION: CheckoutRefusal = {
  code: "version",
  message: `Use one of the protocol versions ${ACP_VERSIONS.join(", ")}.`,
};
const NOT_A_BEARER: CheckoutRefusal = {
  code: "bearer",
  message: `Send the merchant's bearer as it was given: ${ACP_LIMITS.bearerCharsLeast} to ${ACP_LIMITS.bearerChars} printable ASCII characters without spaces.`,
};
const NOT_SEALED: CheckoutRefusal = {
  code: "not_configured",
  message: "This service cannot keep secrets yet; its operator has to set SEALING_SECRETS.",
};
