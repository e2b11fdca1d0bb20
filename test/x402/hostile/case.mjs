/** What the hostile seller knows of one case: everything that came in, and what it did with the signatures that it got. */
import { createHash } from "node:crypto";
import { encodeFunctionData, parseAbi } from "viem";
import { USDC } from "../../../sandbox/chain-handles.mjs";

const ABI = parseAbi(["function transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"]);
const PAYMENT_HEADERS = ["payment-signature", "x-payment"];

const addressOf = (text) => `0x${createHash("sha256").update(text).digest("hex").slice(0, 40)}`;
/** Every case is paid to an address of its own, so that balances tell the cases apart. */
export const payToOf = (id) => addressOf(`seller of ${id}`);
export const thiefOf = (id) => addressOf(`thief of ${id}`);

/** @typedef {{ authorization: Record<string, string>, signature: `0x${string}`, version: number, whole: object }} Payment */

/** @returns {Payment | null} Null: no payment header, or one that is no payment. */
export function readPayment(headers) {
  const name = PAYMENT_HEADERS.find((each) => headers[each] !== undefined);
  if (name === undefined) return null;
  try {
    const whole = JSON.parse(Buffer.from(headers[name], "base64").toString("utf8"));
    const { authorization, signature } = whole.payload;
    return { authorization, signature, version: whole.x402Version, whole };
  } catch {
    return null;
  }
}

export class Case {
  requests = [];
  /** @type {Payment[]} */
  payments = [];
  settlements = [];
  /** Of bodies that have no end. */
  bytes_written = 0;

  /** @param {string} id */
  constructor(id) {
    this.id = id;
  }

  /** Notes a request with all that it brought. @returns {Payment | null} */
  record(port, request, body) {
    const payment = readPayment(request.headers);
    if (payment !== null) this.payments.push(payment);
    this.requests.push({
      port,
      method: request.method,
      path: request.url,
      headers: request.headers,
      payment_headers: Object.keys(request.headers).filter((name) => /payment|x-?402|sign-in-with/.test(name)),
      payment,
      body,
    });
    return payment;
  }

  /**
   * Puts a signed authorization on the chain, as whoever `send` belongs to.
   *
   * @param {{ send: Function, client: any }} account
   * @param {Payment} payment
   * @param {{ value?: string, to?: string }} [change] What the thief would rather have.
   */
  async settle(account, { authorization, signature }, change = {}) {
    const { from, to, value, validAfter, validBefore, nonce } = { ...authorization, ...change };
    const args = [from, to, BigInt(value), BigInt(validAfter), BigInt(validBefore), nonce, signature];
    const data = encodeFunctionData({ abi: ABI, functionName: "transferWithAuthorization", args });
    const hash = await account.send({ to: USDC, data });
    const receipt = await account.receiptOf(hash);
    const settlement = { hash, status: receipt.status, nonce };
    this.settlements.push(settlement);
    return settlement;
  }

  toJSON() {
    const { requests, payments, settlements, bytes_written } = this;
    return { pay_to: payToOf(this.id), thief: thiefOf(this.id), requests, payments, settlements, bytes_written };
  }
}
