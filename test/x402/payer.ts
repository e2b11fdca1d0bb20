import { api, type Json, newAgent, newOrganization, sql, type TestOrganization, tool } from "../support/service.ts";
import { chain } from "./support.ts";

/** An organization with an agent and a funded wallet, which pays over the real Rails. */
export interface Payer {
  readonly organization: TestOrganization;
  readonly agent: string;
  readonly wallet: string;
  /** quetra_fetch; with a key of its own unless one is given. */
  readonly pay: (url: string, args?: Record<string, unknown>) => Promise<Json>;
  readonly transaction: (id: string) => Promise<Json>;
  /** Micros that the chain has taken from the wallet since the beginning. */
  readonly spent: () => Promise<number>;
  /** Micros that the ledger has settled, and holds. */
  readonly ledger: () => Promise<{ settled: number; held: number }>;
}

const FUNDS = 1_000_000_000;

export async function newPayer(terms: Record<string, unknown> = {}, funds = FUNDS): Promise<Payer> {
  const organization = await newOrganization();
  const { agent } = await newAgent(organization, terms);
  const made = await api(organization.admin, "POST", "/integrations/x402/wallets", { source: "create" });
  const wallet = made.body.address as string;
  await chain().mint(wallet, funds);
  return {
    organization,
    agent,
    wallet,
    pay: (url, args = {}) =>
      tool(organization.spend, "quetra_fetch", {
        agent_id: agent,
        url,
        ...("transaction_id" in args ? {} : { idempotency_key: crypto.randomUUID() }),
        ...args,
      }),
    transaction: async (id) => (await api(organization.read, "GET", `/transactions/${id}`)).body,
    spent: async () => funds - (await chain().balanceOf(wallet)),
    ledger: async () => {
      const [sum] = await sql<{ settled: number; held: number }>(
        organization,
        "SELECT COALESCE(SUM(settled), 0) AS settled, COALESCE(SUM(held), 0) AS held FROM transactions",
      );
      return sum!;
    },
  };
}
