/**
 * What the library of the schemas says of a value, in words for people. A sentence that is not here stays as it is: most
 * fields have their own.
 */
export function fieldWords(message: string): string {
  for (const [pattern, words] of WORDS) {
    const found = pattern.exec(message);
    if (found !== null) return words.replace("$1", found[1] ?? "");
  }
  return message;
}

const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Invalid input: expected \w+, received (?:undefined|null)$/, "Fill this in."],
  [/^Invalid input: expected number, received /, "Write a number, for example 25 or 0.5."],
  [/^Invalid input: expected int, received /, "Write a whole number."],
  [/^Too small: expected string to have >=1 characters$/, "Fill this in."],
  [/^Too big: expected string to have <=(\d+) characters$/, "At most $1 characters."],
  [/^Too small: expected array to have >=1 items$/, "Choose at least one."],
  [/^Too big: expected array to have <=(\d+) items$/, "At most $1 entries."],
  [/^Too small: expected (?:number|int) to be >=(-?[\d.]+)$/, "At least $1."],
  [/^Too big: expected (?:number|int) to be <=(-?[\d.]+)$/, "At most $1."],
  [/^Invalid option: expected one of /, "Choose one of these."],
  [/^Invalid key in record$/, "A name is missing, or is too long."],
];
