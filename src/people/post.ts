import { log } from "../edge/log.ts";
import type { Desk } from "./desk.ts";
import { compose, type Letter } from "./mails.ts";
import { take } from "./throttle.ts";

/**
 * Sends a letter behind the answer, so that neither the time nor the outcome of an answer tells whether an address has an
 * account. Above the bound of an address nothing is sent: nobody floods a mailbox through us.
 */
export function post(desk: Desk, to: string, letter: Letter): void {
  desk.later("mail", async () => {
    if (await mayMail(desk, to, letter)) await send(desk, to, letter);
  });
}

/** News of the account itself is always sent: an attacker could otherwise use up the bound first, and stay unseen. */
async function mayMail(desk: Desk, to: string, { kind }: Letter): Promise<boolean> {
  if (kind === "password_changed" || kind === "two_factor_on" || kind === "two_factor_off") return true;
  // Invitations are counted when they are made.
  if (kind === "invitation") return true;
  const wait = await take(desk, "mail", to);
  if (wait !== null) log("warn", "people_mail_throttled", { kind });
  return wait === null;
}

async function send(desk: Desk, to: string, letter: Letter): Promise<void> {
  const outcome = await desk.env.RAILS.sendMail(compose(to, letter));
  if (!outcome.sent) log("error", "people_mail_not_sent", { kind: letter.kind, why: outcome.why });
}
