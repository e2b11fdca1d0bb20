import type { Choice } from "../../ui/form.tsx";
import type { Tone } from "../../ui/parts.tsx";
import type { KeyView } from "../agents/data.ts";

/** What each role of a key may do, in words. A key has exactly one. */
export const ROLE_CHOICES: readonly (Choice & { readonly value: KeyView["role"] })[] = [
  {
    value: "spend",
    label: "Spend",
    hint: "For agents: goes into the MCP URL. Asks, spends within the mandates, and reads its own history. It can change nothing, approve nothing and take no money back.",
  },
  {
    value: "read",
    label: "Read",
    hint: "For reports and monitoring: sees agents, mandates, transactions, webhooks and the audit log. It can change nothing and spend nothing.",
  },
  {
    value: "approve",
    label: "Approve",
    hint: "For whoever decides about purchases that wait, in a tool of your own. Keep it away from agents: with it they could approve themselves.",
  },
  {
    value: "admin",
    label: "Admin",
    hint: "For your own automation: everything that this dashboard can do with agents, mandates, keys and webhooks. Treat it like a password.",
  },
];

export const roleLabel = (role: KeyView["role"]): string =>
  ROLE_CHOICES.find(({ value }) => value === role)?.label ?? role;
export const roleHint = (role: KeyView["role"]): string => ROLE_CHOICES.find(({ value }) => value === role)?.hint ?? "";

export const KEY_TONES: Readonly<Record<KeyView["status"], Tone>> = {
  active: "good",
  expired: "quiet",
  revoked: "bad",
};
