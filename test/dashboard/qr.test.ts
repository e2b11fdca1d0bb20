import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { penalty, type QrMatrix, qrMatrix } from "../../src/dashboard/pages/account/qr.ts";
import { correctionOf, versionFor } from "../../src/dashboard/pages/account/qr-bytes.ts";

const rows = (matrix: QrMatrix): string[] => matrix.map((row) => row.map((dark) => (dark ? "#" : ".")).join(""));

describe("qrMatrix", () => {
  it("draws what another encoder draws", () => {
    expect(rows(qrMatrix("Quetra")!)).toEqual([
      "#######..#....#######",
      "#.....#..#....#.....#",
      "#.###.#.#..##.#.###.#",
      "#.###.#.#..#..#.###.#",
      "#.###.#.#..##.#.###.#",
      "#.....#.###.#.#.....#",
      "#######.#.#.#.#######",
      "........#####........",
      "#.#####...#.#.#####..",
      "###.##.####.#..#.####",
      ".#######..##.#..####.",
      ".#.....#.#.....#####.",
      ".#..###...##.#..#....",
      "........########.###.",
      "#######..#..#.##.###.",
      "#.....#.##.####..##.#",
      "#.###.#.###.#..#.#.#.",
      "#.###.#.##..#..####..",
      "#.###.#.#.##.#....#..",
      "#.....#..##....####..",
      "#######.#.##.#.#.#.#.",
    ]);
  });

  // SHA-256 of the rows that an independent encoder made, of several blocks, and with the bits of the version.
  it.each([
    [
      "otpauth://totp/Quetra:ana%40example.com?secret=JBSWY3DPEHPK3PXP&issuer=Quetra&digits=6&period=30&n=16",
      41,
      "0ad5c77ccd0252a118aa734df17e1a6d432db057053cf8fea1d89d94f8e15fbb",
    ],
    [
      "otpauth://totp/Quetra:a.rather.long.address.of.a.person%40department.company.example?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Quetra&digits=6&period=30&n=3",
      53,
      "9ad3bfe701137a5a49b31ae8e966de8577c5aa8ba5423e390c3d964aaad31b8b",
    ],
  ])("also what authenticators get: %s", (text, size, digest) => {
    const matrix = qrMatrix(text)!;
    expect(matrix.length).toBe(size);
    expect(createHash("sha256").update(rows(matrix).join("\n")).digest("hex")).toBe(digest);
  });

  it("holds the longest address that an account can have, and says when it holds no more", () => {
    expect(qrMatrix("x".repeat(666))?.length).toBe(97);
    expect(qrMatrix("x".repeat(667))).toBeNull();
  });

  it("counts bytes and not letters", () => {
    expect(versionFor(new TextEncoder().encode("€".repeat(5)).length)).toBe(2);
    expect(qrMatrix("€".repeat(5))?.length).toBe(25);
    expect(qrMatrix("e".repeat(5))?.length).toBe(21);
  });
});

it("the error correction is that of the standard's example", () => {
  const data = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
  const correction = [196, 35, 39, 119, 235, 215, 231, 226, 93, 23];
  expect([...correctionOf(Uint8Array.from(data), 10)]).toEqual(correction);
});

it("one colour all over is the hardest to read", () => {
  const plain = Array.from({ length: 21 }, () => new Array<boolean>(21).fill(true));
  expect(penalty(plain)).toBeGreaterThan(penalty(qrMatrix("Quetra")!));
});
