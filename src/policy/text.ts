import { err, ok, type Result } from "../result.ts";

/** Characters that are drawn as nothing: zero-width ones, soft hyphen, variation selectors, Hangul fillers. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Control, unassigned, private and lone surrogate code points, and line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u;
const BIDI = /\p{Bidi_Control}/u;

/** Text that would show something else than it is, or break a line, is refused before anything else looks at it. */
export function isDeceptive(text: string): boolean {
  if (BIDI.test(text)) return true;
  return UNPRINTABLE.test(text.replace(INVISIBLE, ""));
}

/**
 * Folds a name so that spellings a person would read as the same are the same: NFKC, without invisible characters,
 * case-folded, white space trimmed and collapsed. Idempotent.
 *
 * Upper-casing before lower-casing comes closest to Unicode case folding that JavaScript has: "ß" and "SS" meet at "ss".
 */
export function foldText(text: string): Result<string, string> {
  if (isDeceptive(text)) return err("must not contain control, bidirectional or unassigned characters");
  let folded = text;
  // One round can produce what the next one folds again (İ, ligatures); two or three reach the fixed point.
  for (let round = 0; round < 4; round++) {
    const next = folded
      .normalize("NFKC")
      .replace(INVISIBLE, "")
      .toUpperCase()
      .toLowerCase()
      .normalize("NFKC")
      .replace(/\s+/g, " ")
      .trim();
    if (next === folded) break;
    folded = next;
  }
  return ok(folded);
}

/** Untrusted text inside a sentence: quoted, with everything unprintable escaped, and cut. */
export function quote(text: string, maxChars = 80): string {
  const cut = text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
  return JSON.stringify(cut).replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
