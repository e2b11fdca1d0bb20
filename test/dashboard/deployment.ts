import { createHmac } from "node:crypto";
import { ROUTES } from "../../src/edge/api/routes/index.ts";
import { createApp } from "../../src/edge/app.ts";
import { organizationStub } from "../../src/edge/stub.ts";
import type { Env } from "../../src/env.ts";
import type { PersonRole } from "../../src/people/api.ts";
import { expectOk, House, newEmail } from "../people/support.ts";
import { ORIGIN } from "../support/service.ts";
import { Browser, PASSWORD, type Page } from "./support.ts";

const MAILED = { MAIL_URL: "https://mail.example/send", MAIL_FROM: "Quetra <quetra@example.com>" };

/** The whole service with a mailbox, set up in a way of its own: mails lie in `mails` instead of being sent. */
export class Deployment extends House {
  readonly origin: string;
  readonly #app = createApp({ getStub: organizationStub, routes: ROUTES, now: Date.now });
  readonly #behind: Promise<unknown>[] = [];
  #requests = 0;

  constructor(overrides: Partial<Record<keyof Env, unknown>> = {}, origin = ORIGIN) {
    super({ ...MAILED, PUBLIC_URL: origin, ...overrides });
    this.origin = origin;
  }

  /** Every request comes from another address, so that what counts is the account and not the network. */
  readonly fetch = (path: string, init: RequestInit = {}): Promise<Response> => {
    this.#requests += 1;
    const headers = new Headers(init.headers);
    headers.set("cf-connecting-ip", `203.0.${this.#requests >> 8}.${this.#requests & 255}`);
    const request = new Request(`${this.origin}${path}`, { ...init, headers });
    return this.#app.fetch(request, this.env, (work) => void this.#behind.push(work));
  };

  override async settle(): Promise<void> {
    await super.settle();
    while (this.#behind.length > 0) await Promise.all(this.#behind.splice(0));
  }

  browser(): Browser {
    return new Browser({ fetch: this.fetch, origin: this.origin });
  }

  /** Somebody who has signed up, opened the mail and confirmed, all in the pages. */
  async signUp({ name = "Ana Novak", email = newEmail() } = {}): Promise<{ browser: Browser; email: string }> {
    const browser = this.browser();
    await browser.get("/dashboard/sign-up");
    await browser.post("/dashboard/sign-up", { name, email, password: PASSWORD });
    const token = await this.tokenTo(email);
    await browser.get(`/dashboard/verify?token=${token}`);
    const entered = await browser.post("/dashboard/verify", { token });
    if (entered.location !== "/dashboard") throw new Error(`${entered.status} ${entered.text.slice(0, 2_000)}`);
    return { browser, email };
  }

  /** The same person in another browser, as far as the password leads. */
  async signIn(email: string, password = PASSWORD): Promise<{ browser: Browser; page: Page }> {
    const browser = this.browser();
    await browser.get("/dashboard/sign-in");
    return { browser, page: await browser.post("/dashboard/sign-in", { email, password }) };
  }

  /** Somebody with an organization, made in the pages. */
  async found(name = "Novak Robotics"): Promise<{ browser: Browser; email: string; id: string; base: string }> {
    const { browser, email } = await this.signUp();
    await browser.get("/dashboard/organizations/new");
    const made = await browser.post("/dashboard/organizations/new", { name, timezone: "Europe/Ljubljana" });
    const id = /org_\w+/.exec(made.location ?? "")?.[0];
    if (id === undefined) throw new Error(`${made.status} ${made.text.slice(0, 2_000)}`);
    const base = `/dashboard/${id}`;
    await browser.get(`${base}/members`);
    return { browser, email, id, base };
  }

  /** A further member, signed in, with the page of members open. */
  async join(id: string, role: PersonRole, name = `Test ${role}`) {
    const email = newEmail();
    const input = { organization_id: id, organization_name: "Theirs", email, name, password: PASSWORD, role };
    const { person_id: personId } = expectOk(await this.people.appoint(input));
    const { browser } = await this.signIn(email);
    await browser.get(`/dashboard/${id}/members`);
    return { browser, email, personId };
  }
}

/** The code that an authenticator shows (RFC 6238). */
export function totp(secret: string, now = Date.now()): string {
  const bits = [...secret].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const bytes = (bits.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const digest = createHmac("sha1", Buffer.from(bytes)).update(step).digest();
  const at = digest.at(-1)! & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** What a field's own error says; null where it has none. */
export const errorAt = ({ text }: Page, field: string): string | null =>
  new RegExp(`<p class="error" id="${field}-error">([^<]*)</p>`).exec(text)?.[1] ?? null;

/** The one sentence that the page named by `done` says. */
export const noticeOf = ({ text }: Page): string | null =>
  /<div class="notice good"[^>]*>([^<]*)</.exec(text)?.[1] ?? null;

/** Names of the cookies that an answer sets to something. */
export const cookiesOf = ({ headers }: Page): readonly string[] => headers.getSetCookie();

/** Whoever this is: null where the account page leads to sign-in. */
export async function whoIs(browser: Browser): Promise<string | null> {
  const page = await browser.get("/dashboard/account");
  return page.status === 200 ? (/name="name"[^>]* value="([^"]*)"/.exec(page.text)?.[1] ?? "") : null;
}

export const HOSTILE = `"><script>alert(1)</script>`;
