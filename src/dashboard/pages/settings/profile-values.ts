import type { AnswerOf } from "../../api.ts";
import type { DashboardForm } from "../../form.ts";

export type Kind = "stripe" | "acp";
export type Profile = AnswerOf<"getProfile">;
export type Merchants = AnswerOf<"listMerchants">["data"];

export const KIND_WORDS = {
  stripe: { title: "Card on file", words: "Charged through the organization's Stripe account." },
  acp: { title: "Purchases from merchants", words: "Where goods go, who buys, and which card pays." },
} as const satisfies Record<Kind, unknown>;

/** How each field is called, in the order of the form. */
export const PROFILE_LABELS = {
  vendor: "Vendor",
  customer: "Customer at Stripe",
  payment_method: "Payment method at Stripe",
  statement_descriptor_suffix: "On the card's statement",
  "buyer.first_name": "First name",
  "buyer.last_name": "Last name",
  "buyer.email": "E-mail",
  "buyer.phone_number": "Phone",
  "address.name": "Name on the parcel",
  "address.line_one": "Street and number",
  "address.line_two": "Further line",
  "address.city": "City",
  "address.state": "State or province",
  "address.postal_code": "Postal code",
  "address.country": "Country",
  delivery: "Delivery",
} as const;
export type ProfileField = keyof typeof PROFILE_LABELS;

/** The fields of a kind, in the order of its form. */
export const fieldsOf = (kind: Kind): readonly ProfileField[] =>
  (Object.keys(PROFILE_LABELS) as ProfileField[]).filter((name) =>
    kind === "stripe"
      ? ["vendor", "customer", "payment_method", "statement_descriptor_suffix"].includes(name)
      : !["vendor", "customer", "statement_descriptor_suffix"].includes(name),
  );

const BUYER = ["first_name", "last_name", "email", "phone_number"] as const;
const ADDRESS = ["name", "line_one", "line_two", "city", "state", "postal_code", "country"] as const;

/** Text of every field by its name, which is the pointer into the operation's body: `buyer.email`. */
export interface ProfileValues {
  readonly kind: Kind;
  readonly merchants: readonly string[];
  readonly text: (name: string) => string;
}

export function valuesOf(kind: Kind, profile: Profile | null): ProfileValues {
  const text = (name: string): string => {
    const [first = "", second] = name.split(".");
    const value = (profile as Readonly<Record<string, unknown>> | null)?.[first];
    const found =
      second === undefined ? value : (value as Readonly<Record<string, unknown>> | null | undefined)?.[second];
    return typeof found === "string" ? found : "";
  };
  const acp = profile?.kind === "acp" ? profile : null;
  return {
    kind,
    merchants: acp?.merchants ?? [],
    text: (name) => (name === "delivery" && profile === null ? "cheapest" : text(name)),
  };
}

export const typedValues = (kind: Kind, form: DashboardForm): ProfileValues => ({
  kind,
  merchants: form.all("merchants"),
  text: (name) => form.text(name),
});

/** The body of the operation without the name, which stays. */
export function bodyOf(kind: Kind, form: DashboardForm): Record<string, unknown> {
  const orNull = (name: string) => form.optional(name) ?? null;
  if (kind === "stripe") {
    return {
      kind,
      vendor: form.text("vendor"),
      customer: orNull("customer"),
      payment_method: orNull("payment_method"),
      statement_descriptor_suffix: orNull("statement_descriptor_suffix"),
    };
  }
  const ships = ADDRESS.some((field) => form.text(`address.${field}`) !== "");
  const part = (name: string, fields: readonly string[], nullable: string) =>
    Object.fromEntries(
      fields.map((field) => [field, field === nullable ? orNull(`${name}.${field}`) : form.text(`${name}.${field}`)]),
    );
  return {
    kind,
    merchants: form.all("merchants"),
    payment_method: form.text("payment_method"),
    buyer: part("buyer", BUYER, "phone_number"),
    address: ships ? part("address", ADDRESS, "line_two") : null,
    delivery: form.text("delivery"),
  };
}
