import { describe, expect, it } from "vitest";
import {
  ID_PREFIXES,
  keyIdFromBytes,
  keyIdToBytes,
  newId,
  organizationIdFromBytes,
  organizationIdToBytes,
} from "../../src/keys/ids.ts";

describe("newId", () => {
  it.each(ID_PREFIXES)("makes %s ids of one fixed length that never repeat", (prefix) => {
    const length = prefix === "key" ? 14 : 22;
    const ids = new Set(Array.from({ length: 1000 }, () => newId(prefix)));
    expect(ids.size).toBe(1000);
    for (const id of ids) expect(id).toMatch(new RegExp(`^${prefix}_[0-9A-Za-z]{${length}}$`));
  });

  it("converts organization and key ids both ways", () => {
    const org = newId("org");
    const key = newId("key");
    expect(organizationIdFromBytes(organizationIdToBytes(org)!)).toBe(org);
    expect(keyIdFromBytes(keyIdToBytes(key)!)).toBe(key);
  });

  it("reads no id of another kind or length", () => {
    expect(organizationIdToBytes(newId("agt"))).toBeNull();
    expect(organizationIdToBytes("org_abc")).toBeNull();
    expect(keyIdToBytes(newId("org"))).toBeNull();
  });
});
