import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { consume } from "../../src/edge/queue.ts";
import type { WebhookMessage } from "../../src/edge/webhook-message.ts";
import type { WebhookOrder, WebhookOutcome } from "../../src/payments/rails-api.ts";
import { bodySchema } from "../../src/webhooks/catalogue.ts";
import { api, type Json, sql, type TestOrganization } from "./service.ts";

export const HOOK = "https://hooks.example.com/in?token=customer-secret";

export interface Hook {
  readonly id: string;
  readonly secret: string;
}

export async function newHook(organization: TestOrganization, input: object = {}): Promise<Hook> {
  const made = await api(organization.admin, "POST", "/webhooks", { url: HOOK, ...input });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return { id: made.body.id, secret: made.body.secret };
}

export const answered = (status: number, more: Partial<WebhookOutcome> = {}): WebhookOutcome => ({
  status,
  ms: 5,
  error: null,
  excerpt: null,
  retry_after_ms: null,
  resealed: [],
  ...more,
});
export const unreachable = (error: string): WebhookOutcome => ({ ...answered(0), status: null, error });

/**
 * The way of a message by hand: what the object leaves in the queue is taken down, and given to the real consumer with a
 * scripted receiver. So tests can lose, double, delay and shuffle messages, and turn the clock in between.
 */
export class Post {
  readonly queue: WebhookMessage[] = [];
  readonly orders: WebhookOrder[] = [];
  /** Event ids that a receiver has taken, by URL. */
  readonly received = new Map<string, string[]>();
  /** Fails what is sent to the queue. */
  broken = false;
  /** Never answers what is sent to the queue. */
  silent = false;
  receive: (order: WebhookOrder) => WebhookOutcome | Promise<WebhookOutcome> = () => answered(200);
  readonly organization: TestOrganization;

  constructor(organization: TestOrganization) {
    this.organization = organization;
  }

  /** Puts the queue in place; again after an eviction. */
  async attach(): Promise<this> {
    const sendBatch = async (batch: Iterable<{ body: WebhookMessage }>) => {
      if (this.broken) throw new Error("the queue is down");
      if (this.silent) await new Promise(() => undefined);
      this.queue.push(...[...batch].map(({ body }) => body));
    };
    await runInDurableObject(this.organization.stub, (instance) => {
      const object = instance as unknown as { env: object };
      object.env = { ...object.env, WEBHOOKS: { sendBatch } };
    });
    return this;
  }

  /** Lets the object do what is due. */
  async turn(): Promise<void> {
    await runDurableObjectAlarm(this.organization.stub);
  }

  /** Gives messages to the consumer; all that wait, unless told. */
  async deliver(messages: readonly WebhookMessage[] = this.queue.splice(0)): Promise<void> {
    const working: Promise<void>[] = [];
    const batch = { queue: "q", messages: messages.map((body, at) => ({ id: `m${at}`, attempts: 1, body, ack() {} })) };
    consume(batch as unknown as MessageBatch, {
      getStub: () => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(this.organization.id)) as never,
      rails: { deliverWebhook: (order) => this.#take(order) },
      waitUntil: (work) => void working.push(work),
    });
    await Promise.all(working);
  }

  /** Turns and deliveries until nothing is due any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      await this.turn();
      if (this.queue.length === 0) return;
      await this.deliver();
    }
    throw new Error("there is always something due");
  }

  async #take(order: WebhookOrder): Promise<WebhookOutcome> {
    const read = JSON.parse(order.body);
    // Whatever a test sends must be a body that is published.
    bodySchema(read.type).parse(read);
    this.orders.push(order);
    const outcome = await this.receive(order);
    if (outcome.status !== null && outcome.status >= 200 && outcome.status < 300) {
      this.received.set(order.url, [...(this.received.get(order.url) ?? []), order.message_id]);
    }
    return outcome;
  }
}

export const deliveries = (organization: TestOrganization, hook: string, query = ""): Promise<Json[]> =>
  api(organization.read, "GET", `/webhooks/${hook}/deliveries?limit=100${query}`).then(({ body }) => body.data);

/** When the next timer is due, ms; null = nothing will happen by itself. */
export const nextTimerAt = async (organization: TestOrganization): Promise<number | null> =>
  (await sql<{ at: number | null }>(organization, "SELECT MIN(due_at) AS at FROM timers WHERE kind = 'webhook'"))[0]!
    .at;
