import type { Env } from "../../env.ts";
import type { Statement } from "../../payments/rails-api.ts";
import type { SealFault } from "../../payments/seal.ts";
import { err, ok, type Result } from "../../result.ts";
import { withDeadline } from "../deadline.ts";
import type { Work } from "../work.ts";
import { activeKey, keepFirstKey, resealSigningKey, type SigningKeyRow } from "./keys.ts";

export interface SignDesk {
  readonly sql: SqlStorage;
  readonly env: Pick<Env, "RAILS">;
  readonly transact: (action: (work: Work) => void) => void;
}

const DEADLINE_MS = 5_000;

/** What the operator has to set up is a value; that Rails cannot be reached is thrown. */
export type Outcome<T> = Result<T, SealFault>;

/** The organization's key, which is made when there is none yet. */
export async function signingKey(desk: SignDesk): Promise<Outcome<SigningKeyRow>> {
  const there = activeKey(desk.sql);
  if (there !== undefined) return ok(there);
  const made = await withDeadline(desk.env.RAILS.createSigningKey(organizationId(desk.sql)), DEADLINE_MS);
  if (!made.ok) return made;
  desk.transact((work) => keepFirstKey(work, made.value));
  const kept = activeKey(desk.sql);
  if (kept === undefined) throw new Error("the signing key was not kept");
  return ok(kept);
}

/** Signs with a key of the organization. One signature per statement, in their order. */
export async function signWith(
  desk: SignDesk,
  { kid, sealed_key }: SigningKeyRow,
  statements: readonly Statement[],
): Promise<Outcome<readonly string[]>> {
  if (statements.length === 0) return ok([]);
  const order = { organization_id: organizationId(desk.sql), sealed_key, statements };
  const outcome = await withDeadline(desk.env.RAILS.sign(order), DEADLINE_MS);
  if (!outcome.ok) return outcome;
  const { signatures, resealed } = outcome.value;
  if (outcome.value.kid !== kid || signatures.length !== statements.length) {
    return err({ reason: "unreadable", message: "Rails signed something else than it was asked for." });
  }
  if (resealed !== null) desk.transact((work) => resealSigningKey(work, kid, resealed));
  return ok(signatures);
}

export function organizationId(sql: SqlStorage): string {
  const [row] = sql.exec<{ id: string }>("SELECT id FROM organization WHERE one = 1").toArray();
  if (row === undefined) throw new Error("this organization was never provisioned");
  return row.id;
}
