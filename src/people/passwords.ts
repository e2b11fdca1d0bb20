import { LIMITS } from "../limits.ts";
import { COMMON_PASSWORDS } from "./common-passwords.ts";
import { refuse } from "./outcome.ts";

/** Null where the password may be used. Length counts, not which characters; the commonest are refused. */
export function passwordRefusal(password: string, email: string): ReturnType<typeof refuse> | null {
  const wrong = (message: string) => refuse("password_refused", message, "password");
  if (password.length < LIMITS.passwordCharsMin) {
    return wrong(`Use at least ${LIMITS.passwordCharsMin} characters. A few words in a row are fine.`);
  }
  if (password.length > LIMITS.passwordCharsMax) return wrong(`Use at most ${LIMITS.passwordCharsMax} characters.`);
  const plain = password.toLowerCase();
  if (plain === email.toLowerCase() || plain === email.toLowerCase().split("@")[0]) {
    return wrong("Do not use your e-mail address as the password.");
  }
  if (COMMON_PASSWORDS.has(plain) || new Set(plain).size < 3 || isRepeated(plain)) {
    return wrong("This password is among the first that are tried. Choose another.");
  }
  return null;
}

/** One short piece over and over, as in `abcabcabcabc`. */
const isRepeated = (text: string): boolean => /^(.{1,4})\1{2,}.{0,3}$/s.test(text);
