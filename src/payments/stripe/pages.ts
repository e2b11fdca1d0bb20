import { err, ok, type Result } from "../../result.ts";
import { type Account, callWithKey, refusalCode, unclear } from "./client.ts";
import { type Fields, isFields, isStripeId } from "./fields.ts";
import { openKey } from "./key.ts";
import type { RailContext } from "./rails.ts";

export interface ListOrder {
  readonly path: string;
  readonly parameters: object;
  /** Objects on a page; so small that a page fits the bound of a body. */
  readonly size: number;
  /** At most so many pages: what has more is not known. */
  readonly pages: number;
}

export type NotRead =
  | { readonly kind: "busy"; readonly retry_after_ms: number | null }
  | { readonly kind: "unclear"; readonly why: string };

/** A list of Stripe's from its newest object to its end, or nothing: what is missing from a part proves nothing. */
export async function readPages(
  context: RailContext,
  account: Account,
  { path, parameters, size, pages }: ListOrder,
): Promise<Result<readonly Fields[], NotRead>> {
  const key = await openKey(context.env, account);
  if (key === null) return err(unclear("key_unreadable"));
  const items = new Map<string, Fields>();
  let after: string | undefined;
  for (let page = 0; page < pages; page += 1) {
    const answer = await callWithKey(context, key, account.mode, {
      method: "GET",
      path,
      parameters: { ...parameters, limit: size, starting_after: after },
      idempotencyKey: null,
    });
    if (answer.kind === "error") return err(unclear(`refused_${refusalCode(answer.error)}`));
    if (answer.kind !== "ok") return err(answer);
    const list = listOf(answer.body);
    if (list === null) return err(unclear("not_a_list"));
    for (const [id, item] of list.items) items.set(id, item);
    if (!list.hasMore) return ok([...items.values()]);
    const last: string | undefined = list.items.at(-1)?.[0];
    // A page that leads nowhere would be asked for for ever.
    if (last === undefined || last === after) return err(unclear("not_a_list"));
    after = last;
  }
  return err(unclear("too_many"));
}

function listOf(
  body: Fields,
): { readonly items: readonly (readonly [string, Fields])[]; readonly hasMore: boolean } | null {
  const { object, data, has_more } = body;
  if (object !== "list" || !Array.isArray(data) || typeof has_more !== "boolean") return null;
  const items: (readonly [string, Fields])[] = [];
  for (const item of data as readonly unknown[]) {
    if (!isFields(item) || !isStripeId(item.id)) return null;
    items.push([item.id, item]);
  }
  return { items, hasMore: has_more };
}
