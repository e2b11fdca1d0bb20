// @ts-expect-error: plain JavaScript, so that `npm start` needs no build
import { chainAt as plainChainAt, USDC as usdc } from "../../sandbox/chain-handles.mjs";

export const USDC: `0x${string}` = usdc;

/** The sandbox's chain as tests use it, inside workerd and in Node: straight to the node, past every proxy. */
export interface TestChain {
  readonly url: string;
  readonly rpc: (method: string, params?: readonly unknown[]) => Promise<unknown>;
  /** Gives micros of USDC. Side by side as often as you like. */
  readonly mint: (address: string, micros: number) => Promise<void>;
  readonly balanceOf: (address: string) => Promise<number>;
  /** Micros by address, to compare before and after. */
  readonly balancesOf: (addresses: readonly string[]) => Promise<Readonly<Record<string, number>>>;
  readonly authorizationState: (address: string, nonce: string) => Promise<boolean>;
  readonly mine: (blocks?: number) => Promise<void>;
  /** Unix seconds. */
  readonly blockTime: (tag?: "latest" | "safe" | "finalized") => Promise<number>;
  /** Waits for a block that the clock makes: for nearly two seconds after it, none comes that nobody asked for. */
  readonly afterBlock: () => Promise<void>;
  readonly setEther: (address: string, wei?: string) => Promise<void>;
  /** Moves the clock for good; the service goes by its own, so its next payments are late. Prefer `inFuture`. */
  readonly increaseTime: (seconds: number) => Promise<void>;
  /** The same for the time of `action`; then the chain is turned back, with all that was done meanwhile. */
  readonly inFuture: <T>(seconds: number, action: () => Promise<T>) => Promise<T>;
}

export const chainAt = (url: string): TestChain => plainChainAt(url);
