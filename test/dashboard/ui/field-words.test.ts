import { expect, it } from "vitest";
import * as z from "zod";
import { fieldWords } from "../../../src/dashboard/ui/field-words.ts";

/** The messages of the library itself: a new version that words them otherwise fails here. */
it.each([
  [z.string(), undefined, "Fill this in."],
  [z.string().min(1), "", "Fill this in."],
  [z.string().max(3), "four", "At most 3 characters."],
  [z.number(), "many", "Write a number, for example 25 or 0.5."],
  [z.number(), undefined, "Fill this in."],
  [z.int(), 1.5, "Write a whole number."],
  [z.int().min(1), 0, "At least 1."],
  [z.number().max(2.5), 3, "At most 2.5."],
  [z.array(z.string()).min(1), [], "Choose at least one."],
  [z.array(z.string()).max(1), ["a", "b"], "At most 1 entries."],
  [z.enum(["a", "b"]), "c", "Choose one of these."],
  [z.record(z.string().min(1), z.string()), { "": "x" }, "A name is missing, or is too long."],
  [z.string().regex(/^a$/, "Write an a."), "b", "Write an a."],
])("%#: says it for people", (schema, value, expected) => {
  const message = schema.safeParse(value).error?.issues[0]?.message ?? "";
  expect(fieldWords(message)).toBe(expected);
});
