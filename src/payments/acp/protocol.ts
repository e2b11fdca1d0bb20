import type { Result } from "../../result.ts";
import type { RailContext } from "../stripe/rails.ts";
import { acp } from "./acp.ts";
import type {
  AcpVersion,
  CheckoutBuyer,
  CheckoutItem,
  CheckoutProtocolName,
  CheckoutRefusal,
  CheckoutSession,
} from "./api.ts";

/**
 * A protocol by which merchants sell: it knows addresses, bodies, headers and how answers are read, and decides nothing.
 * `quote.ts` and `steps.ts` lead through a purchase by it. Nothing in it throws for what the other side does.
 */
export interface CheckoutProtocol {
  /** Asks the merchant where its API is, and which version both know. */
  discover(origin: string, desk: RailContext, signal: AbortSignal): Promise<Result<Place, CheckoutRefusal>>;
  create(call: Call, basket: Basket): Promise<Heard>;
  update(call: Call, session: string, change: Change): Promise<Heard>;
  read(call: Call, session: string): Promise<Heard>;
  complete(call: Call, session: string, payment: Payment): Promise<Heard>;
  cancel(call: Call, session: string): Promise<Heard>;
}

/** Where a merchant's API is, and how it is spoken to. */
export interface Place {
  /** Without a slash at its end. */
  readonly api_base_url: string;
  readonly version: AcpVersion;
}

/** One request to a merchant. */
export interface Call {
  readonly desk: RailContext;
  readonly place: Place;
  readonly bearer: string;
  /** The idempotency key; reads have none. */
  readonly key: string | null;
  readonly signal: AbortSignal;
}

export interface Basket {
  readonly items: readonly CheckoutItem[];
  readonly buyer: CheckoutBuyer;
  /** Upper case. */
  readonly currency: string;
}

/** What an update says: ways of delivery, or once more who buys and where it goes. */
export type Change =
  | { readonly kind: "delivery"; readonly selections: readonly Selection[] }
  | { readonly kind: "buyer"; readonly buyer: CheckoutBuyer };

export interface Payment {
  readonly token: string;
  readonly handler_id: string | null;
  readonly buyer: CheckoutBuyer;
}

/** What a merchant answered. */
export type Heard =
  | { readonly kind: "session"; readonly view: SessionView }
  | { readonly kind: "refused"; readonly status: number; readonly code: string }
  | { readonly kind: "unclear"; readonly why: string };

/** A session with what only a quote needs of it. */
export interface SessionView {
  readonly session: CheckoutSession;
  /** How many of each item; null when the lines cannot be counted. */
  readonly items: ReadonlyMap<string, number> | null;
  readonly options: readonly DeliveryOption[];
  /** The options that are chosen, and the items of each as far as it says. */
  readonly chosen: readonly { readonly id: string; readonly item_ids: readonly string[] }[];
  /** `none`: this answer lists no payment handler, which says nothing · `other`: it lists only such as we cannot serve. */
  readonly handlers: "usable" | "none" | "other";
  /** The merchant will always ask a person to do something while paying. */
  readonly needs_person: boolean;
}

/** A way of delivery, and the items that go by it. */
export interface Selection {
  readonly option: DeliveryOption;
  readonly item_ids: readonly string[];
}

export interface DeliveryOption {
  readonly id: string;
  readonly type: "shipping" | "digital";
  /** Minor units; null = not said clearly. */
  readonly total: number | null;
  /** Unix seconds; null = not said. */
  readonly latest: number | null;
}

export const PROTOCOLS: Readonly<Record<CheckoutProtocolName, CheckoutProtocol>> = { acp };
