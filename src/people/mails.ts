import type { Mail } from "../payments/rails-api.ts";

/** The mails that people get: plain and short, each with one link at most. */
export type Letter =
  | { readonly kind: "confirm"; readonly name: string; readonly link: string }
  | { readonly kind: "reset"; readonly link: string }
  | { readonly kind: "has_account"; readonly link: string }
  | { readonly kind: "by_invitation" }
  | {
      readonly kind: "invitation";
      readonly inviter: string;
      readonly organization: string;
      readonly role: string;
      readonly link: string;
    }
  | { readonly kind: "password_changed"; readonly link: string }
  | { readonly kind: "two_factor_on"; readonly link: string }
  | { readonly kind: "two_factor_off"; readonly link: string };

interface Draft {
  readonly subject: string;
  readonly before: readonly string[];
  /** What people wrote: stands in a line of its own, never inside our sentences. */
  readonly theirs?: readonly (readonly [label: string, text: string])[];
  readonly link?: readonly [label: string, url: string];
  readonly after?: readonly string[];
}

const IGNORE = "If this was not you, ignore this mail: nothing happens.";
const NOT_YOU = "If this was not you, ask for a new password on the sign-in page now:";

function draftOf(letter: Letter): Draft {
  switch (letter.kind) {
    case "confirm":
      return {
        subject: "Confirm your address for Quetra",
        before: ["Somebody signed up for Quetra with this address. To confirm it, open this link within 24 hours:"],
        link: ["Confirm the address", letter.link],
        after: ["If this was not you, ignore this mail and do not open the link."],
      };
    case "reset":
      return {
        subject: "Choose a new password for Quetra",
        before: ["Somebody asked for a new password for this address. The link is good for one hour, and once:"],
        link: ["Choose a new password", letter.link],
        after: [IGNORE],
      };
    case "has_account":
      return {
        subject: "You have a Quetra account already",
        before: ["Somebody signed up for Quetra with this address, which has an account already. To sign in:"],
        link: ["Sign in", letter.link],
        after: ["If you forgot your password, ask for a new one there.", IGNORE],
      };
    case "by_invitation":
      return {
        subject: "Quetra is open by invitation only",
        before: [
          "Somebody signed up for Quetra with this address. This service takes people in by invitation only: ask an owner or admin of your organization for one.",
          IGNORE,
        ],
      };
    case "invitation":
      return {
        subject: "You are invited to an organization on Quetra",
        before: ["You are invited to an organization whose AI agents spend within its limits."],
        theirs: [
          ["Organization", letter.organization],
          ["Invited by", letter.inviter],
          ["Role", letter.role],
        ],
        link: ["See the invitation", letter.link],
        after: ["The link is good for seven days. If you know nobody there, ignore this mail."],
      };
    case "password_changed":
      return {
        subject: "Your Quetra password was changed",
        before: ["The password of your account was changed, and the other sessions were ended.", NOT_YOU],
        link: ["Go to Quetra", letter.link],
      };
    case "two_factor_on":
      return {
        subject: "Two-factor sign-in was switched on",
        before: ["From now on, signing in to your Quetra account takes a code of your authenticator as well.", NOT_YOU],
        link: ["Go to Quetra", letter.link],
      };
    case "two_factor_off":
      return {
        subject: "Two-factor sign-in was switched off",
        before: ["Signing in to your Quetra account takes the password alone again.", NOT_YOU],
        link: ["Go to Quetra", letter.link],
      };
  }
}

export function compose(to: string, letter: Letter): Mail {
  const { subject, before, theirs = [], link, after = [] } = draftOf(letter);
  const greeting = letter.kind === "confirm" ? [["Name", letter.name] as const] : [];
  const lines = [...greeting, ...theirs].map(([label, text]) => [label, oneLine(text)] as const);
  const text = [
    ...before,
    ...(lines.length === 0 ? [] : [lines.map(([label, value]) => `${label}: ${value}`).join("\n")]),
    ...(link === undefined ? [] : [link[1]]),
    ...after,
  ].join("\n\n");
  const html = [
    ...before.map(paragraph),
    ...lines.map(([label, value]) => `<p>${escapeHtml(label)}: <b>${escapeHtml(value)}</b></p>`),
    ...(link === undefined ? [] : [`<p><a href="${escapeHtml(link[1])}">${escapeHtml(link[0])}</a></p>`]),
    ...after.map(paragraph),
  ].join("\n");
  return { to, subject, text: `${text}\n`, html: `<!doctype html>\n<html lang="en"><body>\n${html}\n</body></html>\n` };
}

const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`;

/**
 * A name can hold no line break, which would begin lines of its own, and no address that a mail program would make a
 * link of: a stranger could otherwise send people theirs through us. Some programs take the full stops of other scripts
 * for the dots of a host name, as browsers do.
 */
const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/:\/\//g, ": //")
    .replace(/(?<=\S)[.\u3002\uff0e\uff61](?=\S)/gu, "$& ");

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
