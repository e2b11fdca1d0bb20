/**
 * Characters that a reader cannot see but a model or a terminal obeys: control characters, bidirectional overrides,
 * zero-width and other format characters (category Cf, which includes the "tag" block used to smuggle ASCII),
 * line and paragraph separators, and the supplementary variation selectors.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\u{E0100}-\u{E01EF}]/u;
const UNSAFE_ALL = new RegExp(UNSAFE.source, "gu");
const BREAKS_ALL = /[\t\n\v\f\r\u0085\u2028\u2029]+/g;

/** True when the text holds a character that `cleanText` would remove. */
export function hasUnsafeCharacters(text: string): boolean {
  return UNSAFE.test(text);
}

/** One visible line: breaks become a space, invisible and control characters go, and the length is capped. */
export function cleanText(text: string, maxChars = 500): string {
  const line = UNSAFE.test(text) ? text.replace(BREAKS_ALL, " ").replace(UNSAFE_ALL, "") : text;
  // A cut through a surrogate pair would leave an unpaired half, which is not valid in UTF-8.
  return line.length <= maxChars ? line : `${line.slice(0, maxChars - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/**
 * Fetched text as it may be shown: line breaks and tabs stay, and so do the two joiners that scripts need; every other
 * character that a reader cannot see goes, because it is only ever there to be obeyed unseen.
 */
export const cleanBody = (text: string): string =>
  UNSAFE.test(text) ? text.replace(UNSAFE_ALL, (found) => (KEPT_IN_BODY.has(found) ? found : "")) : text;

const KEPT_IN_BODY = new Set(["\n", "\r", "\t", "\u200c", "\u200d"]);

/** The same plain JSON with every string made visible; keys too, since `metadata` keys come from an agent. */
export function cleanJson(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value, Number.POSITIVE_INFINITY);
  if (Array.isArray(value)) return value.map(cleanJson);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [cleanText(key, Number.POSITIVE_INFINITY), cleanJson(item)]),
  );
}
