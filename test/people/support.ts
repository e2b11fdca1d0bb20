import { env } from "cloudflare:workers";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Env } from "../../src/env.ts";
import type { Mail } from "../../src/payments/rails-api.ts";
import type { MemberNote, Outcome, People, PersonRole } from "../../src/people/api.ts";
import { peopleOf } from "../../src/people/index.ts";

export const PASSWORD = "an otter in the kitchen";

let clients = 0;
/** Each caller has a network address of its own, so that one test's throttle is not another's. */
const newAddress = (): string => {
  clients += 1;
  return `198.51.${Math.floor(clients / 250)}.${(clients % 250) + 1}`;
};

/** People with a mailbox. `settle` waits for what the answers did not. */
export class House {
  readonly mails: Mail[] = [];
  /** What changes of members have left, in their order. */
  readonly notes: MemberNote[] = [];
  readonly env: Env;
  readonly people: People;
  #work: Promise<unknown>[] = [];

  constructor(overrides: Partial<Record<keyof Env, unknown>> = {}) {
    const rails = {
      sendMail: async (mail: Mail) => {
        this.mails.push(mail);
        return { sent: true as const };
      },
    };
    this.env = { ...(env as unknown as Env), RAILS: rails, ...overrides } as unknown as Env;
    this.people = peopleOf(this.env, {
      waitUntil: (work) => void this.#work.push(work),
      note: async (note) => void this.notes.push(note),
    });
  }

  async settle(): Promise<void> {
    while (this.#work.length > 0) await Promise.all(this.#work.splice(0));
  }

  /** The newest mail to an address. */
  async mailTo(address: string): Promise<Mail | undefined> {
    await this.settle();
    return this.mails.filter(({ to }) => to === address).at(-1);
  }

  async mailsTo(address: string): Promise<readonly Mail[]> {
    await this.settle();
    return this.mails.filter(({ to }) => to === address);
  }

  /** What stands in the link of the newest mail: a token, or an invitation's id. */
  async tokenTo(address: string): Promise<string> {
    const mail = await this.mailTo(address);
    const link = /https?:\/\/\S+/.exec(mail?.text ?? "")?.[0] ?? "";
    return new URL(link).searchParams.get("token") ?? link.split("/").at(-1)!;
  }

  /** A person who has confirmed the address and is signed in. */
  async newPerson(name = "Ada", address = newEmail()): Promise<Visitor> {
    const visitor = new Visitor(this, address);
    expectOk(await this.people.signUp(visitor.request(), { name, email: address, password: PASSWORD }));
    visitor.take(await this.people.verifyEmail(visitor.request(), await this.tokenTo(address)));
    visitor.id = (await this.people.signedIn(visitor.request()))!.person.id;
    return visitor;
  }
}

export const newEmail = (): string => `p-${crypto.randomUUID()}@example.com`;

/** A browser: it keeps cookies, and sends the headers that browsers send. */
export class Visitor {
  id = "";
  readonly house: House;
  readonly email: string;
  readonly address: string;
  readonly #jar = new Map<string, string>();

  constructor(house: House, email: string, address = newAddress()) {
    this.house = house;
    this.email = email;
    this.address = address;
  }

  request(headers: Record<string, string> = {}): Request {
    const origin = "http://quetra.test";
    return new Request(`${origin}/dashboard`, {
      headers: {
        "cf-connecting-ip": this.address,
        "user-agent": "Test browser",
        origin,
        "sec-fetch-site": "same-origin",
        ...(this.#jar.size === 0 ? {} : { cookie: this.cookie }),
        ...headers,
      },
    });
  }

  get cookie(): string {
    return [...this.#jar].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  set cookie(text: string) {
    this.#jar.clear();
    for (const pair of text.split("; ").filter((part) => part !== "")) {
      const at = pair.indexOf("=");
      this.#jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }

  take<T>(outcome: Outcome<T>): T {
    const value = expectOk(outcome);
    for (const line of outcome.ok ? outcome.cookies : []) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (/max-age=0/i.test(line)) this.#jar.delete(pair.slice(0, at));
      else this.#jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return value;
  }

  /** The same person in another browser. */
  async elsewhere(password = PASSWORD): Promise<Visitor> {
    const other = new Visitor(this.house, this.email);
    other.take(await this.house.people.signIn(other.request(), { email: this.email, password }));
    other.id = this.id;
    return other;
  }
}

/** D1, on which something happens right before one statement: what another request does at the same time. */
export function meanwhile(): { db: D1Database; before(start: string, what: () => Promise<void>): void } {
  let armed: { start: string; what: () => Promise<void> } | null = null;
  const prepare = (sql: string) => {
    const statement = env.DB.prepare(sql);
    if (armed === null || !sql.startsWith(armed.start)) return statement;
    const { what } = armed;
    armed = null;
    return { bind: (...values: unknown[]) => ({ all: () => what().then(() => statement.bind(...values).all()) }) };
  };
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return prepare;
      const value = target[name as keyof D1Database];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const before = (start: string, what: () => Promise<void>) => {
    // Another request knows nothing of the one that it meets: Better Auth keeps its state by asynchronous context.
    const elsewhere = AsyncLocalStorage.snapshot();
    armed = { start, what: () => elsewhere(what) };
  };
  return { db, before };
}

export function expectOk<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.message}`);
  return outcome.value;
}

export const codeOf = (outcome: Outcome<unknown>): string => (outcome.ok ? "ok" : outcome.code);

/** A row of an organization, as the edge writes it, with its first owner. The object is none of these tests' business. */
export async function newOrganizationOf(owner: Visitor, name = "Acme"): Promise<string> {
  const id = `org_${crypto.randomUUID().replaceAll("-", "").slice(0, 22)}`;
  await env.DB.prepare(
    "INSERT INTO organizations (id, name, mode, region, timezone, created_at) VALUES (?, ?, 'test', 'default', 'UTC', 0)",
  )
    .bind(id, name)
    .run();
  await owner.house.people.foundOrganization(id, name, owner.id);
  return id;
}

/** A person who was invited and has accepted. */
export async function newMember(owner: Visitor, organizationId: string, role: PersonRole): Promise<Visitor> {
  const { people } = owner.house;
  const member = await owner.house.newPerson(`A ${role}`);
  expectOk(await people.invite(owner.request(), organizationId, { email: member.email, role }));
  const id = await owner.house.tokenTo(member.email);
  expectOk(await people.answerInvitation(member.request(), id, true));
  return member;
}
