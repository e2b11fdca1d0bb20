import { describe, expect, it, vi } from "vitest";
import { createWallet, importWallet, openWallet, reseal } from "../../../src/payments/x402/wallet.ts";
import { accountOfTest, ORGANIZATION, PRIVATE_KEY, ROTATED, SECRETS } from "./wallets.ts";

const imported = async (env = SECRETS, organization = ORGANIZATION) => {
  const wallet = await importWallet(env, organization, PRIVATE_KEY);
  if (wallet === null) throw new Error("not imported");
  return wallet;
};

describe("wallets", () => {
  it("are made, sealed, and opened again", async () => {
    const wallet = await createWallet(SECRETS, ORGANIZATION);
    const opened = await openWallet(SECRETS, ORGANIZATION, wallet.sealed_key);
    expect(opened.ok && opened.value.account.address.toLowerCase()).toBe(wallet.address);
    expect(opened.ok && opened.value.resealed).toBeNull();
    expect(wallet.address).toMatch(/^0x[0-9a-f]{40}$/);
  });

  it("are imported from a key in any case", async () => {
    const { address } = await imported();
    expect(address).toBe(accountOfTest.address.toLowerCase());
    const key = `0x${"aB".repeat(32)}`;
    const upper = await importWallet(SECRETS, ORGANIZATION, key);
    const lower = await importWallet(SECRETS, ORGANIZATION, key.toLowerCase());
    expect(upper?.address).toBe(lower?.address);
  });

  it.each([
    "",
    "0x",
    PRIVATE_KEY.slice(2),
    `${PRIVATE_KEY}0`,
    `${PRIVATE_KEY}\n`,
    PRIVATE_KEY.replace("4", "g"),
    `0x${"0".repeat(64)}`,
    // The order of the curve, and the last number below it.
    "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    `0x${"f".repeat(64)}`,
  ])("are not made of %j", async (key) => {
    expect(await importWallet(SECRETS, ORGANIZATION, key)).toBeNull();
  });

  it("open for their organization only, also after it has opened them", async () => {
    const { sealed_key } = await imported();
    for (let round = 0; round < 2; round++) {
      expect((await openWallet(SECRETS, ORGANIZATION, sealed_key)).ok).toBe(true);
      expect(await openWallet(SECRETS, "org_other", sealed_key)).toMatchObject({ error: { reason: "unreadable" } });
    }
  });

  it("open no more when their secret is gone, though they were open before", async () => {
    const { sealed_key } = await imported();
    expect((await openWallet(SECRETS, ORGANIZATION, sealed_key)).ok).toBe(true);
    const gone = { SEALING_SECRETS: ROTATED.SEALING_SECRETS.split(",")[0]! };
    expect(await openWallet(gone, ORGANIZATION, sealed_key)).toMatchObject({ error: { reason: "unknown_secret" } });
    expect(await openWallet({}, ORGANIZATION, sealed_key)).toMatchObject({ error: { reason: "not_configured" } });
  });

  it("come back sealed anew where an older secret sealed them", async () => {
    const { sealed_key } = await imported();
    const opened = await openWallet(ROTATED, ORGANIZATION, sealed_key);
    const again = opened.ok ? opened.value.resealed : null;
    expect(again).toMatch(/^v1\.s2\./);
    expect(await openWallet(ROTATED, ORGANIZATION, again ?? "")).toMatchObject({ ok: true, value: { resealed: null } });
    expect(await reseal(ROTATED, ORGANIZATION, sealed_key)).toMatch(/^v1\.s2\./);
    expect(await reseal(SECRETS, ORGANIZATION, sealed_key)).toBeNull();
    expect(await reseal(ROTATED, "org_other", sealed_key)).toBeNull();
    expect(await reseal({}, ORGANIZATION, sealed_key)).toBeNull();
  });

  it("stay right when more are open than are remembered", async () => {
    const wallets = await Promise.all(Array.from({ length: 40 }, () => createWallet(SECRETS, ORGANIZATION)));
    for (let round = 0; round < 2; round++) {
      for (const { address, sealed_key } of wallets) {
        const opened = await openWallet(SECRETS, ORGANIZATION, sealed_key);
        expect(opened.ok && opened.value.account.address.toLowerCase()).toBe(address);
      }
    }
  });

  it("never show their key: not in what is returned, thrown or logged", async () => {
    const logged = (["log", "info", "warn", "error", "debug"] as const).map((level) => vi.spyOn(console, level));
    const wallet = await imported();
    const opened = await openWallet(SECRETS, ORGANIZATION, wallet.sealed_key);
    const shown = [wallet, opened, ...Object.values(opened)];
    shown.push(await importWallet({}, ORGANIZATION, PRIVATE_KEY).catch((error: Error) => error.stack as never));
    shown.push(await openWallet(SECRETS, ORGANIZATION, `${wallet.sealed_key}A`));
    expect(JSON.stringify(shown)).not.toContain(PRIVATE_KEY.slice(2, 20));
    expect(shown.at(-2)).toContain("SEALING_SECRETS");
    for (const spy of logged) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
