import { LIMITS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { foldText } from "./text.ts";

/** The one spelling of a category: folded and trimmed, 1 to 64 characters. The error is a sentence for the caller. */
export function normalizeCategory(input: string): Result<string, string> {
  // The raw bound keeps folding cheap; folding can lengthen a text ("ﷺ" becomes 18 characters), hence the second bound.
  if (input.length > LIMITS.categoryChars * 4) return tooLong;
  const folded = foldText(input);
  if (!folded.ok) return err(`The category ${folded.error}.`);
  if (folded.value === "") return err("The category is empty.");
  if (folded.value.length > LIMITS.categoryChars) return tooLong;
  return ok(folded.value);
}

const tooLong = err(`The category must have at most ${LIMITS.categoryChars} characters.`);
