import { LIMITS } from "../../../limits.ts";
import type { AnswerOf } from "../../api.ts";
import { Checks, Radios } from "../../ui/choices.tsx";
import { type FieldErrors, Input } from "../../ui/form.tsx";
import { Card, Notice } from "../../ui/parts.tsx";
import { plain } from "../../ui/words.ts";
import { PROFILE_LABELS, type ProfileField, type ProfileValues } from "./profile-values.ts";

interface Given {
  readonly values: ProfileValues;
  readonly isNew: boolean;
  readonly errors: FieldErrors;
}

const Name = ({ values, isNew, errors }: Given) =>
  isNew ? (
    <Input
      name="name"
      label="Name"
      value={values.text("name")}
      required
      maxlength={LIMITS.profileNameChars}
      placeholder="company-card"
      hint="What mandates and agents call it. It stays as it is."
      errors={errors}
    />
  ) : null;

export const StripeFields = (given: Given) => {
  const { values, errors } = given;
  return (
    <Card>
      <Name {...given} />
      <Input
        name="vendor"
        label={PROFILE_LABELS.vendor}
        value={values.text("vendor")}
        required
        hint="What rules and budgets see as the vendor of these charges: a host, or a name."
        errors={errors}
      />
      <Input
        name="customer"
        label={PROFILE_LABELS.customer}
        value={values.text("customer")}
        optional
        placeholder="cus_…"
        errors={errors}
      />
      <Input
        name="payment_method"
        label={PROFILE_LABELS.payment_method}
        value={values.text("payment_method")}
        optional
        placeholder="pm_…"
        hint="Both are needed, but for a test organization without a key of Stripe, whose charges are simulated."
        errors={errors}
      />
      <Input
        name="statement_descriptor_suffix"
        label={PROFILE_LABELS.statement_descriptor_suffix}
        value={values.text("statement_descriptor_suffix")}
        optional
        maxlength={22}
        hint="Up to 22 plain characters, behind the name of the Stripe account."
        errors={errors}
      />
    </Card>
  );
};

export const AcpFields = (given: Given & { readonly merchants: AnswerOf<"listMerchants">["data"] }) => {
  const { values, errors, merchants } = given;
  const text = (name: ProfileField, more: { optional?: boolean; placeholder?: string; hint?: string } = {}) => (
    <Input name={name} label={PROFILE_LABELS[name]} value={values.text(name)} errors={errors} {...more} />
  );
  return (
    <>
      <Card>
        <Name {...given} />
        {merchants.length === 0 ? (
          <Notice tone="warn">
            There is no merchant any more, so nothing can be bought with this profile. Add one under Merchants.
          </Notice>
        ) : (
          <Checks
            name="merchants"
            label="Merchants"
            values={values.merchants}
            choices={merchants.map(({ id, name, url }) => ({ value: id, label: plain(name), hint: plain(url) }))}
            errors={errors}
          />
        )}
        {text("payment_method", { placeholder: "pm_…", hint: "The card that pays the merchants." })}
      </Card>
      <Card title="Buyer" hint="Who orders: the merchant gets it with the order.">
        <div class="pair">
          {text("buyer.first_name")}
          {text("buyer.last_name")}
        </div>
        {text("buyer.email")}
        {text("buyer.phone_number", { optional: true, placeholder: "+38640123456" })}
      </Card>
      <Card
        title="Where goods go"
        hint="Left empty altogether, nothing is shipped: orders are for what needs no parcel."
      >
        {text("address.name")}
        {text("address.line_one")}
        {text("address.line_two", { optional: true })}
        <div class="pair">
          {text("address.city")}
          {text("address.state")}
        </div>
        <div class="pair">
          {text("address.postal_code")}
          {text("address.country", { placeholder: "SI", hint: "Two letters, ISO 3166." })}
        </div>
        <Radios
          name="delivery"
          label={PROFILE_LABELS.delivery}
          value={values.text("delivery")}
          choices={[
            { value: "cheapest", label: "The cheapest" },
            { value: "fastest", label: "The fastest" },
          ]}
          errors={errors}
        />
      </Card>
    </>
  );
};
