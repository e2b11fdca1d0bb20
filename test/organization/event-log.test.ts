import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyDigest, type EventRow, GENESIS_HASH, linkHash, verifyChain } from "../../src/organization/event-log.ts";

function chain(length: number): EventRow[] {
  const rows: EventRow[] = [];
  let prev = GENESIS_HASH;
  for (let seq = 1; seq <= length; seq++) {
    const salt = `salt${seq}`;
    const body = JSON.stringify({ data: { amount: seq } });
    const row = {
      seq,
      id: `evt_${seq}`,
      type: "transaction.approved",
      at: 1_000 + seq,
      digest: bodyDigest(salt, body),
    };
    prev = linkHash(prev, row);
    rows.push({ ...row, subject: null, salt, body, hash: prev });
  }
  return rows;
}

describe("the hash chain", () => {
  it("verifies from genesis and from the middle", () => {
    const rows = chain(20);
    expect(verifyChain(rows, GENESIS_HASH)).toMatchObject({ valid: true, checked: 20, head_hash: rows[19]?.hash });
    expect(verifyChain(rows.slice(7), rows[6]?.hash ?? "")).toMatchObject({ valid: true, first_seq: 8 });
    expect(verifyChain([], GENESIS_HASH)).toMatchObject({ valid: true, checked: 0 });
  });

  it("stays valid when a body is erased, and says so", () => {
    const rows = chain(5).map((row) => (row.seq === 3 ? { ...row, salt: null, body: null } : row));
    expect(verifyChain(rows, GENESIS_HASH)).toMatchObject({ valid: true, erased: 1 });
  });

  it("finds a missing row, two that were swapped, and any changed character", () => {
    const rows = chain(12);
    expect(verifyChain(rows.toSpliced(4, 1), GENESIS_HASH)).toMatchObject({
      valid: false,
      broken_at: 6,
      problem: "gap",
    });
    const swapped = rows.with(4, rows[5] as EventRow).with(5, rows[4] as EventRow);
    expect(verifyChain(swapped, GENESIS_HASH).valid).toBe(false);
    const fields = ["id", "type", "at", "salt", "body", "digest", "hash"] as const;
    fc.assert(
      fc.property(fc.nat(11), fc.constantFrom(...fields), fc.nat(), (index, field, position) => {
        const row = rows[index] as EventRow;
        const value = row[field];
        const at = position % String(value).length;
        const text = String(value);
        const changed = `${text.slice(0, at)}${text[at] === "1" ? "2" : "1"}${text.slice(at + 1)}`;
        const tampered = { ...row, [field]: typeof value === "number" ? Number(changed) : changed };
        expect(verifyChain(rows.with(index, tampered), GENESIS_HASH).valid).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
