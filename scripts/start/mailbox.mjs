/** A mail service beside the local service, so that people can sign up without a real one. */
import { startBeside } from "./beside.mjs";
import { choosePort } from "./service.mjs";

const PORT = 8407;

/** The port of the last run where it is free: somebody may have its page open. */
export const chooseMailboxPort = (before) => choosePort([...(before === undefined ? [] : [before.port]), PORT]);

/** What the Worker has to know. The port stands in SANDBOX_PORTS besides, and MAIL_TOKEN among the secrets. */
export const mailVariables = (port) => ({
  MAIL_URL: `http://127.0.0.1:${port}/emails`,
  MAIL_FROM: "Quetra <quetra@quetra.example>",
});

/**
 * @param {{ port: number, token: string, state: string, print: (line: string) => void }} options `state`: folder that
 *   keeps the mails; `print` gets a line for each mail: to whom, subject, link.
 * @returns {Promise<{ url: string, stopped: Promise<{ words: string }> }>} `url`: a page that shows what was sent.
 */
export async function startMailbox({ port, token, state, print }) {
  const args = ["sandbox/mailbox.mjs", "--port", String(port), "--state", state];
  const { ready, stopped } = await startBeside("The mailbox", args, { MAIL_TOKEN: token }, print);
  return { url: ready.url, stopped };
}
