import type { SignedAuthorization } from "../rails-api.ts";
import { addressWord } from "./rpc.ts";

/**
 * A little program for the EVM, run by `eth_call` as the code of a contract to be created: it returns number and time of
 * the block, the id of the chain, and for each authorization whether it could be asked and whether it is used. What an
 * endpoint says in two answers can come from two nodes, and a node may answer for another block than it was asked for;
 * what one execution returns is one view, whoever ran it. Needs no contract of ours on the chain.
 */

/** `authorizationState(address,bytes32)` of EIP-3009. */
const AUTHORIZATION_STATE = "e94a0102";
/** Where the answer begins; below is room for the arguments of a call. */
const BASE = 0x80;
const HEAD_WORDS = 3;
const WORD = 64;

const byte = (value: number): string => value.toString(16).padStart(2, "0");
const push1 = (value: number): string => `60${byte(value)}`;
const push2 = (value: number): string => `61${value.toString(16).padStart(4, "0")}`;
const push20 = (address: string): string => `73${address.slice(2)}`;
const push32 = (word: string): string => `7f${word}`;
const OP = { eq: "14", and: "16", returndatasize: "3d", timestamp: "42", number: "43", chainid: "46" } as const;
const MORE = { mstore: "52", gas: "5a", return: "f3", staticcall: "fa" } as const;

const slot = (index: number): number => BASE + 32 * index;
const store = (op: string, index: number): string => op + push2(slot(index)) + MORE.mstore;

/** Stores the three words of the call's arguments, asks the token, and notes whether exactly one word came back. */
function ask({ asset, from, nonce }: SignedAuthorization, index: number): string {
  const data = (AUTHORIZATION_STATE + addressWord(from) + nonce.slice(2)).padEnd(3 * WORD, "0");
  const words = [0, 1, 2].map((at) => push32(data.slice(at * WORD, (at + 1) * WORD)) + push1(32 * at) + MORE.mstore);
  const call = push1(32) + push2(slot(index + 1)) + push1(68) + push1(0) + push20(asset) + MORE.gas + MORE.staticcall;
  return words.join("") + call + store(OP.returndatasize + push1(32) + OP.eq + OP.and, index);
}

/** The program, as `data` of a call without a `to`. Addresses and nonces are hex of their full length. */
export function probeCode(asked: readonly SignedAuthorization[]): string {
  const head = store(OP.number, 0) + store(OP.timestamp, 1) + store(OP.chainid, 2);
  const body = asked.map((authorization, at) => ask(authorization, HEAD_WORDS + 2 * at)).join("");
  return `0x${head}${body}${push2(32 * wordsFor(asked.length))}${push2(BASE)}${MORE.return}`;
}

const wordsFor = (count: number): number => HEAD_WORDS + 2 * count;

export interface Probe {
  readonly number: bigint;
  readonly timestamp: bigint;
  readonly chain_id: bigint;
  /** Null where the token could not be asked, or answered what is no bool. */
  readonly used: readonly (boolean | null)[];
}

/** Null for anything that is not a whole answer about so many authorizations. */
export function readProbe(result: unknown, count: number): Probe | null {
  if (typeof result !== "string" || !/^0x[0-9a-f]*$/i.test(result)) return null;
  if (result.length !== 2 + WORD * wordsFor(count)) return null;
  const word = (index: number): bigint => BigInt(`0x${result.slice(2 + WORD * index, 2 + WORD * (index + 1))}`);
  const used = Array.from({ length: count }, (_, at) => {
    const answered = word(HEAD_WORDS + 2 * at) === 1n;
    const state = word(HEAD_WORDS + 2 * at + 1);
    if (!answered || state > 1n) return null;
    return state === 1n;
  });
  return { number: word(0), timestamp: word(1), chain_id: word(2), used };
}
