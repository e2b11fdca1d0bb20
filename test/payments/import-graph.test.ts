import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
/** `import … from "x"`, `export … from "x"`, `import "x"` and `import("x")`, over any number of lines. */
const STATEMENT = /\b(?:import|export)\b([^"'`;]*?)\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;

/**
 * Does nothing of this clause exist at run time? `import { type A }` does: with `verbatimModuleSyntax` the names go and
 * the import stays.
 */
const isTypeOnly = (clause: string): boolean => /^\s*type\b(?!\s*(?:,|from\b|$))/.test(clause);

/** What is reached at run time from a file: our files by their path, packages by their name as imported. */
function reachedFrom(entry: string): Set<string> {
  const reached = new Set<string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const text = readFileSync(join(ROOT, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    for (const [, clause = "", from, bare] of text.matchAll(STATEMENT)) {
      const target = from ?? bare ?? "";
      if (isTypeOnly(clause)) continue;
      if (target.startsWith(".")) open.push(relative(ROOT, join(ROOT, dirname(file), target)));
      else reached.add(target);
    }
  }
  return reached;
}

const SIGNING = [
  "src/approvals/link-token.ts",
  "src/payments/acp/discovery.ts",
  "src/payments/acp/events.ts",
  "src/payments/acp/http.ts",
  "src/payments/acp/merchant.ts",
  "src/payments/acp/quote.ts",
  "src/payments/acp/rails.ts",
  "src/payments/acp/steps.ts",
  "src/payments/mail/send-mail.ts",
  "src/payments/rails.ts",
  "src/payments/seal.ts",
  "src/payments/signing-key.ts",
  "src/payments/stripe/hook-secret.ts",
  "src/payments/stripe/key.ts",
  "src/payments/stripe/tokens.ts",
  "src/payments/webhooks/deliver.ts",
  "src/payments/webhooks/secret.ts",
  "src/webhooks/sign.ts",
  "src/payments/x402/pay.ts",
  "src/payments/x402/payload.ts",
  "src/payments/x402/scheme.ts",
  "src/payments/x402/signer.ts",
  "src/payments/x402/wallet.ts",
];
const signs = (name: string): boolean => SIGNING.includes(name) || /^(?:viem|@x402)(?:\/|$)/.test(name);

describe("what the object that decides can reach", () => {
  it("is nothing that signs, opens a key, or speaks to the network", () => {
    const reached = reachedFrom("src/organization/organization.ts");
    expect(reached.size).toBeGreaterThan(50);
    expect([...reached].filter(signs)).toEqual([]);
  });

  it("nor can the pages for people, which let Rails open their links", () => {
    const reached = reachedFrom("src/edge/app.ts");
    expect([...reached]).toContain("src/edge/approve/route.ts");
    expect([...reached].filter(signs)).toEqual([]);
  });

  it("control: Rails reaches all of it", () => {
    const reached = reachedFrom("src/payments/rails.ts");
    for (const file of SIGNING)
      expect([file, existsSync(join(ROOT, file)), reached.has(file)]).toEqual([file, true, true]);
    for (const name of ["viem/accounts", "@x402/core/client", "@x402/core/http", "@x402/core/schemas"]) {
      expect([...reached]).toContain(name);
    }
  });

  it("control: the walker tells types from values", () => {
    for (const clause of [" type { A } ", " type * as A ", " type A "]) {
      expect([clause, isTypeOnly(clause)]).toEqual([clause, true]);
    }
    for (const clause of [" { A } ", " { type A } ", " A ", " * as A ", " {} ", " { typeOf } ", " * ", " type ", ""]) {
      expect([clause, isTypeOnly(clause)]).toEqual([clause, false]);
    }
  });

  it("the service ships no package that is for tests only", () => {
    const reached = [...reachedFrom("src/index.ts")];
    expect(reached.filter((name) => /^@x402\/(?!core\/)/.test(name))).toEqual([]);
    expect(reached.filter((name) => /^stripe(?:-preview)?(?:\/|$)/.test(name))).toEqual([]);
  });
});
