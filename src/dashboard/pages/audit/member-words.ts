import type { Actor, EventBody } from "../../../organization/event-log.ts";
import { ROLE_CHOICES } from "../../ui/roles.ts";

interface Happened {
  readonly type: string;
  readonly subject: string | null;
}

const ABOUT_PEOPLE: ReadonlySet<string> = new Set([
  "member.joined",
  "member.role_changed",
  "member.removed",
  "member.left",
]);

/** The person whom an event is about, so that their name can be looked up and shown. */
export const personIn = ({ type, subject }: Happened): Actor | null =>
  ABOUT_PEOPLE.has(type) && subject !== null ? { type: "person", id: subject } : null;

export const isInvitation = ({ type }: Happened): boolean =>
  type === "member.invited" || type === "member.invitation_withdrawn";

/** What a change of members says besides whom it is about, in our own words; null for every other event. */
export function memberWords(type: string, body: EventBody | null): string | null {
  if (body === null) return null;
  const { role, role_before, how, replaces } = (body.data ?? {}) as Readonly<Record<string, unknown>>;
  switch (type) {
    case "member.joined":
      return `As ${roleIn(role)}, ${HOW.get(how) ?? "in some way"}`;
    case "member.role_changed":
      return `From ${roleIn(role_before)} to ${roleIn(role)}`;
    case "member.removed":
    case "member.left":
      return `Was ${roleIn(role_before)}`;
    case "member.invited":
      return typeof replaces === "string"
        ? `As ${roleIn(role)}, instead of an earlier invitation`
        : `As ${roleIn(role)}`;
    case "member.invitation_withdrawn":
      return `As ${roleIn(role)}`;
    default:
      return null;
  }
}

const HOW: ReadonlyMap<unknown, string> = new Map([
  ["founded", "who founded it"],
  ["invited", "by invitation"],
  ["appointed", "by the operator"],
]);

const roleIn = (role: unknown): string =>
  ROLE_CHOICES.find(({ value }) => value === role)?.label.toLowerCase() ?? "an unknown role";
