import { describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript, as the verifier is
import { KeySet } from "../../bin/verify/jws.mjs";
// @ts-expect-error: plain JavaScript, as the verifier is
import { LogVerifier } from "../../bin/verify/log.mjs";
import { setting } from "../support/setting.ts";
import { exportOf, newLog, newSigner } from "../support/signed-log.ts";

/** Every byte of an export is covered: there is none that can be another one without the verifier finding it. */

const signer = newSigner();
const trusted = () => new KeySet().add({ keys: [signer.jwk] });

function accepts(bytes: Buffer, keys: unknown): boolean {
  const log = new LogVerifier({ trusted: keys });
  log.read(bytes, "file");
  return log.finish() as boolean;
}

const changed = (bytes: Buffer, at: number, to: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = to;
  return copy;
};

describe("one byte", () => {
  it("at every place of a small export, header, erased row and last line included, with and without separate keys", () => {
    const bytes = Buffer.from(exportOf(signer, newLog(3, [1])));
    expect([accepts(bytes, trusted()), accepts(bytes, null)]).toEqual([true, true]);
    const missed: [number, number][] = [];
    for (let at = 0; at < bytes.length; at++) {
      const was = bytes[at]!;
      if (accepts(changed(bytes, at, was ^ 1), null)) missed.push([at, was ^ 1]);
      for (const to of [was ^ 1, was ^ 0x20, was === 0x30 ? 0x31 : 0x30]) {
        if (accepts(changed(bytes, at, to), trusted())) missed.push([at, to]);
      }
    }
    expect(missed).toEqual([]);
  }, 120_000);

  it("left out or put in, at every place", () => {
    const bytes = Buffer.from(exportOf(signer, newLog(2)));
    const missed: number[] = [];
    for (let at = 0; at <= bytes.length; at++) {
      for (const more of [0x20, 0x0a]) {
        const longer = Buffer.concat([bytes.subarray(0, at), Buffer.from([more]), bytes.subarray(at)]);
        if (accepts(longer, trusted())) missed.push(at);
      }
      const shorter = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
      if (at < bytes.length && accepts(shorter, trusted())) missed.push(-at);
    }
    expect(missed).toEqual([]);
  }, 120_000);

  it("at sampled places of a log of 10^4 events", () => {
    const bytes = Buffer.from(exportOf(signer, newLog(10_000)));
    expect(accepts(bytes, trusted())).toBe(true);
    const samples = setting("FLIPS", 24);
    const missed: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      const at = Math.floor(((sample + Math.random()) / samples) * bytes.length);
      const to = bytes[at]! ^ (1 + Math.floor(Math.random() * 255));
      if (accepts(changed(bytes, at, to), trusted())) missed.push(at);
    }
    expect(missed).toEqual([]);
  }, 240_000);
});
