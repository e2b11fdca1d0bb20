import type { SignedAuthorization } from "../../../src/payments/rails-api.ts";
import { observe } from "../../../src/payments/x402/chain.ts";
import { ASSET, world } from "../support.ts";
import { type FakeBlock, FakeNode } from "./fake-chain.ts";
import { accountOfTest } from "./wallets.ts";

export const NONCE = `0x${"ab".repeat(32)}`;
/** Unix seconds. */
export const SIGNED_AT = 1_000;
export const VALID_BEFORE = 1_060;
export const LATER = VALID_BEFORE + 600;

export const authorization = (changes: Partial<SignedAuthorization> = {}): SignedAuthorization => ({
  network: "eip155:84532",
  asset: ASSET.address,
  from: accountOfTest.address.toLowerCase(),
  nonce: NONCE,
  valid_after: 0,
  valid_before: VALID_BEFORE,
  signed_at: SIGNED_AT,
  ...changes,
});

export const block = (number: number, timestamp: number, ...used: string[]): FakeBlock => ({ number, timestamp, used });
/** Head long after the validity, and a safe block on the last second that matters. */
export const past = (used: readonly string[] = []): FakeNode =>
  new FakeNode(
    [
      block(400, VALID_BEFORE, ...used),
      block(390, VALID_BEFORE - 20, ...used),
      block(500, VALID_BEFORE + 200, ...used),
    ],
    { latest: 500, safe: 400, finalized: 390 },
  );
export const young = (used: readonly string[] = []): FakeNode =>
  new FakeNode([block(500, SIGNED_AT + 4, ...used), block(490, SIGNED_AT - 16)], { latest: 500, safe: 490 });

export const HOSTS = ["one", "two", "three", "four", "five"];
export const look = async (
  nodes: readonly FakeNode[],
  { now = LATER, asked = [authorization()] }: { now?: number; asked?: readonly SignedAuthorization[] } = {},
) => {
  const outbound = world((seen) => nodes[HOSTS.indexOf(new URL(seen.url).hostname.split(".")[0]!)]!.answer(seen));
  const X402_RPC_BASE_SEPOLIA = nodes.map((_, at) => `https://${HOSTS[at]}.example.net/rpc`).join(", ");
  return observe(asked, { env: { X402_RPC_BASE_SEPOLIA }, outbound, now });
};
export const state = async (...args: Parameters<typeof look>) => (await look(...args))[0]!.state;
export const broken = (node: FakeNode): FakeNode =>
  Object.assign(node, { raw: () => new Response("down", { status: 503 }) });
