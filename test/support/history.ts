import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { ROUTES } from "../../src/edge/api/routes/index.ts";
import { type CallValues, shapeCall } from "../../src/edge/api/shape.ts";
import type { Env } from "../../src/env.ts";
import { newId } from "../../src/keys/ids.ts";
import type { HistoryAnswer, HistoryInput, HistoryStep } from "../../src/organization/api.ts";
import { Organization } from "../../src/organization/organization.ts";
import type { Json } from "./service.ts";

export const DAY = 86_400_000;
export const HOUR = 3_600_000;

export const OWNER = { person_id: "ana", role: "owner" } as const;

/** One step as the edge hands it over, with what the schemas fill in. */
export function step(at: number, by: HistoryStep["by"], route: string, values: CallValues = {}): HistoryStep {
  const definition = ROUTES.find(({ id }) => id === route);
  if (definition === undefined) return rawStep(at, by, route, values.body);
  const shaped = shapeCall(definition, { idempotency_key: crypto.randomUUID(), ...values });
  if (!shaped.ok) throw new Error(JSON.stringify(shaped.error));
  return { at, by, call: shaped.value };
}

export const rawStep = (at: number, by: HistoryStep["by"], route: string, body: unknown = {}): HistoryStep => ({
  at,
  by,
  call: { route, params: {}, query: {}, body, if_match: null, idempotency_key: crypto.randomUUID() },
});

/** An organization that is nothing yet, and how to give it a past. */
export async function unborn() {
  const id = newId("org");
  const stub = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(id));
  const play = (input: PlayInput, variables: Partial<Env> = { DEMO_HISTORY: "on" }): Promise<Played> =>
    runInDurableObject(stub, async (_instance, state) => {
      const object = new Organization(state, { ...env, ...variables } as unknown as Env);
      const { created_at, mode = "test", steps } = input;
      const organization = { id, name: "Demo", mode, region: "default", timezone: "UTC", created_at };
      return object.playHistory({ organization, steps });
    });
  await env.DB.prepare(
    "INSERT INTO organizations (id, name, mode, region, timezone, created_at, swept_at) VALUES (?, 'Demo', 'test', 'default', 'UTC', 0, 0)",
  )
    .bind(id)
    .run();
  return { id, stub, play };
}

export interface PlayInput {
  readonly created_at: number;
  readonly mode?: HistoryInput["organization"]["mode"];
  readonly steps: readonly HistoryStep[];
}
type Refused = Extract<HistoryAnswer, { ok: false }>;
export type Played =
  | Refused
  | {
      readonly ok: true;
      readonly admin_key: string | null;
      readonly answers: readonly { status: number; body: Json }[];
    };

export const terms = (more: object = {}) => ({
  schema: 1,
  agent_id: "$0.id",
  name: "Demo",
  currency: "USD",
  timezone: "UTC",
  per_transaction_limit: 100,
  budgets: [{ period: "monthly", limit: 1_000 }],
  ...more,
});

/** An agent (step 0), its mandate in force (1, 2) and its key (3). */
export const beginning = (at: number, more: object = {}): HistoryStep[] => [
  step(at, OWNER, "createAgent", { body: { name: "Buyer", preset: "none" } }),
  step(at, OWNER, "createMandate", { body: terms(more) }),
  step(at, OWNER, "activateMandate", { params: { mandate_id: "$1.id" } }),
  step(at, OWNER, "createKey", { body: { name: "Agents", role: "spend" } }),
];

export const AGENT = { key: "$3.id" } as const;

export const buy = (at: number, amount: number, more: object = {}): HistoryStep =>
  step(at, AGENT, "evaluate", {
    body: {
      agent_id: "$0.id",
      amount,
      vendor: "shop.example",
      idempotency_key: crypto.randomUUID(),
      ...more,
    },
  });

export const settleStep = (
  at: number,
  of: number,
  amount_charged: number,
  by: HistoryStep["by"] = AGENT,
): HistoryStep =>
  step(at, by, "quetra_settle", {
    body: { agent_id: "$0.id", transaction_id: `$${of}.transaction_id`, amount_charged },
  });
