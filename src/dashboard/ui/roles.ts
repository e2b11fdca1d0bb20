import type { PersonRole } from "../../people/api.ts";
import type { Choice } from "./form.tsx";

/** What each role may do, in the words in which it is offered. */
export const ROLE_CHOICES: readonly (Choice & { readonly value: PersonRole })[] = [
  { value: "owner", label: "Owner", hint: "Everything an admin may, and decides who else is an owner." },
  { value: "admin", label: "Admin", hint: "Manages agents, mandates, keys and members, and decides approvals." },
  { value: "approver", label: "Approver", hint: "Sees everything, and decides which purchases go through." },
  { value: "viewer", label: "Viewer", hint: "Sees everything, and changes nothing." },
];

export const roleWords = (role: PersonRole): string => ROLE_CHOICES.find(({ value }) => value === role)!.label;
export const roleHint = (role: PersonRole): string => ROLE_CHOICES.find(({ value }) => value === role)!.hint!;
