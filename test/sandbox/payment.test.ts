import { x402Client } from "@x402/core/client";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment } from "@x402/fetch";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect, it } from "vitest";
import { describeSandbox } from "./sandbox.ts";

const NETWORK = "eip155:84532";
const MINTED = 1_000_000;

describeSandbox("the sandbox's paid API", (sandbox) => {
  /** The protocol's own client, with a wallet that has a dollar; `sent` has the payment headers that left it. */
  async function newClient() {
    const account = privateKeyToAccount(generatePrivateKey());
    await sandbox().chain.mint(account.address, MINTED);
    const sent: string[] = [];
    const recording: typeof fetch = (input, init) => {
      const header = new Request(input, init).headers.get("payment-signature");
      if (header !== null) sent.push(header);
      return fetch(input, init);
    };
    const pay = wrapFetchWithPayment(recording, new x402Client().register(NETWORK, new ExactEvmScheme(account)));
    const balances = () => sandbox().chain.balancesOf([account.address, sandbox().payTo]);
    return { account, pay, sent, balances };
  }
  const at = (path: string) => `${sandbox().api.url}${path}`;

  it("moves exactly the price, and shows a receipt", async () => {
    const { account, pay, balances } = await newClient();
    const before = await balances();
    const answer = await pay(at("/premium/weather?city=Ljubljana"));
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { days: unknown[] }).days).toHaveLength(7);
    expect(answer.headers.get("payment-response")).not.toBeNull();
    const after = await balances();
    expect(before[account.address]! - after[account.address]!).toBe(50_000);
    expect(after[sandbox().payTo]! - before[sandbox().payTo]!).toBe(50_000);
  });

  it("takes a payment once", async () => {
    const { pay, sent, balances } = await newClient();
    expect((await pay(at("/weather"))).status).toBe(200);
    const before = await balances();
    const again = await fetch(at("/weather"), { headers: { "payment-signature": sent[0]! } });
    expect(again.status).toBe(402);
    expect(await balances()).toEqual(before);
  });

  it("does not take a payment whose time is over", async () => {
    const { account, balances } = await newClient();
    const quote = await fetch(at("/weather"));
    const whole = JSON.parse(atob(quote.headers.get("payment-required")!));
    const scheme = new ExactEvmScheme(account);
    // What a client of a minute ago had signed.
    const old = await scheme.createPaymentPayload(2, { ...whole.accepts[0], maxTimeoutSeconds: -1 });
    const payload = { ...old, accepted: whole.accepts[0], resource: whole.resource };
    const before = await balances();
    const answer = await fetch(at("/weather"), { headers: { "payment-signature": btoa(JSON.stringify(payload)) } });
    expect(answer.status).toBe(402);
    expect(atob(answer.headers.get("payment-required")!)).toContain("valid_before");
    expect(await balances()).toEqual(before);
  });

  it("charges nothing when it fails", async () => {
    const { pay, balances } = await newClient();
    const before = await balances();
    expect((await pay(at("/failing"))).status).toBe(500);
    expect(await balances()).toEqual(before);
  });

  it("serves many at once, and the chain's clock stays with the wall's", async () => {
    const { account, pay, balances } = await newClient();
    const answers = await Promise.all(Array.from({ length: 25 }, () => pay(at("/weather"))));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect((await balances())[account.address]).toBe(MINTED - 25 * 10_000);
    // A second for each payment would be 25.
    expect(Math.abs((await sandbox().chain.blockTime()) - Date.now() / 1_000)).toBeLessThan(12);
  });
});
