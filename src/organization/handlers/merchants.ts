import { guardPolicy } from "../../payments/policy.ts";
import { hookOf, hookView, setHookSecret } from "../hooks.ts";
import { keyVersion } from "../key-version.ts";
import {
  createMerchant,
  deleteMerchant,
  listMerchants,
  type MerchantInput,
  type MerchantRow,
  replaceMerchant,
  requireMerchant,
} from "../merchants.ts";
import { iso } from "../views.ts";
import { bodyOf, type Desk, type Handler, param } from "./desk.ts";
import { versionFrom } from "./if-match.ts";

/** Neither the bearer nor its sealed text. */
const view = ({ work, env }: Desk, row: MerchantRow) => ({
  id: row.id,
  name: row.name,
  protocol: row.protocol,
  url: row.origin,
  api_base_url: row.api_base_url,
  protocol_version: row.protocol_version,
  seller_profile: row.seller_profile,
  bearer_last4: row.bearer_last4,
  key_version: keyVersion(row.sealed_bearer),
  book_refunds: row.book_refunds === 1,
  hook: hookView(work, env, hookOf(work, row.id)),
  version: row.version,
  created_at: iso(row.created_at),
  updated_at: iso(row.updated_at),
});

export const merchantHandlers = {
  listMerchants: (desk) => ({ data: listMerchants(desk.work).map((row) => view(desk, row)) }),
  /** The edge has had the bearer sealed: see `prepare` of the route. */
  createMerchant: (desk, call) =>
    view(desk, createMerchant(desk.work, guardPolicy(desk.env), bodyOf<MerchantInput>(call))),
  getMerchant: (desk, call) => view(desk, requireMerchant(desk.work, param(call, "merchant_id"))),
  replaceMerchant: (desk, call) => {
    const id = param(call, "merchant_id");
    const input = bodyOf<MerchantInput>(call);
    return view(desk, replaceMerchant(desk.work, guardPolicy(desk.env), id, versionFrom(call), input));
  },
  deleteMerchant: ({ work }, call) => ({ id: deleteMerchant(work, param(call, "merchant_id")).id, deleted: true }),
  setMerchantHookSecret: (desk, call) => {
    const row = requireMerchant(desk.work, param(call, "merchant_id"));
    setHookSecret(desk.work, row.id, bodyOf<{ sealed_secret: string }>(call).sealed_secret);
    return view(desk, row);
  },
} satisfies Record<string, Handler>;
