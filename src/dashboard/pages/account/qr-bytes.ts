/**
 * The codewords of a QR code (ISO/IEC 18004) for text in byte mode at error correction level M: what of the symbol can be
 * lost is 15 %, which is plenty for a screen.
 */

/** Per version, from 1: codewords of error correction in each block, and how many blocks there are. */
const BLOCKS: readonly (readonly [correction: number, blocks: number])[] = [
  [10, 1],
  [16, 1],
  [26, 1],
  [18, 2],
  [24, 2],
  [16, 4],
  [18, 4],
  [22, 4],
  [22, 5],
  [26, 5],
  [30, 5],
  [22, 8],
  [22, 9],
  [24, 9],
  [24, 10],
  [28, 10],
  [28, 11],
  [26, 13],
  [26, 14],
  [26, 16],
];

/** Modules that carry codewords: all but the finders, timing, alignment, format and version. */
function codewordsOf(version: number): number {
  const aligned = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const alignment = aligned === 0 ? 0 : (25 * aligned - 10) * aligned - 55;
  return Math.floor(((16 * version + 128) * version + 64 - alignment - (version >= 7 ? 36 : 0)) / 8);
}

/** The smallest version that holds so many bytes; null where none does. */
export function versionFor(bytes: number): number | null {
  for (let version = 1; version <= BLOCKS.length; version++) {
    if (headerBits(version) + 8 * bytes <= 8 * dataCodewords(version)) return version;
  }
  return null;
}

const headerBits = (version: number): number => 4 + (version < 10 ? 8 : 16);

function dataCodewords(version: number): number {
  const [correction, blocks] = BLOCKS[version - 1]!;
  return codewordsOf(version) - correction * blocks;
}

/** All codewords in the order in which they are drawn. */
export function codewords(bytes: Uint8Array, version: number): Uint8Array {
  const data = padded(bytes, version);
  const [correction, count] = BLOCKS[version - 1]!;
  const short = Math.floor(data.length / count);
  const longer = data.length % count;
  const blocks: { data: Uint8Array; correction: Uint8Array }[] = [];
  for (let index = 0, at = 0; index < count; index++) {
    const block = data.subarray(at, at + short + (index >= count - longer ? 1 : 0));
    blocks.push({ data: block, correction: correctionOf(block, correction) });
    at += block.length;
  }
  return interleaved(blocks, short + 1, correction);
}

/** First codewords of all blocks, then second ones: a scratch then hits every block a little, and none badly. */
function interleaved(
  blocks: readonly { readonly data: Uint8Array; readonly correction: Uint8Array }[],
  longest: number,
  correction: number,
): Uint8Array {
  const all: number[] = [];
  for (let at = 0; at < longest; at++) for (const { data } of blocks) if (at < data.length) all.push(data[at]!);
  for (let at = 0; at < correction; at++) for (const block of blocks) all.push(block.correction[at]!);
  return Uint8Array.from(all);
}

/** Mode, length, text, end, and the two filling codewords by turns. */
function padded(bytes: Uint8Array, version: number): Uint8Array {
  const size = dataCodewords(version);
  const bits: number[] = [];
  const push = (value: number, width: number) => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, headerBits(version) - 4);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, size * 8 - bits.length));
  while (bits.length % 8 !== 0) bits.push(0);
  const data = new Uint8Array(size);
  const used = bits.length / 8;
  for (let at = 0; at < size; at++) {
    data[at] =
      at < used ? Number.parseInt(bits.slice(8 * at, 8 * at + 8).join(""), 2) : (at - used) % 2 === 0 ? 0xec : 0x11;
  }
  return data;
}

/** Reed-Solomon: the remainder of the block by the generator of that degree, over the field of 256 with 0x11d. */
export function correctionOf(block: Uint8Array, degree: number): Uint8Array {
  const generator = generatorOf(degree);
  const rest = new Uint8Array(degree);
  for (const byte of block) {
    const factor = byte ^ rest[0]!;
    rest.copyWithin(0, 1);
    rest[degree - 1] = 0;
    for (let at = 0; at < degree; at++) rest[at] = rest[at]! ^ times(generator[at]!, factor);
  }
  return rest;
}

/** (x - 1)(x - 2)(x - 4)… without its leading 1. */
function generatorOf(degree: number): Uint8Array {
  const factors = new Uint8Array(degree);
  factors[degree - 1] = 1;
  for (let step = 0, root = 1; step < degree; step++, root = times(root, 2)) {
    for (let at = 0; at < degree; at++) factors[at] = times(factors[at]!, root) ^ (factors[at + 1] ?? 0);
  }
  return factors;
}

function times(one: number, other: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    if ((other >>> bit) & 1) product ^= one;
  }
  return product;
}
