import * as z from "zod";
import { LIMITS } from "../limits.ts";
import { refuse } from "./outcome.ts";

const shape = z.email().max(LIMITS.emailChars);

export const normalEmail = (text: string): string => text.trim().toLowerCase();

export const emailRefusal = (email: string): ReturnType<typeof refuse> | null =>
  shape.safeParse(email).success
    ? null
    : refuse("email_invalid", "Please give a whole e-mail address, such as ada@example.com.", "email");
