import { afterEach, describe, expect, it, vi } from "vitest";
import { LIMITS } from "../../../src/limits.ts";
import { sendMail } from "../../../src/payments/mail/send-mail.ts";
import type { Mail } from "../../../src/payments/rails-api.ts";
import { POLICY, world } from "../support.ts";

const env = {
  MAIL_URL: "https://mail.example.com/emails?region=eu",
  MAIL_FROM: "Quetra <quetra@example.com>",
  MAIL_TOKEN: "re_0123456789",
};
const mail = (change: Partial<Mail> = {}): Mail => ({
  to: "ana@company.example",
  subject: "Confirm your address",
  text: "Open https://quetra.example.com/dashboard/verify?token=secret-of-the-link",
  html: '<a href="https://quetra.example.com/dashboard/verify?token=secret-of-the-link">Open</a>',
  ...change,
});
const FAILED = { sent: false, why: "failed" };

const accepting = () => world(() => new Response('{"id":"1"}', { status: 200 }));
const give = (given: Mail, outbound = accepting(), settings: Partial<typeof env> = env) =>
  sendMail(given, { env: settings, outbound });

afterEach(() => vi.restoreAllMocks());

describe("one mail", () => {
  it("is one POST of JSON with the bearer token", async () => {
    const out = accepting();
    expect(await give(mail(), out)).toEqual({ sent: true });
    const [seen] = out.seen;
    expect(out.seen).toHaveLength(1);
    expect(seen).toMatchObject({ url: env.MAIL_URL, method: "POST" });
    expect(Object.fromEntries(seen!.headers)).toMatchObject({
      "content-type": "application/json",
      authorization: "Bearer re_0123456789",
    });
    const { to, ...rest } = mail();
    expect(JSON.parse(seen!.body!)).toEqual({ from: env.MAIL_FROM, to: [to], ...rest });
  });

  it("goes without a token where there is none", async () => {
    const out = accepting();
    const { MAIL_TOKEN: _, ...rest } = env;
    expect(await give(mail(), out, rest)).toEqual({ sent: true });
    expect(out.seen[0]!.headers.has("authorization")).toBe(false);
  });

  it.each([200, 201, 202, 204, 299])("is sent where the service answers %i", async (status) => {
    const body = status === 204 ? null : "{}";
    expect(
      await give(
        mail(),
        world(() => new Response(body, { status })),
      ),
    ).toEqual({ sent: true });
  });

  it.each([300, 302, 307, 400, 401, 422, 429, 500, 503])(
    "is not where it answers %i, and goes out once",
    async (status) => {
      const out = world(() => new Response("", { status, headers: { location: "https://elsewhere.example.com/" } }));
      expect(await give(mail(), out)).toEqual(FAILED);
      expect(out.seen).toHaveLength(1);
    },
  );

  it("is not where nobody answers, and nothing is thrown", async () => {
    const broken = world(() => {
      throw new TypeError("connection to ana@company.example refused");
    });
    expect(await give(mail(), broken)).toEqual(FAILED);
  });

  it.each(["MAIL_URL", "MAIL_FROM"] as const)("is not configured without %s", async (name) => {
    for (const settings of [
      { ...env, [name]: "" },
      { ...env, [name]: undefined as unknown as string },
    ]) {
      const out = accepting();
      expect(await give(mail(), out, settings)).toEqual({ sent: false, why: "not_configured" });
      expect(out.seen).toEqual([]);
    }
  });
});

describe("what never leaves", () => {
  it.each([
    "http://mail.example.com/",
    "https://127.0.0.1/",
    "http://127.0.0.1:8407/",
    "https://localhost/",
    "https://user:pass@mail.example.com/",
    "https://169.254.169.254/",
    "https://quetra.test/",
    "nonsense",
  ])("a mail to the service %s", async (MAIL_URL) => {
    const out = accepting();
    expect(await give(mail(), out, { ...env, MAIL_URL })).toEqual(FAILED);
    expect(out.seen).toEqual([]);
  });

  it("but one to an open port of loopback does", async () => {
    const policy = { ...POLICY, allowLoopback: true, loopbackPorts: [8407] };
    const out = world(() => new Response("{}"), policy);
    expect(await give(mail(), out, { ...env, MAIL_URL: "http://127.0.0.1:8407/emails" })).toEqual({ sent: true });
    expect(await give(mail(), out, { ...env, MAIL_URL: "http://127.0.0.1:8408/emails" })).toEqual(FAILED);
    expect(out.seen).toHaveLength(1);
  });

  it.each(["\n", "\r", "\r\nBcc: eve@evil.example\r\n", "\0", "\u0085", "\u2028", "\u2029", "\v", "\ud800"])(
    "%j in a header",
    async (text) => {
      const out = accepting();
      for (const field of ["to", "subject"] as const) {
        expect(await give(mail({ [field]: `${mail()[field]}${text}` }), out)).toEqual(FAILED);
      }
      expect(await give(mail(), out, { ...env, MAIL_FROM: `Quetra${text} <q@example.com>` })).toEqual(FAILED);
      expect(out.seen).toEqual([]);
    },
  );

  it.each([
    "",
    "ana",
    "@company.example",
    "ana@",
    "ana@company.example, eve@evil.example",
    "ana@company.example;eve@evil.example",
    "Eve <eve@evil.example>",
    '"ana"@company.example',
    "ana@b@c.example",
    " ana@company.example",
  ])("a mail to %j, which is not one address", async (to) => {
    const out = accepting();
    expect(await give(mail({ to }), out)).toEqual(FAILED);
    expect(out.seen).toEqual([]);
  });
});

describe("its bounds", () => {
  const x = (length: number) => "x".repeat(length);
  it.each([
    ["emailChars", LIMITS.emailChars, (n: number) => ({ to: `${x(n - 10)}@b.example` })],
    ["mailSubjectChars", LIMITS.mailSubjectChars, (n: number) => ({ subject: x(n) })],
    ["mailBodyBytes of the text", LIMITS.mailBodyBytes - 1, (n: number) => ({ text: x(n), html: "x" })],
    ["mailBodyBytes of the HTML", LIMITS.mailBodyBytes - 2, (n: number) => ({ text: "é", html: x(n) })],
  ])("%s", async (_, limit, change) => {
    const out = accepting();
    expect(await give(mail(change(limit)), out)).toEqual({ sent: true });
    expect(await give(mail(change(limit + 1)), out)).toEqual(FAILED);
    expect(out.seen).toHaveLength(1);
  });

  it("mailTimeoutMs", async () => {
    const times: number[] = [];
    vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      times.push(ms);
      return AbortSignal.abort();
    });
    const silent = world(() => Promise.reject(new DOMException("", "AbortError")));
    expect(await give(mail(), silent)).toEqual(FAILED);
    expect(times).toEqual([LIMITS.mailTimeoutMs]);
  });

  it("an answer is dropped unread, however long it is", async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect(
      await give(
        mail(),
        world(() => new Response(endless)),
      ),
    ).toEqual({ sent: true });
    expect(cancelled).toBe(true);
  });
});

describe("the log", () => {
  it("says the status and why, and no word of the mail, of the answer or of the settings", async () => {
    const lines: string[] = [];
    for (const level of ["log", "info", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)));
    }
    const quoting = world(() => new Response(`${mail().to} ${mail().text}`, { status: 422 }));
    await give(mail(), quoting);
    await give(mail({ subject: "a\nb" }));
    await give(mail(), accepting(), { ...env, MAIL_URL: "http://mail.example.com/emails?region=eu" });
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: "warn", event: "mail_failed", status: 422, reason: "status" },
      { level: "warn", event: "mail_failed", status: null, reason: "line_break" },
      { level: "warn", event: "mail_failed", status: null, reason: "url_scheme" },
    ]);
  });

  it("is silent about a mail that was sent", async () => {
    const warn = vi.spyOn(console, "warn");
    expect(await give(mail())).toEqual({ sent: true });
    expect(warn).not.toHaveBeenCalled();
  });
});
