import { describe, inject } from "vitest";
import { chainAt, type TestChain } from "./chain-client.ts";

/** What runs beside the tests; see `world.mjs`. */
export interface World {
  /** The chain itself. The service is not given this address: it asks the proxies `rpcA` and then `rpcB`. */
  readonly rpc: string;
  readonly api: string;
  readonly seller: string;
  /** The hostile seller as another origin. */
  readonly other: string;
  readonly rpcA: string;
  readonly rpcB: string;
  /** Not in SANDBOX_PORTS. */
  readonly forbiddenPort: number;
  /** Whom the honest API is paid to. */
  readonly payTo: string;
}

declare module "vitest" {
  interface ProvidedContext {
    x402World: World | null;
  }
}

const provided = inject("x402World");

/** Skipped, by name, where there is no chain. */
export const describeWithChain = describe.skipIf(provided === null);

/** Throws only when it is used: a skipped block is still collected. */
export const world: World = new Proxy({} as World, {
  get: (_, name) => {
    if (provided === null) throw new Error("There is no anvil on this platform.");
    return provided[name as keyof World];
  },
});

export const chain = (): TestChain => chainAt(world.rpc);

export interface SentPayment {
  readonly authorization: Readonly<Record<"from" | "to" | "value" | "validAfter" | "validBefore" | "nonce", string>>;
  readonly signature: string;
  readonly version: number;
  readonly whole: Readonly<Record<string, unknown>>;
}

export interface CaseLog {
  readonly pay_to: string;
  readonly thief: string;
  readonly requests: readonly {
    readonly port: number;
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Names of all that look like a payment. */
    readonly payment_headers: readonly string[];
    readonly payment: SentPayment | null;
    readonly body: string;
  }[];
  readonly payments: readonly SentPayment[];
  readonly settlements: readonly {
    readonly hash: string;
    readonly status: "success" | "reverted";
    readonly nonce: string;
  }[];
  readonly bytes_written: number;
}

async function ask<T>(url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

/** A case of the hostile seller: an id of its own, so that nothing of another test gets into its log or its balance. */
export function newCase() {
  const id = crypto.randomUUID();
  return {
    id,
    /** Where a row is sold. Options: version, amount (micros), validity (seconds), pad (bytes), and what rows take. */
    url: (row: string, options: Readonly<Record<string, string | number>> = {}, origin = world.seller): string => {
      const url = new URL(`${origin}/c/${id}/${row}`);
      for (const [name, value] of Object.entries(options)) url.searchParams.set(name, String(value));
      return url.href;
    },
    log: (): Promise<CaseLog> => ask(`${world.seller}/_log/${id}`),
    /** Puts a signature that was kept on the chain. `at` moves the chain's clock: use it inside `chain().inFuture(0, …)`. */
    settle: (options: { index?: number; at?: "before" | "after" } = {}) =>
      ask<{ hash: string; status: "success" | "reverted"; block_time: number }>(
        `${world.seller}/_settle/${id}`,
        options,
      ),
  };
}

/** Connections to the port that nobody may call. */
export const forbiddenConnections = async (): Promise<number> =>
  (await ask<{ connections: number }>(`${world.seller}/_forbidden`)).connections;

/** The names of all rows. */
export const rows = (): Promise<readonly string[]> => ask(`${world.seller}/_rows`);

/** Makes an RPC endpoint good or bad; see `rpc-proxy.mjs`. Both are `honest` until somebody says otherwise. */
export const setRpc = (which: "rpcA" | "rpcB", mode: string, options: Readonly<Record<string, unknown>> = {}) =>
  ask<unknown>(`${world[which]}/_mode`, { mode, ...options });

/** How often which method was called since the mode was set. */
export const rpcCalls = async (which: "rpcA" | "rpcB"): Promise<Readonly<Record<string, number>>> =>
  (await ask<{ methods: Record<string, number> }>(`${world[which]}/_log`)).methods;
