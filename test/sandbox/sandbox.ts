import { beforeAll, describe } from "vitest";
// @ts-expect-error: plain JavaScript, so that `npm start` needs no build
import { findAnvil } from "../../sandbox/chain.mjs";
// @ts-expect-error: plain JavaScript
import { startSandbox } from "../../sandbox/run.mjs";
import type { TestChain } from "../x402/chain-client.ts";

export interface Sandbox {
  readonly chain: TestChain;
  readonly facilitator: { readonly url: string };
  readonly api: { readonly url: string };
  readonly payTo: string;
  readonly stop: () => Promise<void>;
}

/** Tests that have a sandbox of their own; skipped, and said so, where there is no anvil. */
export function describeSandbox(name: string, tests: (sandbox: () => Sandbox) => void): void {
  const none = findAnvil() === null;
  describe.skipIf(none)(none ? `${name} (no anvil on this platform)` : name, () => {
    let sandbox: Sandbox;
    beforeAll(async () => {
      sandbox = await startSandbox();
      return sandbox.stop;
    });
    tests(() => sandbox);
  });
}
