import type { Observation, SignedAuthorization, X402Network } from "../rails-api.ts";
import type { Outbound } from "../send.ts";
import { assetOf } from "./assets.ts";
import { X402_LIMITS } from "./limits.ts";
import { addressWord, type Endpoint, endpointsOf, type RpcVariables, rpc, rpcDeadline } from "./rpc.ts";
import { settlementHashes } from "./settlement.ts";
import { type BlockTag, type View, view } from "./view.ts";

export interface ChainReader {
  readonly env: RpcVariables;
  readonly outbound: Outbound;
  /** Unix seconds. */
  readonly now: number;
}

const UNREADABLE: Observation = { state: "unreadable" };

/**
 * What the chain says, in the order of the authorizations; those beyond `observed` stay unreadable. An RPC endpoint is a
 * witness, not the chain: each one's view is whole or does not count, and money is only given up for lost on the proof
 * of one endpoint that no other one contradicts. Never throws.
 */
export async function observe(
  authorizations: readonly SignedAuthorization[],
  reader: ChainReader,
): Promise<readonly Observation[]> {
  const observations: Observation[] = authorizations.map(() => UNREADABLE);
  const networks = new Map<X402Network, number[]>();
  for (const [at, authorization] of authorizations.slice(0, X402_LIMITS.observed).entries()) {
    if (!isReadable(authorization)) continue;
    networks.set(authorization.network, [...(networks.get(authorization.network) ?? []), at]);
  }
  const looks = [...networks].map(async ([network, places]) => {
    const asked = places.map((at) => authorizations[at]!);
    const seen = await observeNetwork(network, asked, reader);
    for (const [index, at] of places.entries()) observations[at] = seen[index] ?? UNREADABLE;
  });
  await Promise.all(looks);
  return observations;
}

const isReadable = ({ network, asset, from, nonce }: SignedAuthorization): boolean =>
  assetOf(network)?.address === asset && /^0x[0-9a-f]{40}$/.test(from) && /^0x[0-9a-f]{64}$/.test(nonce);

async function observeNetwork(
  network: X402Network,
  asked: readonly SignedAuthorization[],
  { env, outbound, now }: ChainReader,
): Promise<readonly Observation[]> {
  const seen: Observation[] = asked.map(() => UNREADABLE);
  const ask = async (endpoint: Endpoint, places: readonly number[]): Promise<void> => {
    const mine = places.map((at) => asked[at]!);
    const found = await witness(endpoint, mine, outbound, now);
    for (const [index, at] of places.entries()) {
      seen[at] = stronger(seen[at]!, found[index] ?? UNREADABLE, asked[at]!.valid_before, now);
    }
  };
  const [first, ...others] = endpointsOf(env, network, outbound);
  if (first === undefined) return seen;
  const all = asked.map((_, at) => at);
  await ask(first, all);
  // All at once, so that two that hang take no more time than one.
  const open = all.filter((at) => isOpen(seen[at]!, asked[at]!, now));
  if (open.length > 0) await Promise.all(others.map((endpoint) => ask(endpoint, open)));
  return seen;
}

/** Used outweighs everything: a forged "unused" would free money that is spent, a forged "used" only keeps it. */
const RANK: Record<Observation["state"], number> = { unreadable: 0, unused: 1, expired: 2, used: 3 };

/**
 * The stronger of two words. `expired` does not stand against an endpoint at whose head the authorization could still be
 * taken: one of the two is wrong, and what cannot be wrong is to wait. Not for ever, because a node can stand still.
 */
function stronger(a: Observation, b: Observation, validBefore: number, now: number): Observation {
  const [weak, strong] = RANK[b.state] > RANK[a.state] ? [a, b] : [b, a];
  const isContradicted = strong.state === "expired" && weak.state === "unused" && weak.block.timestamp < validBefore;
  return isContradicted && now < validBefore + X402_LIMITS.contradictionSeconds ? weak : strong;
}

/** Must others be asked? Where nothing whole was said, by a node that stands still, and before money is given up for lost. */
function isOpen(seen: Observation, { valid_before }: SignedAuthorization, now: number): boolean {
  if (seen.state === "used") return false;
  if (seen.state === "unreadable" || now >= valid_before) return true;
  return seen.block.timestamp < now - X402_LIMITS.staleHeadSeconds;
}

/** What one endpoint says, in the time that one endpoint has. */
async function witness(
  endpoint: Endpoint,
  asked: readonly SignedAuthorization[],
  outbound: Outbound,
  now: number,
): Promise<readonly Observation[]> {
  const signal = rpcDeadline();
  const look = (tag: BlockTag) => view(outbound, endpoint, tag, asked, signal);
  const head = await look("latest");
  if (head === null) return asked.map(() => UNREADABLE);
  const past = asked.some(({ valid_before }, at) => head.used[at] === false && now >= valid_before);
  const proof = past ? ((await look("safe")) ?? (await look("finalized"))) : null;
  const used = asked.filter((_, at) => head.used[at] === true);
  const hashes = await settlementHashes(outbound, endpoint, used, head.block, signal);
  return asked.map((authorization, at) => judge(authorization, at, head, proof, hashes));
}

/**
 * Expired is what a settled block at or after `valid_before` has unused: the token takes an authorization only while
 * `block.timestamp < validBefore` (EIP-3009), and no later block is older.
 */
function judge(
  { valid_before, nonce }: SignedAuthorization,
  at: number,
  head: View,
  proof: View | null,
  hashes: ReadonlyMap<string, string>,
): Observation {
  const source = head.used[at] === true ? head : proof?.used[at] === true ? proof : null;
  if (source !== null) return { state: "used", transaction_hash: hashes.get(nonce) ?? null, block: source.block };
  if (head.used[at] !== false) return UNREADABLE;
  const isProof = proof?.used[at] === false && proof.block.timestamp >= valid_before;
  return isProof ? { state: "expired", block: proof.block } : { state: "unused", block: head.block };
}

const BALANCE_OF = "0x70a08231";

/** Micros of USDC at the head of the chain, from the first endpoint that can be read. Never throws. */
export async function balanceOf(
  network: X402Network,
  address: string,
  { env, outbound }: Omit<ChainReader, "now">,
): Promise<number | null> {
  if (!/^0x[0-9a-f]{40}$/i.test(address)) return null;
  const call = {
    method: "eth_call",
    params: [{ to: assetOf(network).address, data: BALANCE_OF + addressWord(address) }, "latest"],
  };
  const ask = async (endpoint: Endpoint): Promise<number | null> => {
    const answer = await rpc(outbound, endpoint, call, rpcDeadline());
    return answer?.failed === false ? uint(answer.result) : null;
  };
  const [first, ...others] = endpointsOf(env, network, outbound);
  if (first === undefined) return null;
  const balance = await ask(first);
  if (balance !== null) return balance;
  return (await Promise.all(others.map(ask))).find((each) => each !== null) ?? null;
}

/** Clamped: nobody spends more than this, and a JSON number holds no more. */
function uint(result: unknown): number | null {
  if (typeof result !== "string" || !/^0x[0-9a-f]{64}$/i.test(result)) return null;
  const value = BigInt(result);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}
