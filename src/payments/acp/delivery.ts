import type { CheckoutQuoteOrder } from "./api.ts";
import type { DeliveryOption, Selection, SessionView } from "./protocol.ts";

type Wish = Pick<CheckoutQuoteOrder, "delivery" | "buyer" | "items">;
type View = Pick<SessionView, "options" | "chosen">;

/**
 * `fits`: as the profile wants it, or nothing is to be chosen · `choose`: to be told to the merchant · `impossible`: the
 * merchant offers nothing that can be had.
 */
export type Delivery =
  | { readonly kind: "fits" }
  | { readonly kind: "choose"; readonly selections: readonly Selection[] }
  | { readonly kind: "impossible" };

/**
 * Compares what is chosen with what the profile wants. Goods go to the profile's address; without one only what is digital
 * can arrive. A merchant that splits an order between the two keeps its split, each part by the best of its way; what it
 * leaves out goes where most would.
 */
export function judgeDelivery({ options, chosen }: View, wish: Wish): Delivery {
  if (options.length === 0) return FITS;
  const shipping = wish.buyer.address === null ? null : bestOf(options, "shipping", wish);
  const digital = bestOf(options, "digital", wish);
  // Where both are offered, an address is what the order is for: a download of a book is another thing than the book.
  const first = shipping ?? digital;
  if (first === null) return { kind: "impossible" };
  const asked = [...new Set(wish.items.map(({ id }) => id))];
  const ways = chosen.map(({ id, item_ids }) => {
    const type = options.find((option) => option.id === id)?.type;
    const option = type === undefined ? null : type === "shipping" ? shipping : digital;
    return { id, option, item_ids: item_ids.filter((item) => asked.includes(item)) };
  });
  if (ways.some(({ option }) => option === null)) return choose([{ option: first, item_ids: asked }]);
  // One that does not say what it is for is for everything.
  const isForAll = ways.some(({ item_ids }) => item_ids.length === 0);
  const left = isForAll ? [] : asked.filter((item) => !ways.some(({ item_ids }) => item_ids.includes(item)));
  if (left.length === 0 && ways.every(({ id, option }) => option?.id === id)) return FITS;
  const selections = [shipping, digital].flatMap((option) => {
    if (option === null) return [];
    const own = ways.filter((way) => way.option === option);
    const items = own.flatMap(({ item_ids }) => (item_ids.length === 0 ? asked : item_ids));
    const item_ids = [...new Set([...items, ...(option === first ? left : [])])];
    return item_ids.length === 0 ? [] : [{ option, item_ids }];
  });
  return choose(selections);
}

const choose = (selections: readonly Selection[]): Delivery => ({ kind: "choose", selections });
const FITS: Delivery = { kind: "fits" };

/** The cheapest or the fastest, ties by id. What does not say its price or its time comes last. */
function bestOf(
  options: readonly DeliveryOption[],
  type: DeliveryOption["type"],
  { delivery }: Wish,
): DeliveryOption | null {
  const key = (option: DeliveryOption): number => (delivery === "cheapest" ? option.total : option.latest) ?? LAST;
  const candidates = options.filter((option) => option.type === type);
  const [best] = candidates.toSorted((a, b) => key(a) - key(b) || (a.id < b.id ? -1 : 1));
  return best ?? null;
}

const LAST = Number.MAX_SAFE_INTEGER;
