import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { ACP_VERSIONS } from "../payments/acp/api.ts";
import { isCountry } from "../policy/countries.ts";
import { profileName } from "../policy/rule-schemas.ts";
import { isDeceptive } from "../policy/text.ts";
import { name } from "./resources.ts";

/** What administrators configure for payments through Stripe and at merchants: keys, hooks, merchants and profiles. */

const line = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !isDeceptive(text), "Must not contain control or bidirectional characters.");
const stripeId = (prefix: string, words: string) =>
  z.string().regex(new RegExp(`^${prefix}_[0-9A-Za-z_]{1,64}$`), `Give ${words}, which starts with ${prefix}_.`);

const writeOnly = { writeOnly: true } as const;
const stripeKeyText = z
  .string()
  .max(255)
  .regex(
    /^(?:sk|rk)_(?:test|live)_[0-9A-Za-z_]{8,}$/,
    "Send a restricted key (rk_…, recommended) or a secret key (sk_…) of Stripe. A publishable key (pk_…) cannot charge.",
  )
  .meta({ description: "Checked with Stripe and sealed on arrival, never shown again", ...writeOnly });
export const stripeKeyInput = z.strictObject({ key: stripeKeyText });

export const stripeHookInput = z.strictObject({
  secret: z
    .string()
    .max(255)
    .regex(/^whsec_[0-9A-Za-z+/=_-]{16,}$/, "Send the signing secret of the endpoint at Stripe: it starts with whsec_.")
    .meta({ description: "Sealed on arrival, never shown again", ...writeOnly }),
});
export const merchantHookInput = z.strictObject({
  secret: z
    .string()
    .regex(/^[\x21-\x7e]{16,255}$/, "Use 16 to 255 printable ASCII characters without spaces.")
    .meta({
      description: "What the merchant signs its order events with; sealed on arrival, never shown again",
      ...writeOnly,
    }),
});

const hook = z
  .object({
    url: z.string().nullable().meta({ description: "Where the provider sends its events; null = not set up yet" }),
    secret_set: z.boolean().meta({ description: "Without a secret every message is refused" }),
    key_version: z.string().nullable().meta({ description: "Id of the secret that the signing secret is sealed with" }),
    old_secret_until: z.string().nullable().meta({ description: "Until then the secret before is accepted as well" }),
    last_event_at: z.string().nullable(),
  })
  .meta({ description: "Its address is no authority: every message is verified by its signature" });

export const stripeIntegration = z.object({
  mode: z.enum(["test", "live"]),
  key: z
    .object({
      id: z.string(),
      kind: z.enum(["secret", "restricted"]),
      last4: z.string(),
      key_version: z.string().meta({ description: "Id of the secret that it is sealed with" }),
      active_since: z.string(),
    })
    .nullable()
    .meta({ description: "The key that new payments use" }),
  retired_keys: z.int().meta({ description: "Kept for open payments that were begun with them" }),
  hook,
  suspend_on_dispute: z.boolean().meta({ description: "A disputed charge suspends its agent" }),
});
export const stripeSettingsInput = z.strictObject({ suspend_on_dispute: z.boolean() });

const url = z.string().max(LIMITS.webhookUrlChars);
const sellerProfile = stripeId("profile", "the seller's Stripe profile").meta({
  description: "The merchant's Stripe profile: whom payment tokens pay",
});
const merchantFields = {
  name,
  url: url.meta({ description: "Scheme and host of the shop, without a path: https://shop.example.com" }),
  api_base_url: url
    .nullable()
    .default(null)
    .meta({ description: "Base of its checkout API; null = asked for at /.well-known/acp.json" }),
  protocol_version: z
    .enum(ACP_VERSIONS)
    .nullable()
    .default(null)
    .meta({ description: "ACP version to speak where the merchant does not say; null = the newest that is known" }),
  seller_profile: sellerProfile,
  book_refunds: z
    .boolean()
    .default(true)
    .meta({ description: "A refund that a signed order event reports gives budget back" }),
};
const bearer = z
  .string()
  .regex(/^[\x21-\x7e]{8,512}$/, "Use 8 to 512 printable ASCII characters without spaces.")
  .meta({
    description: "The merchant's credential for this organization; sealed on arrival, never shown again",
    ...writeOnly,
  });
export const newMerchantInput = z.strictObject({ ...merchantFields, bearer });
export const merchantInput = z.strictObject({
  ...merchantFields,
  bearer: bearer.optional().meta({
    description: "Left out, the stored one stays; it is needed again where url or api_base_url changes",
    ...writeOnly,
  }),
});
export const merchant = z.object({
  id: z.string(),
  name: z.string(),
  protocol: z.literal("acp"),
  url: z.string().meta({ description: "Its origin: what merchant_url of a purchase must lie on" }),
  api_base_url: z.string().nullable(),
  protocol_version: z.enum(ACP_VERSIONS).nullable(),
  seller_profile: z.string(),
  bearer_last4: z.string(),
  key_version: z.string().meta({ description: "Id of the secret that the bearer is sealed with" }),
  book_refunds: z.boolean(),
  hook,
  version: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});

const customer = stripeId("cus", "the customer's id");
const paymentMethod = stripeId("pm", "the payment method's id");
const address = z.strictObject({
  name: line(256),
  line_one: line(256),
  line_two: line(256).nullable().default(null),
  city: line(128),
  state: line(128),
  country: z
    .string()
    .refine(
      (code) => code !== "T1" && isCountry(code),
      "Use an ISO 3166-1 alpha-2 code in upper case, for example SI.",
    ),
  postal_code: line(32),
});
const buyer = z.strictObject({
  first_name: line(128),
  last_name: line(128),
  email: z.email().max(254),
  phone_number: z
    .string()
    .regex(/^\+[1-9]\d{5,14}$/, "Write the number as E.164, for example +38640123456.")
    .nullable()
    .default(null),
});
/** Stripe: at most 22 characters, at least one letter, and none of these signs. */
const suffix = z
  .string()
  .regex(
    /^(?=.*[A-Za-z])[ !#-&()+-;=?-[\]-~]{1,22}$/,
    "At most 22 plain characters with a letter among them, none of < > \\ ' \" *",
  );

const stripeFields = {
  kind: z.literal("stripe"),
  vendor: z.string().min(1).max(LIMITS.urlBytes).meta({ description: "What rules and budgets see as the vendor" }),
  customer: customer
    .nullable()
    .default(null)
    .meta({ description: "Needed, but for a test organization without a key of Stripe" }),
  payment_method: paymentMethod.nullable().default(null).meta({ description: "Goes with customer" }),
  statement_descriptor_suffix: suffix.nullable().default(null),
};
const acpFields = {
  kind: z.literal("acp"),
  merchants: z.array(z.string().max(64)).min(1).max(LIMITS.merchantsPerProfile).meta({
    description: "Ids of the merchants that may be bought from",
  }),
  payment_method: paymentMethod,
  buyer,
  address: address.nullable().default(null).meta({ description: "Where goods go; null = nothing is shipped" }),
  delivery: z.enum(["cheapest", "fastest"]).default("cheapest"),
};
export const profileInput = z.discriminatedUnion("kind", [z.strictObject(stripeFields), z.strictObject(acpFields)]);
export const newProfileInput = z.discriminatedUnion("kind", [
  z.strictObject({ name: profileName, ...stripeFields }),
  z.strictObject({ name: profileName, ...acpFields }),
]);

const shown = { id: z.string(), name: z.string(), version: z.int(), created_at: z.string(), updated_at: z.string() };
const personal = { description: "Null for keys that are not admin" };
export const profile = z.discriminatedUnion("kind", [
  z.object({
    ...shown,
    kind: z.literal("stripe"),
    vendor: z.string(),
    customer: z.string().nullable(),
    payment_method: z.string().nullable(),
    statement_descriptor_suffix: z.string().nullable(),
  }),
  z.object({
    ...shown,
    kind: z.literal("acp"),
    merchants: z.array(z.string()),
    payment_method: z.string(),
    buyer: buyer.nullable().meta(personal),
    address: address.nullable().meta(personal),
    delivery: z.enum(["cheapest", "fastest"]),
  }),
]);

export type StripeProfileInput = Extract<z.output<typeof profileInput>, { kind: "stripe" }>;
export type AcpProfileInput = Extract<z.output<typeof profileInput>, { kind: "acp" }>;
export type ProfileInput = StripeProfileInput | AcpProfileInput;
export const removed = z.object({ id: z.string(), deleted: z.literal(true) });
