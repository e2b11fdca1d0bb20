/** The probe of `src/payments/x402/probe.ts` from the other side: what it asks, and an answer to it. Written apart from it. */

const HEAD_BYTES = 3 * 5;
/** Three stored words, a call, and the note whether it was answered. */
const QUERY_BYTES = 3 * 36 + 32 + 9;
const TAIL_BYTES = 7;

/** @returns {{ asset: string, from: string, nonce: string }[] | null} Null: not a probe. */
export function readProbeCode(data) {
  const bytes = (data.length - 2) / 2;
  const count = (bytes - HEAD_BYTES - TAIL_BYTES) / QUERY_BYTES;
  if (!data.startsWith("0x4361008052") || !Number.isInteger(count)) return null;
  return Array.from({ length: count }, (_, at) => {
    const code = data.slice(2 + 2 * (HEAD_BYTES + at * QUERY_BYTES), 2 + 2 * (HEAD_BYTES + (at + 1) * QUERY_BYTES));
    const words = [0, 1, 2].map((n) => code.slice(2 + 72 * n, 66 + 72 * n)).join("");
    const address = code.slice(2 * (3 * 36 + 2 + 3 + 2 + 2 + 1), 2 * (3 * 36 + 2 + 3 + 2 + 2 + 21));
    return { asset: `0x${address}`, from: `0x${words.slice(32, 72)}`, nonce: `0x${words.slice(72, 136)}` };
  });
}

const word = (value) => BigInt(value).toString(16).padStart(64, "0");

/** @param {{ number: number, timestamp: number, chainId: number, used: readonly (boolean | null)[] }} seen */
export const probeAnswer = ({ number, timestamp, chainId, used }) =>
  `0x${[number, timestamp, chainId, ...used.flatMap((each) => (each === null ? [0, 0] : [1, each ? 1 : 0]))].map(word).join("")}`;

/** The same answer, with another state of every authorization. */
export const withStates = (answer, state) =>
  `0x${answer
    .slice(2)
    .match(/.{64}/g)
    .map((each, at) => (at >= 3 && at % 2 === 0 ? word(state) : each))
    .join("")}`;
