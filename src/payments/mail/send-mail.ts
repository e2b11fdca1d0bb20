import { log } from "../../edge/log.ts";
import type { Env } from "../../env.ts";
import { LIMITS } from "../../limits.ts";
import { deadline } from "../guard.ts";
import type { Mail, MailOutcome } from "../rails-api.ts";
import { type Outbound, prepare, send } from "../send.ts";

export interface MailContext {
  readonly env: Pick<Env, "MAIL_URL" | "MAIL_TOKEN" | "MAIL_FROM">;
  readonly outbound: Outbound;
}

/**
 * Hands one mail to the mail service, once: a second try could send it twice, and whoever waits for a mail asks again.
 * Never throws for what the service does. No part of the mail and nothing of the answer is logged, because a mail holds
 * links that carry authority, and a service that refuses likes to quote what it refused.
 */
export async function sendMail(mail: Mail, { env, outbound }: MailContext): Promise<MailOutcome> {
  const { MAIL_URL: url = "", MAIL_FROM: from = "", MAIL_TOKEN: token = "" } = env;
  if (url === "" || from === "") return { sent: false, why: "not_configured" };
  const fault = faultOf(mail, from);
  if (fault !== null) return failed(null, fault);
  const { to, subject, text, html } = mail;
  const body = JSON.stringify({ from, to: [to], subject, text, html });
  const prepared = prepare({ url, method: "POST", headers: {}, body }, outbound.policy);
  if (!prepared.ok) return failed(null, prepared.error.code);
  const authorization: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
  const request = { ...prepared.value, headers: { "content-type": "application/json", ...authorization } };
  const answer = await send(outbound, request, deadline(LIMITS.mailTimeoutMs));
  if (!answer.ok) return failed(null, answer.error.code);
  answer.value.drop();
  const { status } = answer.value;
  return status >= 200 && status < 300 ? { sent: true } : failed(status, "status");
}

function failed(status: number | null, reason: string): MailOutcome {
  log("warn", "mail_failed", { status, reason });
  return { sent: false, why: "failed" };
}

/**
 * What would make another mail of it than the one that was asked for. Such a service writes these texts into the headers
 * of a message: a line break there adds a header, and a comma in the address adds a recipient.
 */
function faultOf({ to, subject, text, html }: Mail, from: string): string | null {
  if ([to, subject, from].some((line) => LINE_BREAKING.test(line) || !line.isWellFormed())) return "line_break";
  if (to.length > LIMITS.emailChars || !ONE_ADDRESS.test(to)) return "address";
  if (subject.length > LIMITS.mailSubjectChars) return "subject_too_long";
  const encoder = new TextEncoder();
  return encoder.encode(text).length + encoder.encode(html).length > LIMITS.mailBodyBytes ? "body_too_large" : null;
}

/** Every control character, and the separators that some readers take for line breaks. */
const LINE_BREAKING = /[\p{Cc}\p{Zl}\p{Zp}]/u;
/** One bare address: no display name, no list, no quoting. */
const ONE_ADDRESS = /^[^\s@<>()[\],;:\\"]+@[^\s@<>()[\],;:\\"]+$/;
