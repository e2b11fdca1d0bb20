import type { DashboardForm } from "../../form.ts";
import type { Choice } from "../../ui/form.tsx";
import { instantOfLocal } from "../../ui/local-time.ts";

const DAY_MS = 86_400_000;

export const EXPIRY_CHOICES: readonly Choice[] = [
  { value: "never", label: "Never: it works until it is revoked" },
  { value: "30", label: "In 30 days" },
  { value: "90", label: "In 90 days" },
  { value: "365", label: "In a year" },
  { value: "date", label: "At the end of a day that I choose" },
];

/** When the key shall end, as the operation takes it. A date means the end of that day in the organization's zone. */
export function expiryOf(form: DashboardForm, now: number, timezone: string): string | null {
  const choice = form.text("expiry");
  if (choice === "never") return null;
  if (choice === "date") return instantOfLocal(form.text("expires_on"), timezone, 1);
  return /^\d{1,4}$/.test(choice) ? new Date(now + Number(choice) * DAY_MS).toISOString() : choice;
}
