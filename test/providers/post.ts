import { expect } from "vitest";
import { type Json, send, type TestOrganization } from "../support/service.ts";
import { merchant, must, providers, type Scene, stripe } from "./support.ts";

/** A message as a provider sent it: the catcher keeps it, and a test carries it to the Worker, or something else. */
export interface Message {
  readonly stripe?: string;
  readonly merchant?: string;
  readonly body: string;
}

/** Path of one of our hooks, and of the catcher's for it. */
export interface Hook {
  readonly path: string;
  readonly box: string;
}

let boxes = 0;
const newBox = (): string => `/box-${crypto.randomUUID()}-${++boxes}`;
const pathOf = (url: string): string => new URL(url).pathname;

/** Sets a secret at both ends; what Stripe sends from now on lies in the box. */
export async function stripeHook(scene: TestOrganization, secret = `whsec_${crypto.randomUUID()}`): Promise<Hook> {
  const { hook } = await must(scene, "PUT", "/integrations/stripe/hook", { secret });
  const box = newBox();
  await stripe("webhook", { url: `${providers.catcher}${box}`, secret });
  return { path: pathOf(hook.url), box };
}

/** The same for the merchant, which has one listener: the newest. */
export async function merchantHook(scene: Scene, secret = `secret-${crypto.randomUUID()}`): Promise<Hook> {
  const { hook } = await must(scene, "PUT", `/integrations/acp/merchants/${scene.merchantId}/hook`, { secret });
  const box = newBox();
  await merchant("webhook", { url: `${providers.catcher}${box}`, secret });
  return { path: pathOf(hook.url), box };
}

/** Everything that has come, in the order in which it came. */
export async function caught({ box }: Hook): Promise<Message[]> {
  await stripe("settled", {});
  await merchant("flush", {});
  return (await (await fetch(`${providers.catcher}${box}`)).json()) as Message[];
}

/** The messages about one thing: those that hold this text. */
export const about = async (hook: Hook, text: string): Promise<Message[]> =>
  (await caught(hook)).filter(({ body }) => body.includes(text));

export async function carry({ path }: Hook, message: Message): Promise<{ status: number; body: Json }> {
  const response = await send(path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(message.stripe === undefined ? {} : { "stripe-signature": message.stripe }),
      ...(message.merchant === undefined ? {} : { "merchant-signature": message.merchant }),
    },
    body: message.body,
  });
  return { status: response.status, body: await response.json() };
}

/** Carries the messages, all of which must be taken. */
export async function carryAll(hook: Hook, messages: readonly Message[]): Promise<void> {
  expect(messages.length).toBeGreaterThan(0);
  for (const message of messages) expect(await carry(hook, message)).toMatchObject({ status: 200 });
}
