/** Faults on demand. Each waits for the requests that it is meant for, and strikes so many times. */
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { lockTimeout, rateLimited, serverError } from "./errors.mjs";

/** Before: nothing was carried out. After: it was, and the idempotency key keeps the answer. */
export const BEFORE = ["reset", "hang", "500_before", "429", "409"];
export const AFTER = ["reset_after", "hang_after", "500_after", "cut_body", "slow"];
/** Stripe failed before it did anything, and keeps that 500 under the key. */
export const STORED = "500_stored";
/** The connection ends at once, and the request is carried out later all the same: a list looks clean until then. */
export const LATE = "late";
export const KINDS = [...BEFORE, ...AFTER, STORED, LATE];

const pattern = (path) =>
  new RegExp(
    `^${path
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

export function createFaults() {
  let waiting = [];
  return {
    /**
     * @param {{ match?: { method?: string, path?: string, nth?: number }, kind: string, times?: number, delay_ms?: number }} fault
     *   `path` may hold `*`; `nth` 1 = the next one that fits.
     */
    add({ match = {}, kind, times = 1, delay_ms = 2000 }) {
      if (!KINDS.includes(kind)) throw new Error(`There is no fault '${kind}'. There are ${KINDS.join(", ")}.`);
      const { method = "POST", path = "*", nth = 1 } = match;
      waiting.push({ method, path: pattern(path), skip: nth - 1, times, kind, delay_ms });
    },
    clear() {
      waiting = [];
    },
    /** The fault that strikes this request, or undefined. Every fault that fits counts it. */
    next(method, path) {
      let struck;
      for (const fault of waiting) {
        if ((fault.method !== "*" && fault.method !== method) || !fault.path.test(path)) continue;
        if (fault.skip > 0) fault.skip -= 1;
        else if (struck === undefined) {
          fault.times -= 1;
          struck = fault;
        }
      }
      waiting = waiting.filter(({ times }) => times > 0);
      return struck;
    },
  };
}

export const reset = (c) => {
  c.env.incoming.socket.resetAndDestroy();
  return RESPONSE_ALREADY_SENT;
};
/** Ends when the caller, or the stand-in, closes the connection. */
const hang = (c) =>
  new Promise((resolve) => {
    const over = () => resolve(RESPONSE_ALREADY_SENT);
    if (c.env.incoming.socket.destroyed) over();
    else c.env.incoming.socket.once("close", over);
  });

/** @throws the refusal that stands for the fault, or answers the connection itself. Null: it strikes later. */
export async function strikeBefore(fault, c) {
  switch (fault?.kind) {
    case "reset":
      return reset(c);
    case "hang":
      return hang(c);
    case "500_before":
      throw serverError();
    case "429":
      throw rateLimited();
    case "409":
      throw lockTimeout();
    default:
      return null;
  }
}

/** @param {{ status: number, headers: Record<string, string>, text: string }} answer What would have been said. */
export async function strikeAfter(fault, c, answer) {
  switch (fault?.kind) {
    case "reset_after":
      return reset(c);
    case "hang_after":
      return hang(c);
    case "cut_body":
      return cut(c, answer);
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, fault.delay_ms));
      return null;
    default:
      return null;
  }
}

/** Half of the body, and then the connection is gone. */
function cut(c, { status, headers, text }) {
  const { outgoing } = c.env;
  outgoing.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(text)) });
  outgoing.write(text.slice(0, text.length >> 1), () => outgoing.socket?.destroy());
  return RESPONSE_ALREADY_SENT;
}
