import { env } from "cloudflare:workers";
import type { PersonRole } from "../../src/people/api.ts";
import { peopleOf } from "../../src/people/index.ts";
import { ORIGIN, send, type TestOrganization } from "../support/service.ts";

export const PASSWORD = "seven slow herons by the weir";

/** A browser without script: it keeps cookies, and posts forms with the token of the page that it got last. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #send: typeof send;
  readonly #origin: string;
  #csrf = "";

  constructor({ fetch = send, origin = ORIGIN }: { fetch?: typeof send; origin?: string } = {}) {
    this.#send = fetch;
    this.#origin = origin;
  }

  /** Cookies as a server sets them. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = "", ...attributes] = line.split(";");
      const at = pair.indexOf("=");
      const gone = attributes.some((one) => /^\s*max-age=0$/i.test(one));
      if (gone || pair.slice(at + 1) === "") this.#cookies.delete(pair.slice(0, at).trim());
      else this.#cookies.set(pair.slice(0, at).trim(), pair.slice(at + 1));
    }
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async get(path: string): Promise<Page> {
    return this.#page(await this.#send(path, { headers: { cookie: this.cookie }, redirect: "manual" }));
  }

  /** Posts a form; a list is a field that is there more than once. Pass `csrf` to send another token. */
  async post(path: string, fields: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Page> {
    const body = new URLSearchParams(Object.hasOwn(fields, "csrf") ? {} : { csrf: this.#csrf });
    for (const [name, value] of Object.entries(fields)) {
      for (const one of typeof value === "string" ? [value] : value) body.append(name, one);
    }
    const headers = {
      cookie: this.cookie,
      origin: this.#origin,
      "sec-fetch-site": "same-origin",
      "content-type": "application/x-www-form-urlencoded",
    };
    return this.#page(await this.#send(path, { method: "POST", headers, body: body.toString(), redirect: "manual" }));
  }

  async #page(response: Response): Promise<Page> {
    this.take(response.headers.getSetCookie());
    const text = await response.text();
    const token = /name="csrf" value="([^"]+)"/.exec(text)?.[1];
    if (token !== undefined) this.#csrf = token;
    return { status: response.status, text, headers: response.headers, location: response.headers.get("location") };
  }
}

export interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly location: string | null;
}

let people = 0;

/** A member of the organization, signed in; the token of its forms is at hand. */
export async function newMember(
  organization: Pick<TestOrganization, "id">,
  role: PersonRole,
): Promise<{ browser: Browser; personId: string; email: string; base: string }> {
  people += 1;
  const email = `${role}-${people}-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const accounts = peopleOf(env, { waitUntil: () => {}, note: async () => {} });
  const appointed = await accounts.appoint({
    organization_id: organization.id,
    organization_name: "Test organization",
    email,
    name: `Test ${role}`,
    password: PASSWORD,
    role,
  });
  if (!appointed.ok) throw new Error(appointed.message);
  const personId = appointed.value.person_id;
  const browser = new Browser();
  const signIn = new Request(`${ORIGIN}/dashboard/sign-in`, { method: "POST", headers: { origin: ORIGIN } });
  const entered = await accounts.signIn(signIn, { email, password: PASSWORD });
  if (!entered.ok) throw new Error(entered.message);
  browser.take(entered.cookies);
  const base = `/dashboard/${organization.id}`;
  await browser.get(base);
  return { browser, personId, email, base };
}
