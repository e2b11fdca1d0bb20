/** An object of JSON, read member by member. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Ids of Stripe are letters, digits and `_`. Anything else must not reach a path: `..` would be another resource. */
export const isStripeId = (value: unknown): value is string =>
  typeof value === "string" && /^[0-9A-Za-z_]{1,255}$/.test(value);

/** A reference, which Stripe writes as an id, or as the whole object where it was expanded. */
export function referenceOf(value: unknown): string | null {
  const id = isFields(value) ? value.id : value;
  return isStripeId(id) ? id : null;
}

/** Minor units: an integer that is not negative. */
export const isMinor = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export const isCurrency = (value: unknown): value is string => typeof value === "string" && /^[a-z]{3}$/.test(value);

/** A machine word of Stripe's (`card_declined`), or null: no free text is handed on. */
export const codeOf = (value: unknown): string | null =>
  typeof value === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(value) ? value : null;

/** One value of an object's metadata. */
export function metadataOf(object: Fields, name: string): string | null {
  const metadata = object.metadata;
  if (!isFields(metadata) || !Object.hasOwn(metadata, name)) return null;
  const value = metadata[name];
  return typeof value === "string" ? value : null;
}
