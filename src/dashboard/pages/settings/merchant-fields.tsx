import { LIMITS } from "../../../limits.ts";
import { ACP_VERSIONS } from "../../../payments/acp/api.ts";
import type { AnswerOf } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";
import { Check } from "../../ui/choices.tsx";
import { type FieldErrors, Input, Select } from "../../ui/form.tsx";

export type Merchant = AnswerOf<"getMerchant">;

/** Everything but the bearer, which is never shown again. */
export interface MerchantValues {
  readonly name: string;
  readonly url: string;
  readonly seller_profile: string;
  readonly api_base_url: string;
  readonly protocol_version: string;
  readonly book_refunds: boolean;
}

export const merchantValues = (merchant: Merchant | null): MerchantValues => ({
  name: merchant?.name ?? "",
  url: merchant?.url ?? "",
  seller_profile: merchant?.seller_profile ?? "",
  api_base_url: merchant?.api_base_url ?? "",
  protocol_version: merchant?.protocol_version ?? "",
  book_refunds: merchant?.book_refunds ?? true,
});

export const typedMerchant = (form: DashboardForm): MerchantValues => ({
  name: form.text("name"),
  url: form.text("url"),
  seller_profile: form.text("seller_profile"),
  api_base_url: form.text("api_base_url"),
  protocol_version: form.text("protocol_version"),
  book_refunds: form.checked("book_refunds"),
});

/** The body of the operation, without the bearer. */
export const merchantBody = (form: DashboardForm) => ({
  ...typedMerchant(form),
  api_base_url: form.optional("api_base_url") ?? null,
  protocol_version: form.optional("protocol_version") ?? null,
});

const ANY_VERSION = "What the merchant says, or the newest";
const BOOK_REFUNDS = "Book refunds that it reports";

/** Each value in words, by its label: for those who only look, and to compare. */
export const merchantWords = (values: MerchantValues): readonly (readonly [label: string, words: string])[] => [
  ["Name", values.name],
  ["Shop", values.url],
  ["Stripe profile of the seller", values.seller_profile],
  ["Base of its checkout API", values.api_base_url || "As the shop says at /.well-known/acp.json"],
  ["Protocol version", values.protocol_version || ANY_VERSION],
  [BOOK_REFUNDS, values.book_refunds ? "Yes" : "No"],
];

export const MerchantFields = ({
  values,
  merchant,
  errors,
}: {
  readonly values: MerchantValues;
  readonly merchant: Merchant | null;
  readonly errors: FieldErrors;
}) => (
  <>
    <Input
      name="name"
      label="Name"
      value={values.name}
      required
      maxlength={LIMITS.nameChars}
      hint="Approvers see it."
      errors={errors}
    />
    <Input
      name="url"
      label="Shop"
      type="url"
      value={values.url}
      required
      placeholder="https://shop.example.com"
      hint="Scheme and host. What an agent buys must lie on it, and rules see this host as the vendor."
      errors={errors}
    />
    <Input
      name="seller_profile"
      label="Stripe profile of the seller"
      value={values.seller_profile}
      required
      placeholder="profile_…"
      hint="Whom payment tokens pay, and nobody else. Take it from the merchant, not from a page."
      errors={errors}
    />
    <Input
      name="bearer"
      label="Bearer token"
      type="password"
      required={merchant === null}
      optional={merchant !== null}
      hint={
        merchant === null
          ? "The merchant's credential for you. Sealed on arrival, and never shown again."
          : `Left empty, the one that ends in ${merchant.bearer_last4} stays. It is needed again where an address changes.`
      }
      errors={errors}
    />
    <Input
      name="api_base_url"
      label="Base of its checkout API"
      type="url"
      optional
      value={values.api_base_url}
      hint="Left empty, the shop is asked at /.well-known/acp.json."
      errors={errors}
    />
    <Select
      name="protocol_version"
      label="Protocol version"
      value={values.protocol_version}
      choices={[
        { value: "", label: ANY_VERSION },
        ...ACP_VERSIONS.map((version) => ({ value: version, label: version })),
      ]}
      errors={errors}
    />
    <Check
      name="book_refunds"
      label={BOOK_REFUNDS}
      hint="A refund in a signed order event gives budget back."
      checked={values.book_refunds}
    />
  </>
);
