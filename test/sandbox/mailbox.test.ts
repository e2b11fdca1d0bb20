import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { startMailbox } from "../../sandbox/mailbox.mjs";
import { sendMail } from "../../src/payments/mail/send-mail.ts";
import type { Mail } from "../../src/payments/rails-api.ts";

interface Kept extends Mail {
  readonly id: string;
  readonly from: string;
  readonly link: string | null;
}
interface Mailbox {
  readonly url: string;
  readonly port: number;
  readonly mails: readonly Kept[];
  readonly stop: () => Promise<void>;
}

const TOKEN = "token-of-the-test";
const LINK = "http://127.0.0.1:8787/dashboard/verify?token=abc&x=1";
const folder = mkdtempSync(join(tmpdir(), "quetra-mailbox-"));
const open: Mailbox[] = [];
afterEach(async () => {
  for (const mailbox of open.splice(0)) await mailbox.stop();
  rmSync(join(folder, "mails.json"), { force: true });
});

afterAll(() => rmSync(folder, { recursive: true }));

async function start(options: object = {}): Promise<Mailbox> {
  const mailbox = (await startMailbox({ token: TOKEN, ...options })) as Mailbox;
  open.push(mailbox);
  return mailbox;
}

/** What Rails really puts on the wire, to a real server. */
function give({ url, port }: Mailbox, change: Partial<Mail> = {}, token = TOKEN) {
  const mail = { to: "ana@company.example", subject: "Confirm", text: `Open ${LINK}.`, html: "<p>Open</p>", ...change };
  const policy = { ownHosts: ["quetra.test"], allowLoopback: true, loopbackPorts: [port] };
  const env = { MAIL_URL: `${url}/emails`, MAIL_FROM: "Quetra <quetra@quetra.example>", MAIL_TOKEN: token };
  return sendMail(mail, { env, outbound: { fetch, policy } });
}

const post = (mailbox: Mailbox, body: string, headers: Record<string, string> = {}) =>
  fetch(`${mailbox.url}/emails`, { method: "POST", body, headers: { authorization: `Bearer ${TOKEN}`, ...headers } });

describe("the mailbox of this machine", () => {
  it("takes what Rails sends, newest first, and says it", async () => {
    const said: string[] = [];
    const mailbox = await start({ onMail: ({ subject }: Kept) => said.push(subject) });
    expect(await give(mailbox)).toEqual({ sent: true });
    expect(await give(mailbox, { subject: "Second", text: "No link" })).toEqual({ sent: true });
    const mails = (await (await fetch(`${mailbox.url}/mails.json`)).json()) as Kept[];
    expect(mails).toMatchObject([
      { subject: "Second", link: null },
      { subject: "Confirm", to: "ana@company.example", from: "Quetra <quetra@quetra.example>", link: LINK },
    ]);
    expect(mails).toEqual(mailbox.mails);
    expect(said).toEqual(["Confirm", "Second"]);
  });

  it("takes nothing without the token, and nothing of another shape", async () => {
    const mailbox = await start();
    expect(await give(mailbox, {}, "wrong")).toEqual({ sent: false, why: "failed" });
    const good = { from: "a", to: ["b"], subject: "s", text: "t", html: "h" };
    for (const bad of [null, [], {}, { ...good, cc: ["c"] }, { ...good, to: ["a", "b"] }, { ...good, text: 1 }]) {
      expect((await post(mailbox, JSON.stringify(bad))).status).toBe(422);
    }
    expect((await post(mailbox, "{")).status).toBe(422);
    expect(mailbox.mails).toEqual([]);
    expect((await post(mailbox, JSON.stringify(good))).status).toBe(200);
    const tokenless = await start({ token: "" });
    expect((await post(tokenless, JSON.stringify(good), { authorization: "Bearer " })).status).toBe(401);
  });

  it("bounds a body, and how many it keeps", async () => {
    const mailbox = await start();
    const whole = JSON.stringify({ from: "a", to: ["b"], subject: "s", text: "t", html: "" });
    const sized = (bytes: number) => whole.replace('"html":""', `"html":"${"x".repeat(bytes - whole.length)}"`);
    expect((await post(mailbox, sized(256 * 1024))).status).toBe(200);
    expect((await post(mailbox, sized(256 * 1024 + 1))).status).toBe(413);
    for (let at = 1; at <= 100; at++) await post(mailbox, sized(whole.length + 1).replace('"s"', `"${at}"`));
    expect(mailbox.mails).toHaveLength(100);
    expect([mailbox.mails[0]!.subject, mailbox.mails.at(-1)!.subject]).toEqual(["100", "1"]);
  });

  it("shows mails as text, whatever they say, with their links and nothing else to click", async () => {
    const mailbox = await start();
    const hostile = '"><img src=x onerror=alert(1)>\u202e';
    await give(mailbox, { subject: hostile, text: `${hostile} javascript:alert(1) ${LINK}"onclick="alert(1)` });
    const response = await fetch(mailbox.url);
    const html = await response.text();
    expect(html).toContain("&quot;&gt;&lt;img src=x onerror=alert(1)&gt;\ufffd");
    expect(html).not.toContain("<img");
    const links = [...html.matchAll(/<a [^>]*?href="([^"]*)" rel="noreferrer">/g)].map(([, href]) => href);
    expect(links).toEqual([LINK.replace("&", "&amp;"), LINK.replace("&", "&amp;")]);
    expect(html.match(/<a /g)).toHaveLength(2);
    const policy = response.headers.get("content-security-policy");
    expect(policy).toMatch(/^default-src 'none'; .*script-src 'nonce-[\w-]{20,}'/);
    expect(policy).not.toContain("script-src 'unsafe-inline'");
  });

  it("answers under no other name", async () => {
    const mailbox = await start();
    // `fetch` writes the header Host itself.
    const status = await new Promise((resolve) => {
      const options = { port: mailbox.port, path: "/mails.json", headers: { host: "evil.example" } };
      request(options, (response) => resolve(response.statusCode)).end();
    });
    expect(status).toBe(421);
  });

  it("keeps the mails in a file for its owner, so that a restart has them", async () => {
    const file = join(folder, "mails.json");
    const first = await start({ state: folder });
    writeFileSync(`${file}.new`, "left by a kill");
    chmodSync(`${file}.new`, 0o644);
    await give(first);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toContain(LINK);
    const second = await start({ state: folder });
    expect(second.mails).toEqual(first.mails);
    writeFileSync(file, "{broken");
    expect((await start({ state: folder })).mails).toEqual([]);
  });
});
