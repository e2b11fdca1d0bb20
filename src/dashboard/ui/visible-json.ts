/**
 * JSON for people to read, in which nothing is hidden: characters that could turn or hide what stands beside them are
 * written as escapes, so the text is still the same JSON.
 */
export const visibleJson = (value: unknown): string =>
  (JSON.stringify(value, null, 2) ?? "null").replace(HIDDEN, (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
const HIDDEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|[\u{E0100}-\u{E01EF}]/gu;
