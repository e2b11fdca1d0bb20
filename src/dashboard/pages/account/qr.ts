import { codewords, versionFor } from "./qr-bytes.ts";

/** Rows of modules, true is dark, without the quiet zone around them. */
export type QrMatrix = readonly (readonly boolean[])[];

/** A QR code of the text; null where it is too long for one that a phone still reads from a screen. */
export function qrMatrix(text: string): QrMatrix | null {
  const bytes = new TextEncoder().encode(text);
  const version = versionFor(bytes.length);
  if (version === null) return null;
  const drawn = new Drawing(version);
  drawn.fill(codewords(bytes, version));
  const masked = MASKS.map((mask, index) => drawn.masked(mask, index));
  return masked.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

/** Which modules are turned over, by row and column: one of eight, so that no picture looks like a finder. */
const MASKS: readonly ((row: number, column: number) => boolean)[] = [
  (y, x) => (y + x) % 2 === 0,
  (y) => y % 2 === 0,
  (_y, x) => x % 3 === 0,
  (y, x) => (y + x) % 3 === 0,
  (y, x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2 === 0,
  (y, x) => ((y * x) % 2) + ((y * x) % 3) === 0,
  (y, x) => (((y * x) % 2) + ((y * x) % 3)) % 2 === 0,
  (y, x) => (((y + x) % 2) + ((y * x) % 3)) % 2 === 0,
];

class Drawing {
  readonly #version: number;
  readonly #size: number;
  /** Undefined: free for data. */
  readonly #fixed: (boolean | undefined)[][];
  readonly #data: boolean[][];

  constructor(version: number) {
    this.#version = version;
    this.#size = 17 + 4 * version;
    this.#fixed = Array.from({ length: this.#size }, () => new Array<boolean | undefined>(this.#size).fill(undefined));
    this.#data = Array.from({ length: this.#size }, () => new Array<boolean>(this.#size).fill(false));
    const far = this.#size - 1;
    for (let at = 0; at <= far; at++) {
      this.#set(6, at, at % 2 === 0);
      this.#set(at, 6, at % 2 === 0);
    }
    for (const [row, column] of [
      [3, 3],
      [3, far - 3],
      [far - 3, 3],
    ] as const) {
      this.#square(row, column, 4, (ring) => ring !== 2 && ring !== 4);
    }
    this.#alignments();
    this.#versionBits();
    this.#formatBits(0, this.#fixed);
  }

  /** Rings around a centre; what falls outside of the symbol is left out. */
  #square(row: number, column: number, radius: number, dark: (ring: number) => boolean): void {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) {
        const [y, x] = [row + dy, column + dx];
        const inside = y >= 0 && x >= 0 && y < this.#size && x < this.#size;
        if (inside) this.#set(y, x, dark(Math.max(Math.abs(dy), Math.abs(dx))));
      }
    }
  }

  #alignments(): void {
    const places = alignmentPlaces(this.#version, this.#size);
    const last = places.length - 1;
    for (const [i, row] of places.entries()) {
      for (const [j, column] of places.entries()) {
        const atFinder = (i === 0 && (j === 0 || j === last)) || (i === last && j === 0);
        if (!atFinder) this.#square(row, column, 2, (ring) => ring !== 1);
      }
    }
  }

  #versionBits(): void {
    if (this.#version < 7) return;
    const bits = (this.#version << 12) | remainder(this.#version, 12, 0x1f25);
    for (let bit = 0; bit < 18; bit++) {
      const dark = ((bits >>> bit) & 1) === 1;
      const [far, near] = [this.#size - 11 + (bit % 3), Math.floor(bit / 3)];
      this.#set(far, near, dark);
      this.#set(near, far, dark);
    }
  }

  /** Level M is 0, so the five bits are the mask's number. Both copies, and the one module that is always dark. */
  #formatBits(mask: number, target: (boolean | undefined)[][]): void {
    const bits = ((mask << 10) | remainder(mask, 10, 0x537)) ^ 0x5412;
    const far = this.#size - 1;
    for (let bit = 0; bit < 15; bit++) {
      const dark = ((bits >>> bit) & 1) === 1;
      const down = bit < 6 ? bit : bit < 8 ? bit + 1 : far - 14 + bit;
      const left = bit < 8 ? far - bit : bit === 8 ? 7 : 14 - bit;
      target[down]![8] = dark;
      target[8]![left] = dark;
    }
    target[far - 7]![8] = true;
  }

  #set(row: number, column: number, dark: boolean): void {
    this.#fixed[row]![column] = dark;
  }

  /** In pairs of columns from the right, up and down by turns, around what is fixed. */
  fill(codes: Uint8Array): void {
    let bit = 0;
    let upwards = true;
    for (let right = this.#size - 1; right > 0; right -= right === 8 ? 3 : 2) {
      for (let step = 0; step < this.#size; step++) {
        const row = upwards ? this.#size - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (this.#fixed[row]![column] !== undefined) continue;
          this.#data[row]![column] = (((codes[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1;
          bit++;
        }
      }
      upwards = !upwards;
    }
  }

  masked(mask: (row: number, column: number) => boolean, index: number): boolean[][] {
    const fixed = this.#fixed.map((row) => [...row]);
    this.#formatBits(index, fixed);
    return fixed.map((row, y) => row.map((dark, x) => dark ?? this.#data[y]![x] !== mask(y, x)));
  }
}

function alignmentPlaces(version: number, size: number): readonly number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = 2 * Math.ceil((size - 13) / (2 * count - 2));
  return [6, ...Array.from({ length: count - 1 }, (_, index) => size - 7 - (count - 2 - index) * step)];
}

/** Of a BCH code: what makes the value with its remainder a multiple of the generator. */
function remainder(value: number, width: number, generator: number): number {
  let rest = value;
  for (let bit = 0; bit < width; bit++) rest = (rest << 1) ^ ((rest >>> (width - 1)) * generator);
  return rest;
}

/** How hard a symbol is to read, as the standard counts it: runs, blocks, what looks like a finder, and imbalance. */
export function penalty(matrix: QrMatrix): number {
  const columns = matrix.map((_, x) => matrix.map((row) => row[x]!));
  let points = 0;
  for (const line of [...matrix, ...columns]) {
    const text = line.map((dark) => (dark ? "1" : "0")).join("");
    for (const run of text.match(/0{5,}|1{5,}/g) ?? []) points += run.length - 2;
    points += 40 * (text.match(/(?=10111010000|00001011101)/g)?.length ?? 0);
  }
  for (let y = 1; y < matrix.length; y++) {
    for (let x = 1; x < matrix.length; x++) {
      const dark = matrix[y]![x];
      if (matrix[y - 1]![x] === dark && matrix[y]![x - 1] === dark && matrix[y - 1]![x - 1] === dark) points += 3;
    }
  }
  const share = matrix.flat().filter(Boolean).length / matrix.length ** 2;
  return points + 10 * Math.floor(Math.abs(share - 0.5) * 20);
}
