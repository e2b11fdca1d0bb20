import { redirect } from "../../answer.tsx";
import type { PersonVisit } from "../../route.ts";
import type { Choice } from "../../ui/form.tsx";

const NAME = "quetra_theme";
const YEAR_SECONDS = 31_536_000;
const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const THEME_CHOICES: readonly (Choice & { readonly value: Theme })[] = [
  { value: "auto", label: "As my device" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

export function themeOf(request: Request): Theme {
  for (const part of (request.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === NAME) return THEMES.find((theme) => theme === value) ?? "auto";
  }
  return "auto";
}

/** Kept in this browser only: a phone in the sun and a screen at night want different things. */
export function changeTheme({ form, url }: PersonVisit): Response {
  const theme = THEMES.find((one) => one === form.text("theme")) ?? "auto";
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const age = theme === "auto" ? 0 : YEAR_SECONDS;
  const cookie = `${NAME}=${theme}; Path=/dashboard; Max-Age=${age}; SameSite=Lax${secure}`;
  return redirect("/dashboard/account", { done: "theme_changed", cookies: [cookie] });
}
