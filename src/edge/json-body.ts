/** Nothing of this API nests deeper than a mandate's terms; a thousand brackets only serve to overflow somebody's stack. */
export const JSON_DEPTH_MAX = 64;

/** `application/json`, once, with any parameters. Two types in one header are none. */
export function isJson(contentType: string | null): boolean {
  if (contentType === null || contentType.includes(",")) return false;
  return contentType.split(";")[0]!.trim().toLowerCase() === "application/json";
}

/**
 * Whether a text holds a whole key of ours. What stands in a field is kept in the ledger and its log and shown to others,
 * so a key that its holder put there by mistake is refused before anything is written.
 */
export const holdsKey = (text: string): boolean => /sk_quetra_(?:test|live)_[0-9A-Za-z]{60}/.test(text);

/** Counts brackets outside strings, so that it can run before anything recursive sees the text. */
export function nestsTooDeep(text: string, max: number = JSON_DEPTH_MAX): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") {
      depth += 1;
      if (depth > max) return true;
    } else if (character === "}" || character === "]") depth -= 1;
  }
  return false;
}
